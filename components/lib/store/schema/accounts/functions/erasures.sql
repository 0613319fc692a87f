-- Closes an account: one statement, whatever it holds. Outcomes: `unauthenticated`, `stale` (not recent), `erased`. The address and
-- the language are for one confirming message; they are kept nowhere else, so a repeat of the call has none.
create function api.erasure_begin(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_recent_seconds integer, p_due timestamp,
    p_backups_expire timestamp, p_again timestamp, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    u users;
    s sessions;
begin
    perform 1 from erasures where id = p_id;
    if found then
        outcome := 'erased';
        return;
    end if;
    select s0.* into s from sessions s0
    where s0.id = p_session and s0.user_id = p_user and s0.revoked_at is null and s0.family_expires_at > p_now;
    select u0.* into u from users u0 where u0.id = p_user and u0.blocked_at is null;
    if s.id is null or u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    if not session_may_erase(p_now, s, u, p_recent_seconds) then
        outcome := 'stale';
        return;
    end if;
    if account_close(p_now, p_user, p_id, p_due, p_backups_expire, p_again) is null then
        outcome := 'unauthenticated';
        return;
    end if;
    perform security_event_add(p_event, p_user, p_now, 'account-erased', p_ip);
    outcome := 'erased';
    email := u.email;
    language := u.language;
end
$$;
grant execute on function api.erasure_begin to rights;

-- Whether a session may do what needs a *recent* one (promise a08). Within a day of a change of the phone a code of that phone does
-- not count: then only the sign-in that opened the session does.
create function api.session_may_erase(p_now timestamp, p_session sessions, p_user users, p_recent_seconds integer) returns boolean
language sql immutable as $$
    select case when p_user.phone_changed_at > p_now - interval '1 day' then p_session.created_at else p_session.authenticated_at end
        > p_now - make_interval(secs => p_recent_seconds)
$$;

-- Closes an account. There is a step at Stripe where the tenant pays there and nobody else is left in it; what was paid remains.
create function api.account_close(
    p_now timestamp, p_user uuid, p_id uuid, p_due timestamp, p_backups_expire timestamp, p_again timestamp)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_tenant uuid;
    v_customer text;
    v_remains text[] := array['security-events', 'anonymous-metadata', 'proofs'];
begin
    select tenant_id into v_tenant from users where id = p_user;
    perform 1 from tenants where id = v_tenant for update;
    perform 1 from users where id = p_user for update;
    if not found then
        return null;
    end if;
    with ended as (
        update generations g set status = 'failed', problem = 'unavailable', reserved = 0
        from (select id, reserved, quota_day from generations
              where tenant_id = v_tenant and user_id = p_user and status = 'running' order by id for update) old
        where g.id = old.id
        returning old.reserved, old.quota_day
    )
    update usage_daily d set reserved = greatest(0, d.reserved - e.reserved)
    from (select quota_day, sum(reserved)::bigint as reserved from ended group by quota_day) e
    where d.tenant_id = v_tenant and d.day = e.quota_day;

    perform 1 from users where tenant_id = v_tenant and id <> p_user;
    if not found then
        v_customer := billing_customer_of(v_tenant);
    end if;
    if v_customer is not null then
        v_remains := v_remains || 'billing-records'::text;
    end if;
    insert into erasures (id, user_id, tenant_id, customer, requested_at, key_destroyed_at, backups_expire_at, remains)
    values (p_id, p_user, v_tenant, v_customer, p_now, p_now, p_backups_expire, v_remains);
    insert into erasure_steps (erasure_id, position, name, not_before, done_at) values
        (p_id, 1, 'account', p_now, p_now),
        (p_id, 2, 'briefs', p_now, null),
        (p_id, 3, 'files', p_now, null),
        (p_id, 4, 'metadata', p_now, null),
        (p_id, 5, 'dataset', p_now, null),
        (p_id, 7, 'brevo', p_now, null),
        (p_id, 8, 'briefs-again', p_again, null),
        (p_id, 9, 'files-again', p_again, null);
    if v_customer is not null then
        insert into erasure_steps (erasure_id, position, name, not_before) values (p_id, 6, 'stripe', p_now);
    end if;
    -- Nothing that was asked before is left to be done.
    update requests set answered_at = p_now where user_id = p_user and answered_at is null;
    insert into requests (id, kind, channel, received_at, due_at) values (p_id, 'erasure', 'account', p_now, p_due);
    delete from users where id = p_user;
    return v_tenant;
end
$$;

-- A receipt says that evidence remains, and until when (promise a49).
create function api.erasure_notes_evidence() returns trigger
language plpgsql set search_path = pg_catalog, api, public, pg_temp as $$
begin
    select max(kept_until) into new.evidence_until from evidence where user_id = new.user_id;
    if new.evidence_until is not null then
        new.remains := new.remains || 'evidence'::text;
    end if;
    return new;
end
$$;
create trigger erasure_notes_evidence before insert on erasures for each row execute function api.erasure_notes_evidence();

-- The open steps of one erasure, or of all that have some, whose time has come.
create function api.erasure_open_steps(p_now timestamp, p_id uuid, p_limit integer)
returns table (erasure_id uuid, user_id uuid, customer text, name text)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select e.id, e.user_id, e.customer, s.name from erasure_steps s join erasures e on e.id = s.erasure_id
    where s.done_at is null and s.not_before <= p_now and (p_id is null or e.id = p_id)
    order by e.requested_at, e.id, s.position limit p_limit;
end
$$;
grant execute on function api.erasure_open_steps to rights, lifecycle;

-- Ticks a step off. The erasure is complete with its last step, and the request answered.
create function api.erasure_step_done(p_now timestamp, p_id uuid, p_name text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform 1 from erasures where id = p_id for update;
    update erasure_steps set done_at = p_now
    where erasure_id = p_id and name = p_name and done_at is null and not_before <= p_now;
    perform 1 from erasure_steps where erasure_id = p_id and done_at is null;
    if found then
        return false;
    end if;
    update erasures set completed_at = p_now where id = p_id and completed_at is null;
    update requests set answered_at = p_now where id = p_id and answered_at is null;
    return true;
end
$$;
grant execute on function api.erasure_step_done to rights, lifecycle;

-- Removes a batch of an erased person's generations and leaves what is not personal. 0: nothing is left, and the tenant is gone
-- unless others are in it.
create function api.erasure_metadata(p_id uuid, p_batch integer, p_expires date) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    e erasures;
    v_gone integer;
begin
    select * into e from erasures where id = p_id;
    if e.user_id is null then
        return 0;
    end if;
    with picked as (
        select id from generations where user_id = e.user_id order by id limit p_batch for update
    ), gone as (
        delete from generations g using picked where g.id = picked.id returning g.*
    ), forgotten as (
        delete from idempotency where generation_id in (select id from picked)
    )
    insert into anonymous_generations
    select created_at::date, plan, status, problem, brief_language, translated, complexity, corrected, prompt_version, model_name,
        model_version, prompt_tokens, completion_tokens, p_expires
    from gone;
    get diagnostics v_gone = row_count;
    if v_gone = 0 then
        delete from tenants t where id = e.tenant_id
            and not exists (select 1 from users where tenant_id = t.id)
            and not exists (select 1 from generations where tenant_id = t.id);
    end if;
    return v_gone;
end
$$;
grant execute on function api.erasure_metadata to rights, lifecycle;

-- The journal's entry with its steps, one row a step, in their order.
create function api.erasure_read(p_id uuid)
returns table (requested_at timestamp, key_destroyed_at timestamp, backups_expire_at timestamp, completed_at timestamp, remains text[],
    evidence_until timestamp, name text, done_at timestamp)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select e.requested_at, e.key_destroyed_at, e.backups_expire_at, e.completed_at, e.remains, e.evidence_until, s.name, s.done_at
    from erasures e join erasure_steps s on s.erasure_id = e.id where e.id = p_id order by s.position;
end
$$;
grant execute on function api.erasure_read to rights;
