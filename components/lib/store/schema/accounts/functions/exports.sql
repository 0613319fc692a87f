-- Begins an export. Outcomes: `unauthenticated`, `stale` (not recent), `running` and `rate` (with seconds to wait), `admitted` (with
-- salt and language).
create function api.export_begin(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_recent_seconds integer, p_lease_until timestamp, p_per_day integer,
    p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out wait integer, out salt bytea, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    s sessions;
    u users;
    v_until timestamp;
begin
    select u0.* into u from users u0 where u0.id = p_user and u0.blocked_at is null for no key update;
    select s0.* into s from sessions s0
    where s0.id = p_session and s0.user_id = p_user and s0.revoked_at is null and s0.family_expires_at > p_now;
    if s.id is null or u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    if s.authenticated_at <= p_now - make_interval(secs => p_recent_seconds) then
        outcome := 'stale';
        return;
    end if;
    select k.salt into salt from user_keys k where k.user_id = p_user;
    language := u.language;
    perform 1 from exports where id = p_id;
    if found then
        outcome := 'admitted';
        return;
    end if;
    delete from exports where user_id = p_user and begun_at <= p_now - interval '1 day';
    select max(lease_until) into v_until from exports where user_id = p_user and ended_at is null and lease_until > p_now;
    if v_until is not null then
        outcome := 'running';
        wait := greatest(1, ceil(extract(epoch from v_until - p_now)))::integer;
        return;
    end if;
    select min(begun_at) + interval '1 day' into v_until from exports where user_id = p_user having count(*) >= p_per_day;
    if v_until is not null then
        outcome := 'rate';
        wait := greatest(1, ceil(extract(epoch from v_until - p_now)))::integer;
        return;
    end if;
    insert into exports (id, user_id, begun_at, lease_until) values (p_id, p_user, p_now, p_lease_until);
    insert into requests (id, user_id, kind, channel, received_at, due_at) values (p_id, p_user, 'access', 'account', p_now, p_due);
    perform security_event_add(p_event, p_user, p_now, 'data-exported', p_ip);
    outcome := 'admitted';
end
$$;
grant execute on function api.export_begin to rights;

-- Whether the export may go on: its session still holds. Its lease begins anew.
create function api.export_continue(p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_lease_until timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
    if not found then
        return false;
    end if;
    update exports set lease_until = p_lease_until where id = p_id and user_id = p_user and ended_at is null;
    return found;
end
$$;
grant execute on function api.export_continue to rights;

-- Ends an export. A complete one answers the request; one that broke off takes it back.
create function api.export_end(p_now timestamp, p_id uuid, p_complete boolean) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    update exports set ended_at = p_now where id = p_id and ended_at is null;
    if not found then
        return false;
    end if;
    update requests set answered_at = p_now where id = p_id and p_complete;
    return true;
end
$$;
grant execute on function api.export_end to rights;

-- The small documents of an export, each under the name of its entry. None where the session has ended.
create function api.export_documents(p_now timestamp, p_session uuid, p_user uuid) returns table (name text, document jsonb)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select d.name, d.document
    from (select * from export_documents_of(p_user) union all select * from export_beside_account(p_user)) d
    where exists (select 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now);
end
$$;
grant execute on function api.export_documents to rights;

-- The small documents of any user, for `export_documents` only. A table about people has its entry here or beside it.
create function api.export_documents_of(p_user uuid) returns table (name text, document jsonb)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
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

-- What is about a person and not under their account. What was sent under an address is its owner's: an account that has not proved the
-- address gets none of it. Evidence is under a key that no component has, so the archive says that there is some, and until when; its
-- content is an operator's to show. For `export_documents` only.
create function api.export_beside_account(p_user uuid) returns table (name text, document jsonb)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with owner as (select u.email from users u where u.id = p_user and u.email_confirmed_at is not null)
    select 'waitlist', (
        select coalesce(jsonb_agg(w.document order by w.asked_at), '[]') from (
            select w.asked_at, jsonb_build_object(
                'email', w.email, 'interest', w.interest, 'language', w.language, 'consent_version', w.consent_version,
                'asked_at', instant(w.asked_at), 'confirmed_at', instant(w.confirmed_at),
                'last_contact_at', instant(w.last_contact_at)) as document
            from waitlist w join owner o on o.email = w.email
            union all
            select p.asked_at, jsonb_build_object(
                'email', p.email, 'interest', p.interest, 'language', p.language, 'consent_version', p.consent_version,
                'asked_at', instant(p.asked_at), 'confirmed_at', null, 'expires_at', instant(p.expires_at))
            from waitlist_pending p join owner o on o.email = p.email) w)
    union all
    select 'beta', (
        select coalesce(jsonb_agg(
            to_jsonb(b) - 'decided_by' || jsonb_build_object(
                'participation_at', instant(b.participation_at), 'training_at', instant(b.training_at),
                'created_at', instant(b.created_at), 'confirmed_at', instant(b.confirmed_at), 'decided_at', instant(b.decided_at))), '[]')
        from beta_candidacies b join owner o on o.email = b.email)
    union all
    select 'evidence', (
        select coalesce(jsonb_agg(jsonb_build_object('held_at', instant(e.held_at), 'kept_until', instant(e.kept_until))
            order by e.held_at), '[]')
        from evidence e where e.user_id = p_user);
end
$$;

-- What the export says of billing.
create function api.billing_export(p_user uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return (
        select jsonb_build_object(
            'plan', t.plan,
            'downgraded_at', instant(t.downgraded_at),
            'stripe_customer', billing_customer_of(t.id),
            'subscription_states', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'subscription', s.subscription, 'at', instant(s.created_at), 'status', s.status, 'plan', s.plan,
                    'period_end', instant(s.period_end), 'ends_at_period_end', s.ends_at_period_end)
                    order by s.created_at, s.rank, s.period_end nulls first, s.event_id), '[]')
                from subscription_states s where s.tenant_id = t.id),
            'payments', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'id', r.id, 'kind', r.kind, 'payment', r.payment, 'subscription', r.subscription, 'item', r.item,
                    'amount', r.amount, 'tax', r.tax, 'currency', r.currency, 'booked_at', instant(r.booked_at))
                    order by r.booked_at, r.id), '[]')
                from billing_records r
                where r.customer in (select c.id from billing_customers c where c.tenant_id = t.id)
                    or r.payment in (select b.payment from billing_records b
                                     where b.customer in (select c.id from billing_customers c where c.tenant_id = t.id))),
            'credits', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'id', l.id, 'created_at', instant(l.created_at), 'kind', l.kind, 'tokens', l.tokens, 'generation_id', l.generation_id,
                    'payment', l.payment) order by l.created_at, l.id), '[]')
                from credit_ledger l where l.tenant_id = t.id),
            'gifts', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'kind', g.kind, 'issued_at', instant(g.issued_at), 'expires_at', instant(g.expires_at),
                    'redeemed_at', instant(g.redeemed_at)) order by g.redeemed_at), '[]')
                from gift_codes g where g.redeemed_by = u.id),
            'gift_plans', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'plan', p.plan, 'begins_at', instant(p.begins_at), 'ends_at', instant(p.ends_at)) order by p.begins_at), '[]')
                from plan_gifts p where p.tenant_id = t.id),
            'checkouts', (
                select coalesce(jsonb_agg(jsonb_build_object('session', k.session, 'created_at', instant(k.created_at))
                    order by k.created_at), '[]')
                from checkouts k where k.tenant_id = t.id))
        from users u join tenants t on t.id = u.tenant_id
        where u.id = p_user);
end
$$;

-- A page of the person's generations for an export, newest first: all their metadata as one document, corrections apart. A new column is in
-- it by itself.
create function api.export_generations(
    p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (id uuid, created_at timestamp, document jsonb, corrections jsonb)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
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
    where g.user_id = p_user and (g.created_at, g.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        and exists (select 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now)
    order by g.created_at desc, g.id desc limit p_limit;
end
$$;
grant execute on function api.export_generations to rights;

-- Requests to support with all their messages, encrypted, for a page of so many requests: newest first, messages oldest first.
create function api.export_support(
    p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid, author text, envelope bytea,
    written_at timestamp)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.author, m.envelope, m.created_at
    from (
        select * from support_requests v
        where v.user_id = p_user and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) r join support_messages m on m.request_id = r.id
    where exists (select 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now)
    order by r.created_at desc, r.id desc, m.created_at, m.id;
end
$$;
grant execute on function api.export_support to rights;

-- A time as the contract writes it (RFC 3339, UTC).
create function api.instant(p_at timestamp) returns text
language sql immutable as $$
    select to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
