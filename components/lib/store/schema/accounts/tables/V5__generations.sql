-- A generation's admission, delivery and failure, with its quota (decision 8). The tenant's row is the lock.

-- Fails running generations whose deadline has passed and gives their reservations back. The tenant's row must be locked.
create function generations_expire(p_now timestamp, p_tenant uuid) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    with stale as (
        update generations g set status = 'failed', problem = 'unavailable', reserved = 0
        from (select id, reserved, quota_day from generations
              where tenant_id = p_tenant and status = 'running' and deadline_at <= p_now order by id for update) old
        where g.id = old.id
        returning g.id, old.reserved, old.quota_day
    ), released as (
        update usage_daily d set reserved = greatest(0, d.reserved - s.reserved)
        from (select quota_day, sum(reserved)::bigint as reserved from stale group by quota_day) s
        where d.tenant_id = p_tenant and d.day = s.quota_day
    ), forgotten as (
        delete from idempotency where generation_id in (select id from stale)
    )
    select count(*) into v_gone from stale;
    return v_gone;
end
$$;

-- Outcomes: `unauthenticated`, `conflict` (key used for another body), `gone` (result deleted since), `wait` (same request is
-- running), `replay`, `rate` (with seconds to wait), `phone`, `restricted`, `quota`, `admitted` (with the salt of the content key).
create function generation_admit(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_key text, p_body text, p_key_expires timestamp,
    p_reserve bigint, p_deadline timestamp, p_per_minute integer,
    out outcome text, out generation_id uuid, out salt bytea, out quota bigint, out used bigint, out credits bigint, out wait integer)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    t tenants;
    i idempotency;
    g generations;
    v_day date;
    v_reserved bigint;
    v_first timestamp;
begin
    select u0.* into u from sessions s join users u0 on u0.id = s.user_id
    where s.id = p_session and u0.id = p_user and s.revoked_at is null and s.family_expires_at > p_now and u0.blocked_at is null;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    select * into t from tenants where id = u.tenant_id for update;
    -- Again, now that nothing of this tenant changes underneath; an erasure may have come in between.
    select u0.* into u from users u0 where id = p_user for no key update;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    perform generations_expire(p_now, t.id);

    -- The same call again after its connection was lost: it has been admitted.
    perform 1 from generations where id = p_id and user_id = p_user and status = 'running';
    if found then
        select k.salt into salt from user_keys k where k.user_id = p_user;
        generation_id := p_id;
        outcome := 'admitted';
        return;
    end if;

    if p_key is not null then
        select * into i from idempotency where key = p_key and expires_at > p_now;
        if found then
            generation_id := i.generation_id;
            if i.body <> p_body then
                outcome := 'conflict';
                return;
            end if;
            select * into g from generations where id = i.generation_id;
            if not found or g.content_deleted_at is not null then
                outcome := 'gone';
                return;
            elsif g.status = 'running' then
                outcome := 'wait';
                return;
            elsif g.status = 'delivered' then
                outcome := 'replay';
                return;
            end if;
            generation_id := null;
        end if;
    end if;

    select min(created_at) into v_first from (
        select created_at from generations where user_id = p_user and created_at > p_now - interval '1 minute'
        order by created_at desc limit p_per_minute) recent
    having count(*) >= p_per_minute;
    if v_first is not null then
        outcome := 'rate';
        wait := greatest(1, ceil(extract(epoch from v_first + interval '1 minute' - p_now)))::integer;
        return;
    end if;
    if u.phone_verified_at is null then
        outcome := 'phone';
        return;
    end if;
    if u.restricted_at is not null then
        outcome := 'restricted';
        return;
    end if;

    v_day := (p_now at time zone 'UTC' at time zone t.time_zone)::date;
    select daily_tokens into quota from plans where name = t.plan;
    insert into usage_daily (tenant_id, day) values (t.id, v_day) on conflict do nothing;
    select d.used, d.reserved into used, v_reserved from usage_daily d where d.tenant_id = t.id and d.day = v_day;
    select coalesce(sum(tokens), 0) into credits from credit_ledger where tenant_id = t.id;
    if used + v_reserved + p_reserve > quota then
        outcome := 'quota';
        used := used + v_reserved;
        return;
    end if;

    update usage_daily set reserved = reserved + p_reserve where tenant_id = t.id and day = v_day;
    insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, reserved, quota_day)
    values (p_id, t.id, p_user, p_now, p_deadline, 'running', t.plan, p_reserve, v_day);
    if p_key is not null then
        insert into idempotency (key, body, generation_id, expires_at) values (p_key, p_body, p_id, p_key_expires)
        on conflict (key) do update set body = excluded.body, generation_id = excluded.generation_id, expires_at = excluded.expires_at;
    end if;
    update users set last_active_at = p_now where id = p_user;
    select k.salt into salt from user_keys k where k.user_id = p_user;
    generation_id := p_id;
    outcome := 'admitted';
end
$$;

-- Delivers a running generation and settles its tokens. False where it no longer runs: the caller then removes what it kept.
create function generation_deliver(
    p_now timestamp, p_id uuid, p_brief_language text, p_translated boolean, p_complexity integer, p_corrections jsonb,
    p_prompt_version text, p_model_name text, p_model_version text, p_prompt_tokens bigint, p_completion_tokens bigint)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    g generations;
