-- What its owner may see of a generation. Content counts as expired from the second its time is up, swept or not.
create view api.generation_view as
    select g.id, g.user_id, g.created_at, g.status, g.problem, g.brief_language, g.translated, g.complexity, g.corrected,
        g.corrections, g.prompt_version, g.model_name, g.model_version, g.prompt_tokens, g.completion_tokens,
        g.created_at + make_interval(days => p.retention_days) as expires_at, g.content_deleted_at, g.deadline_at
    from public.generations g join public.tenants t on t.id = g.tenant_id join public.plans p on p.name = t.plan;

-- Outcomes: `unauthenticated`, `conflict` (key used for another body), `gone` (result deleted since), `wait` (same request is
-- running), `replay`, `rate` (with seconds to wait), `phone`, `restricted`, `reserved` (only what runs stands in the way), `quota`,
-- `admitted` (with the salt of the content key, the place in the line before the model host, and what is set aside of quota and credits).
-- The quota pays first, to its last token; credits pay the rest, where the request says so (promise a32). The rule is that of
-- `domain::quota::admit`: what is left is taken, where it is enough. Refused briefs count for the rate.
create function api.generation_admit(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_key text, p_body text, p_key_expires timestamp,
    p_most bigint, p_least bigint, p_instructions bigint, p_deadline timestamp, p_per_minute integer, p_refused_key text, p_spend boolean,
    p_complexity integer, p_reasons jsonb, p_brief_language text, p_prompt_version text, p_max_calls integer, p_until timestamp,
    out outcome text, out generation_id uuid, out salt bytea, out quota bigint, out used bigint, out held bigint, out credits bigint,
    out set_aside bigint, out wait integer, out place integer)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    u users;
    t tenants;
    g generations;
    v_day date;
    v_late boolean;
    v_again boolean;
    v_daily bigint;
    v_used bigint;
    v_held bigint;
    v_unspent bigint;
    v_left bigint;
    v_free bigint;
    v_offered bigint;
    v_offered_held bigint;
    v_quota bigint;
    v_credits bigint;
    v_salt bytea;
    v_earlier uuid;
    v_body text;
    v_first timestamp;
    v_refused integer;
    v_refused_until timestamp;
begin
    select t0.* into t from sessions s join users u0 on u0.id = s.user_id join tenants t0 on t0.id = u0.tenant_id
    where s.id = p_session and u0.id = p_user and s.revoked_at is null and s.family_expires_at > p_now and u0.blocked_at is null
    for update of t0;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    -- Again, now that nothing of this tenant changes underneath; an erasure may have come in between.
    select u0.* into u from users u0 where u0.id = p_user for no key update;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    -- Those that are late have failed. And the same statement again after its connection was lost: it was admitted.
    select coalesce(bool_or(r.deadline_at <= p_now), false),
        coalesce(bool_or(r.id = p_id and r.user_id = p_user and r.deadline_at > p_now), false),
        max(r.reserved + r.credits_reserved) filter (where r.id = p_id and r.user_id = p_user)
    into v_late, v_again, set_aside from generations r where r.tenant_id = t.id and r.status = 'running';
    if v_late then
        perform generations_expire(p_now, t.id);
    end if;
    if v_again then
        select k.salt into salt from user_keys k where k.user_id = p_user;
        generation_id := p_id;
        place := model_line_place(p_now, p_id, p_max_calls, p_until);
        outcome := 'admitted';
        return;
    end if;

    -- All that it depends on. The day begins at midnight where the tenant is.
    v_day := (p_now at time zone 'UTC' at time zone t.time_zone)::date;
    select p.daily_tokens, coalesce(d.used, 0), coalesce(d.reserved, 0), k.salt, i.generation_id, i.body, coalesce(l.used, 0), l.expires_at,
        (select c.tokens from credits c where c.tenant_id = t.id)
    into v_daily, v_used, v_held, v_salt, v_earlier, v_body, v_refused, v_refused_until, v_unspent
    from plans p
    left join usage_daily d on d.tenant_id = t.id and d.day = v_day
    left join user_keys k on k.user_id = p_user
    left join idempotency i on i.key = p_key and i.expires_at > p_now
    left join limits l on l.key = p_refused_key and l.expires_at > p_now
    where p.name = t.plan;

    if v_earlier is not null then
        generation_id := v_earlier;
        if v_body <> p_body then
            outcome := 'conflict';
            return;
        end if;
        select * into g from generations where id = v_earlier;
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

    -- A sliding minute: the oldest of the last so many must have left it (promise b04).
    if v_refused >= p_per_minute then
        v_first := v_refused_until - interval '1 minute';
    else
        select min(created_at) into v_first from (
            select created_at from generations where user_id = p_user and created_at > p_now - interval '1 minute'
            order by created_at desc limit p_per_minute - v_refused) recent
        having count(*) >= p_per_minute - v_refused;
    end if;
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

    quota := v_daily;
    used := v_used;
    held := v_held;
    credits := v_unspent;
    v_left := greatest(0, v_daily - v_used);
    v_free := greatest(0, v_left - v_held);
    v_offered := case when p_spend then greatest(0, v_unspent) else 0 end;
    if v_free < p_least - p_instructions and (v_left >= p_least - p_instructions or v_free + v_offered < p_least) then
        select coalesce(sum(r.credits_reserved), 0) into v_offered_held from generations r
        where p_spend and r.tenant_id = t.id and r.status = 'running';
        outcome := case when v_left >= p_least - p_instructions or v_left + v_offered + v_offered_held >= p_least then 'reserved' else 'quota' end;
        return;
    end if;
    v_quota := least(v_free, p_most);
    v_credits := least(v_offered, greatest(0, p_most - v_free));
    set_aside := v_quota + v_credits;

    insert into usage_daily as d (tenant_id, day, reserved) values (t.id, v_day, v_quota)
    on conflict (tenant_id, day) do update set reserved = d.reserved + excluded.reserved;
    insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, reserved, credits_reserved, quota_day,
                             complexity, complexity_reasons, brief_language, prompt_version)
    values (p_id, t.id, p_user, p_now, p_deadline, 'running', t.plan, v_quota, v_credits, v_day,
            p_complexity, p_reasons, p_brief_language, p_prompt_version);
    if p_key is not null then
        insert into idempotency (key, body, generation_id, expires_at) values (p_key, p_body, p_id, p_key_expires)
        on conflict (key) do update set body = excluded.body, generation_id = excluded.generation_id, expires_at = excluded.expires_at;
    end if;
    update users set last_active_at = p_now where id = p_user;
    -- Rows of limits go in time even where no lifecycle job runs (promise a23).
    perform limits_prune(p_now, 10);
    salt := v_salt;
    generation_id := p_id;
    place := model_line_place(p_now, p_id, p_max_calls, p_until);
    outcome := 'admitted';
