-- What erasure and export have to do with billing, sign-in providers and addresses that wait for their proof. `billing_customer_of` and
-- `billing_export` come with the migrations of billing; nothing here runs before those do.

-- Stripe's id of the customer whose personal data is to go there.
alter table erasures add column customer text;
comment on column erasures.customer is 'purpose: which customer Stripe has to erase; basis: art. 6(1)(c) legal obligation; recipients: Stripe; retention: erasure-ids';

-- Kept out of `pg_statistic`, and rewritten by `asknpic rewrite`, as V42 says.
alter table links alter column external_id set statistics 0;
alter table oauth_claims alter column external_id set statistics 0, alter column email set statistics 0,
    alter column first_name set statistics 0, alter column last_name set statistics 0;

-- As before, and with a step at Stripe where the tenant pays there and nobody else is left in it. What was paid remains.
create or replace function account_close(
    p_now timestamp, p_user uuid, p_id uuid, p_due timestamp, p_backups_expire timestamp, p_again timestamp)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

drop function erasure_open_steps(timestamp, uuid, integer);

-- The open steps of one erasure, or of all that have some, whose time has come.
create function erasure_open_steps(p_now timestamp, p_id uuid, p_limit integer)
returns table (erasure_id uuid, user_id uuid, customer text, name text)
language sql stable security definer set search_path = pg_catalog, public as $$
    select e.id, e.user_id, e.customer, s.name from erasure_steps s join erasures e on e.id = s.erasure_id
    where s.done_at is null and s.not_before <= p_now and (p_id is null or e.id = p_id)
    order by e.requested_at, e.id, s.position limit p_limit
$$;

-- Takes the ids out of entries that no backup needs any more, and removes the proofs whose time is up.
create or replace function erasures_prune(p_now timestamp, p_batch integer, p_proofs_before timestamp) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
    v_gone integer;
begin
    update erasures set user_id = null, tenant_id = null, customer = null where id in (
        select id from erasures where user_id is not null and completed_at is not null and backups_expire_at <= p_now
        order by id limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    delete from erasures where id in (
        select id from erasures where completed_at <= p_proofs_before order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from requests where id in (
        select id from requests where user_id is null and answered_at <= p_proofs_before order by id limit p_batch
        for update skip locked);
    get diagnostics v_rows = row_count;
    return v_gone + v_rows;
end
$$;

-- The small documents of any user: for `export_documents` only, and replaced by each migration that brings a table about people.
create or replace function export_documents_of(p_user uuid) returns table (name text, document jsonb)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
begin
    return query select 'account'::text, jsonb_build_object(
        'user_id', u.id, 'tenant_id', u.tenant_id, 'email', u.email, 'email_confirmed_at', instant(u.email_confirmed_at),
        'addresses_waiting', (select coalesce(jsonb_agg(jsonb_build_object(
                'email', e.email, 'purpose', e.purpose, 'sent_at', instant(e.created_at), 'expires_at', instant(e.expires_at))), '[]')
            from email_tokens e where e.user_id = u.id),
        'has_password', u.password_hash is not null, 'phone', u.phone, 'phone_verified_at', instant(u.phone_verified_at),
        'phone_changed_at', instant(u.phone_changed_at), 'first_name', u.first_name, 'last_name', u.last_name,
        'language', u.language, 'policy_version', u.policy_version, 'role', u.role, 'plan', t.plan, 'time_zone', t.time_zone,
        'restricted_at', instant(u.restricted_at), 'objected_at', instant(u.objected_at), 'blocked_at', instant(u.blocked_at),
        'wrong_codes', u.otp_failures, 'lockouts', u.otp_lockouts, 'locked_until', instant(u.otp_locked_until),
        'created_at', instant(u.created_at), 'last_active_at', instant(u.last_active_at), 'tenant_created_at', instant(t.created_at))
    from users u join tenants t on t.id = u.tenant_id where u.id = p_user;
    return query select 'links'::text, coalesce(jsonb_agg(jsonb_build_object(
        'provider', l.provider, 'external_id', l.external_id, 'linked_at', instant(l.linked_at)) order by l.linked_at), '[]')
    from links l where l.user_id = p_user;
    return query select 'sessions'::text, coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'created_at', instant(s.created_at), 'authenticated_at', instant(s.authenticated_at),
        'refreshed_at', instant(s.rotated_at), 'expires_at', instant(s.family_expires_at), 'revoked_at', instant(s.revoked_at))
        order by s.created_at), '[]')
    from sessions s where s.user_id = p_user;
    return query select 'consents'::text, coalesce(jsonb_agg(jsonb_build_object(
        'purpose', c.purpose, 'granted', c.granted, 'policy_version', c.policy_version, 'changed_at', instant(c.changed_at))
        order by c.changed_at), '[]')
    from consents c where c.user_id = p_user;
    return query select 'requests'::text, coalesce(jsonb_agg(jsonb_build_object(
        'id', r.id, 'kind', r.kind, 'channel', r.channel, 'received_at', instant(r.received_at), 'due_at', instant(r.due_at),
        'extended_at', instant(r.extended_at), 'answered_at', instant(r.answered_at)) order by r.received_at), '[]')
    from requests r where r.user_id = p_user;
    return query select 'usage'::text, jsonb_build_object(
        'days', (select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'used', d.used, 'reserved', d.reserved) order by d.day), '[]')
                 from usage_daily d where d.tenant_id = u.tenant_id))
    from users u where u.id = p_user;
    return query select 'billing'::text, billing_export(p_user);
end
$$;

grant execute on function erasure_open_steps(timestamp, uuid, integer) to rights, lifecycle;

-- A page of the person's generations for an export, newest first: all their metadata as one document, columns that later migrations
-- add included, corrections apart.
create or replace function export_generations(
    p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (id uuid, created_at timestamp, document jsonb, corrections jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
    select g.id, g.created_at,
        to_jsonb(g) - array['user_id', 'tenant_id', 'corrections', 'model_name', 'model_version', 'prompt_tokens', 'completion_tokens',
                            'reserved']
        || jsonb_build_object(
            'created_at', instant(g.created_at), 'deadline_at', instant(g.deadline_at), 'delivered_at', instant(g.delivered_at),
            'content_deleted_at', instant(g.content_deleted_at), 'ai_generated', true,
            'model', jsonb_build_object('name', g.model_name, 'version', g.model_version),
            'tokens', jsonb_build_object('prompt', g.prompt_tokens, 'completion', g.completion_tokens, 'reserved', g.reserved)),
        g.corrections
    from generations g
    where g.user_id = p_user and (p_after_id is null or (g.created_at, g.id) < (p_after_time, p_after_id))
        and exists (select 1 from session_read(p_now, p_session, p_user))
    order by g.created_at desc, g.id desc limit p_limit
$$;