begin
    perform 1 from tenants where id = (select tenant_id from generations where id = p_id) for update;
    select * into g from generations where id = p_id for update;
    if g.status = 'delivered' then
        -- The same call again after its connection was lost.
        return true;
    elsif g.status is distinct from 'running' or g.deadline_at <= p_now then
        return false;
    end if;
    update generations set status = 'delivered', delivered_at = p_now, reserved = 0, brief_language = p_brief_language,
        translated = p_translated, complexity = p_complexity, corrected = jsonb_array_length(p_corrections) > 0,
        corrections = p_corrections, prompt_version = p_prompt_version, model_name = p_model_name, model_version = p_model_version,
        prompt_tokens = p_prompt_tokens, completion_tokens = p_completion_tokens
    where id = p_id;
    update usage_daily set reserved = greatest(0, reserved - g.reserved), used = used + p_prompt_tokens + p_completion_tokens
    where tenant_id = g.tenant_id and day = g.quota_day;
    return true;
end
$$;

-- Fails a running generation: nothing is charged, and its idempotency key is free again.
create function generation_fail(p_now timestamp, p_id uuid, p_problem text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    g generations;
begin
    perform 1 from tenants where id = (select tenant_id from generations where id = p_id) for update;
    select * into g from generations where id = p_id and status = 'running' for update;
    if not found then
        return false;
    end if;
    update generations set status = 'failed', problem = p_problem, reserved = 0 where id = p_id;
    update usage_daily set reserved = greatest(0, reserved - g.reserved) where tenant_id = g.tenant_id and day = g.quota_day;
    delete from idempotency where generation_id = p_id;
    return true;
end
$$;

-- What its owner may see of a generation. Content counts as expired from the second its time is up, swept or not.
create view generation_view as
    select g.id, g.user_id, g.created_at, g.status, g.problem, g.brief_language, g.translated, g.complexity, g.corrected,
        g.corrections, g.prompt_version, g.model_name, g.model_version, g.prompt_tokens, g.completion_tokens,
        g.created_at + make_interval(days => p.retention_days) as expires_at, g.content_deleted_at, g.deadline_at
    from generations g join tenants t on t.id = g.tenant_id join plans p on p.name = t.plan;

-- One generation of the caller's. `outcome`: `unauthenticated`, `phone`, `not-found` (also somebody else's), `found`.
create function generation_read(p_now timestamp, p_session uuid, p_user uuid, p_id uuid)
returns table (outcome text, salt bytea, content_expired boolean, id uuid, created_at timestamp, status text, problem text,
    brief_language text, translated boolean, complexity integer, corrected boolean, corrections jsonb, prompt_version text,
    model_name text, model_version text, prompt_tokens bigint, completion_tokens bigint, expires_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when not s.phone_verified then 'phone'
                when g.id is null then 'not-found' else 'found' end,
        k.salt, g.content_deleted_at is not null or coalesce(g.expires_at <= p_now, false),
        g.id, g.created_at,
        case when g.status = 'running' and g.deadline_at <= p_now then 'failed' else g.status end,
        case when g.status = 'running' and g.deadline_at <= p_now then 'unavailable' else g.problem end,
        g.brief_language, g.translated, g.complexity, g.corrected, g.corrections, g.prompt_version,
        g.model_name, g.model_version, g.prompt_tokens, g.completion_tokens, g.expires_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join generation_view g on g.id = p_id and g.user_id = p_user
    left join user_keys k on k.user_id = g.user_id
$$;

-- The caller's generations, newest first, after the given one. Always a row: without an id there is nothing (more).
create function generation_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, salt bytea, content_expired boolean, id uuid, created_at timestamp, status text, problem text,
    brief_language text, translated boolean, complexity integer, corrected boolean, corrections jsonb, prompt_version text,
    model_name text, model_version text, prompt_tokens bigint, completion_tokens bigint, expires_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when not s.phone_verified then 'phone'
                when g.id is null then 'not-found' else 'found' end,
        null::bytea, g.content_deleted_at is not null or coalesce(g.expires_at <= p_now, false),
        g.id, g.created_at,
        case when g.status = 'running' and g.deadline_at <= p_now then 'failed' else g.status end,
        case when g.status = 'running' and g.deadline_at <= p_now then 'unavailable' else g.problem end,
        g.brief_language, g.translated, g.complexity, g.corrected, null::jsonb, g.prompt_version,
        g.model_name, g.model_version, g.prompt_tokens, g.completion_tokens, g.expires_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join lateral (
        select * from generation_view v
        where v.user_id = p_user
            and (p_after_id is null or (v.created_at, v.id) < (p_after_time, p_after_id))
        order by v.created_at desc, v.id desc limit p_limit
    ) g on s.tenant_id is not null
    order by g.created_at desc, g.id desc
$$;

-- Marks a generation's content as deleted by its owner; the caller then removes it from `briefs` and `files`.
-- Outcomes as in `generation_read`.
create function generation_forget(p_now timestamp, p_session uuid, p_user uuid, p_id uuid) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        return 'unauthenticated';
    end if;
    update generations set content_deleted_at = coalesce(content_deleted_at, p_now)
    where id = p_id and user_id = p_user and status <> 'running';
    if found then
        return 'found';
    end if;
    perform 1 from generations where id = p_id and user_id = p_user;
    return case when found then 'running' else 'not-found' end;
end
$$;

grant execute on function
    generation_admit(timestamp, uuid, uuid, uuid, text, text, timestamp, bigint, timestamp, integer),
    generation_deliver(timestamp, uuid, text, boolean, integer, jsonb, text, text, text, bigint, bigint),
    generation_fail(timestamp, uuid, text),
    generation_read(timestamp, uuid, uuid, uuid),
    generation_list(timestamp, uuid, uuid, integer, timestamp, uuid),
    generation_forget(timestamp, uuid, uuid, uuid)
to generation;
grant execute on function generations_expire(timestamp, uuid) to lifecycle;