end
$$;
grant execute on function api.generation_admit to generation;

-- Takes or renews the place of a generation that runs, until the time given. 0: it may call the model host; n: the n-th of those who wait.
-- One at a time over all tenants, since it counts; it holds no other lock that somebody here waits for.
create function api.model_line_place(p_now timestamp, p_id uuid, p_max integer, p_until timestamp) returns integer
language plpgsql volatile as $$
declare
    v model_line;
    v_ended integer;
    v_held integer;
    v_before integer;
    v_holds boolean;
begin
    -- "askline" in ASCII.
    perform pg_advisory_xact_lock(27422001218776677);
    select * into v from model_line where generation_id = p_id;
    select count(*) filter (where until <= p_now), count(*) filter (where until > p_now and holds),
        count(*) filter (where until > p_now and not holds and (queued_at, generation_id) < (coalesce(v.queued_at, p_now), p_id))
    into v_ended, v_held, v_before from model_line where generation_id <> p_id;
    if v_ended > 0 then
        delete from model_line where ctid = any (array(
            select ctid from model_line where until <= p_now and generation_id <> p_id order by generation_id for update skip locked));
    end if;
    v_holds := coalesce(v.holds, false) or v_before < p_max - v_held;
    insert into model_line (generation_id, queued_at, holds, until) values (p_id, p_now, v_holds, p_until)
    on conflict (generation_id) do update set holds = excluded.holds, until = excluded.until;
    return case when v_holds then 0 else v_before - greatest(0, p_max - v_held) + 1 end;
end
$$;

-- The same for a generation that was admitted earlier; null where it no longer runs.
create function api.model_line_take(p_now timestamp, p_id uuid, p_max integer, p_until timestamp) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    -- First, since the answer must still hold when it is counted.
    perform pg_advisory_xact_lock(27422001218776677);
    perform 1 from generations where id = p_id and status = 'running' and deadline_at > p_now;
    if not found then
        return null;
    end if;
    return model_line_place(p_now, p_id, p_max, p_until);
end
$$;
grant execute on function api.model_line_take to generation;

