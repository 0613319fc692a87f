-- What an export was lacking: requests to support with their answers, what a person told us without an account under the same address, and
-- that evidence is kept.

-- Requests to support with all their messages, encrypted, for a page of so many requests: newest first, messages oldest first.
create function export_support(
    p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid, author text, envelope bytea,
    written_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.author, m.envelope, m.created_at
    from (
        select * from support_requests v
        where v.user_id = p_user and (p_after_id is null or (v.created_at, v.id) < (p_after_time, p_after_id))
        order by v.created_at desc, v.id desc limit p_limit
    ) r join support_messages m on m.request_id = r.id
    where exists (select 1 from session_read(p_now, p_session, p_user))
    order by r.created_at desc, r.id desc, m.created_at, m.id
$$;
grant execute on function export_support(timestamp, uuid, uuid, integer, timestamp, uuid) to rights;

-- What is about a person and not under their account. What was sent under an address is its owner's: an account that has not proved the
-- address gets none of it. Evidence is under a key that no component has, so the archive says that there is some, and until when; its
-- content is an operator's to show. For `export_documents` only.
create function export_beside_account(p_user uuid) returns table (name text, document jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
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
        from evidence e where e.user_id = p_user)
$$;

-- The small documents of an export, each under the name of its entry. None where the session has ended. Replaces the function of V40.
create or replace function export_documents(p_now timestamp, p_session uuid, p_user uuid) returns table (name text, document jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
    select d.name, d.document
    from (select * from export_documents_of(p_user) union all select * from export_beside_account(p_user)) d
    where exists (select 1 from session_read(p_now, p_session, p_user))
$$;