-- A brief that moderation refuses: nothing of it is kept but the event (promise b05). Where a generation was admitted already, it is
-- undone. Outcomes: `unauthenticated`, `rate` (with seconds to wait), `refused`.
create function api.brief_refuse(
    p_now timestamp, p_session uuid, p_user uuid, p_generation uuid, p_key text, p_per_minute integer, p_event uuid, p_ip text,
    out outcome text, out wait integer)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_tenant uuid;
    g generations;
begin
    select s.tenant_id into v_tenant from signed_in s
    where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    perform 1 from tenants where id = v_tenant for update;
    delete from generations where id = p_generation and user_id = p_user and status = 'running' returning * into g;
    if found then
        update usage_daily set reserved = greatest(0, reserved - g.reserved) where tenant_id = g.tenant_id and day = g.quota_day;
        delete from idempotency where generation_id = p_generation;
    end if;
    wait := limit_take(p_now, p_key, p_per_minute, 60);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    perform security_event_add(p_event, p_user, p_now, 'brief-refused', p_ip);
    outcome := 'refused';
end
$$;
grant execute on function api.brief_refuse to generation;

-- Delivers a running generation and settles its tokens (`domain::quota::settle`): the quota pays as far as it reaches now, credits the rest,
-- up to what was set aside; what neither holds is charged to nobody. False where it no longer runs: the caller then removes what it kept.
create function api.generation_deliver(
    p_now timestamp, p_id uuid, p_translated boolean, p_corrections jsonb, p_model_name text, p_model_version text,
    p_prompt_tokens bigint, p_completion_tokens bigint, p_trace jsonb)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    g generations;
    d usage_daily;
    v_cost bigint := p_prompt_tokens + p_completion_tokens;
    v_quota bigint;
    v_credits bigint;
begin
    perform 1 from tenants where id = (select tenant_id from generations where id = p_id) for update;
    select * into g from generations where id = p_id for update;
    if g.status = 'delivered' then
        -- The same call again after its connection was lost.
        return true;
    elsif g.status is distinct from 'running' or g.deadline_at <= p_now then
        return false;
    end if;
    select u.* into d from usage_daily u where u.tenant_id = g.tenant_id and u.day = g.quota_day;
    select p.daily_tokens into v_quota from plans p where p.name = g.plan;
    -- What the quota has for it: its own reservation, and what others have not used of theirs since.
    v_quota := greatest(g.reserved, v_quota - d.used - (d.reserved - g.reserved));
    v_credits := least(g.credits_reserved, greatest(0, v_cost - v_quota));
    update generations set status = 'delivered', delivered_at = p_now, reserved = 0, credits_reserved = 0, credits_spent = v_credits,
        translated = p_translated, corrected = jsonb_array_length(p_corrections) > 0, corrections = p_corrections,
        model_name = p_model_name, model_version = p_model_version,
        prompt_tokens = p_prompt_tokens, completion_tokens = p_completion_tokens, trace = p_trace
    where id = p_id;
    update usage_daily set reserved = greatest(0, reserved - g.reserved), used = used + least(v_cost - v_credits, v_quota), credits = credits + v_credits
    where tenant_id = g.tenant_id and day = g.quota_day;
    if v_credits > 0 then
        insert into credit_ledger (id, tenant_id, created_at, tokens, kind, generation_id)
        values (p_id, g.tenant_id, p_now, -v_credits, 'spend', p_id);
    end if;
    delete from model_line where generation_id = p_id;
    return true;
end
$$;
grant execute on function api.generation_deliver to generation;

-- Fails a running generation: nothing is charged, and its idempotency key is free again. What is known of model and tokens is kept.
create function api.generation_fail(
    p_now timestamp, p_id uuid, p_problem text, p_model_name text, p_model_version text, p_prompt_tokens bigint,
    p_completion_tokens bigint, p_trace jsonb)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    g generations;
begin
    perform 1 from tenants where id = (select tenant_id from generations where id = p_id) for update;
    select * into g from generations where id = p_id and status = 'running' for update;
    if not found then
        return false;
    end if;
    update generations set status = 'failed', problem = p_problem, reserved = 0, credits_reserved = 0, model_name = p_model_name,
        model_version = p_model_version, prompt_tokens = p_prompt_tokens, completion_tokens = p_completion_tokens, trace = p_trace
    where id = p_id;
    update usage_daily set reserved = greatest(0, reserved - g.reserved) where tenant_id = g.tenant_id and day = g.quota_day;
    delete from idempotency where generation_id = p_id;
    delete from model_line where generation_id = p_id;
    return true;
end
$$;
grant execute on function api.generation_fail to generation;

-- Fails running generations whose deadline has passed and gives their reservations back. The tenant's row must be locked.
create function api.generations_expire(p_now timestamp, p_tenant uuid) returns integer
language plpgsql volatile as $$
declare
    v_gone integer;
begin
    with stale as (
        update generations g set status = 'failed', problem = 'unavailable', reserved = 0, credits_reserved = 0
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
    ), left_line as (
        delete from model_line where generation_id in (select id from stale)
    )
    select count(*) into v_gone from stale;
    return v_gone;
end
$$;

-- Content of a generation that its plan hides but that is still kept for an upgrade (promise a48): since when, and when the plan of before
-- would have let it go. No row where it is gone for good, or not hidden.
create function api.content_hidden(p_id uuid) returns table (downgraded_at timestamp, former_end timestamp)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select t.downgraded_at, g.created_at + make_interval(days => b.retention_days)
    from generations g join tenants t on t.id = g.tenant_id left join plans b on b.name = t.downgraded_from
    where g.id = p_id and g.status = 'delivered' and g.content_deleted_at is null and g.created_at < t.downgraded_at;
end
$$;
grant execute on function api.content_hidden to generation;

-- One generation of the caller's. `outcome`: `unauthenticated`, `phone`, `not-found` (also somebody else's), `found`.
create function api.generation_read(p_now timestamp, p_session uuid, p_user uuid, p_id uuid)
returns table (outcome text, salt bytea, content_expired boolean, id uuid, created_at timestamp, status text, problem text,
    brief_language text, translated boolean, complexity integer, corrected boolean, corrections jsonb, prompt_version text,
    model_name text, model_version text, prompt_tokens bigint, completion_tokens bigint, expires_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when s.id is null then 'unauthenticated' when s.phone_verified_at is null then 'phone'
                when g.id is null then 'not-found' else 'found' end,
        k.salt, g.content_deleted_at is not null or coalesce(g.expires_at <= p_now, false),
        g.id, g.created_at,
        case when g.status = 'running' and g.deadline_at <= p_now then 'failed' else g.status end,
        case when g.status = 'running' and g.deadline_at <= p_now then 'unavailable' else g.problem end,
        g.brief_language, g.translated, g.complexity, g.corrected, g.corrections, g.prompt_version,
        g.model_name, g.model_version, g.prompt_tokens, g.completion_tokens, g.expires_at
    from (select 1) one
    left join api.signed_in s on s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    left join api.generation_view g on g.id = p_id and g.user_id = p_user
    left join public.user_keys k on k.user_id = g.user_id;
end
$$;
grant execute on function api.generation_read to generation;

-- The caller's generations, newest first, after the given one. Always a row: without an id there is nothing (more).
create function api.generation_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, salt bytea, content_expired boolean, id uuid, created_at timestamp, status text, problem text,
    brief_language text, translated boolean, complexity integer, corrected boolean, corrections jsonb, prompt_version text,
    model_name text, model_version text, prompt_tokens bigint, completion_tokens bigint, expires_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when s.id is null then 'unauthenticated' when s.phone_verified_at is null then 'phone'
                when g.id is null then 'not-found' else 'found' end,
        null::bytea, g.content_deleted_at is not null or coalesce(g.created_at + s.kept <= p_now, false),
        g.id, g.created_at,
        case when g.status = 'running' and g.deadline_at <= p_now then 'failed' else g.status end,
        case when g.status = 'running' and g.deadline_at <= p_now then 'unavailable' else g.problem end,
        g.brief_language, g.translated, g.complexity, g.corrected, null::jsonb, g.prompt_version,
        g.model_name, g.model_version, g.prompt_tokens, g.completion_tokens, g.created_at + s.kept
    from (select 1) one
    -- A person's generations are all of their own tenant, whose plan is so looked up once.
    left join (
        select r.id, r.phone_verified_at, make_interval(days => p.retention_days) as kept
        from api.signed_in r join public.tenants t on t.id = r.tenant_id join public.plans p on p.name = t.plan
        where r.session_id = p_session and r.id = p_user and r.family_expires_at > p_now
    ) s on true
    left join lateral (
        select * from public.generations v
        where v.user_id = p_user
            and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) g on s.id is not null
    order by g.created_at desc, g.id desc;
end
$$;
grant execute on function api.generation_list to generation;

-- Marks a generation's content as deleted by its owner; the caller then removes it from `briefs` and `files`.
-- Outcomes as in `generation_read`.
create function api.generation_forget(p_now timestamp, p_session uuid, p_user uuid, p_id uuid) returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
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
grant execute on function api.generation_forget to generation;
