-- The salt of the bearer's content key. No row: not signed in (any more).
create function api.support_salt(p_now timestamp, p_session uuid, p_user uuid) returns table (salt bytea)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select k.salt from api.signed_in s join public.user_keys k on k.user_id = s.id
    where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
end
$$;
grant execute on function api.support_salt to contact;

-- Outcomes: `unauthenticated`, `rate` (with seconds to wait), `made`. The same call again changes nothing.
create function api.support_ask(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_message uuid, p_envelope bytea, p_per_day integer,
    out outcome text, out wait integer)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_first timestamp;
begin
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    perform 1 from users where id = p_user for no key update;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'made';
    perform 1 from support_requests where id = p_id and user_id = p_user;
    if found then
        return;
    end if;
    select min(created_at) into v_first from (
        select created_at from support_requests where user_id = p_user and created_at > p_now - interval '1 day'
        order by created_at desc limit p_per_day) recent
    having count(*) >= p_per_day;
    if v_first is not null then
        outcome := 'rate';
        wait := greatest(1, ceil(extract(epoch from v_first + interval '1 day' - p_now)))::integer;
        return;
    end if;
    insert into support_requests (id, user_id, created_at) values (p_id, p_user, p_now);
    insert into support_messages (id, request_id, author, envelope, created_at) values (p_message, p_id, 'user', p_envelope, p_now);
end
$$;
grant execute on function api.support_ask to contact;

-- The bearer's requests, newest first, each with its first message; after the given one. Always a row: without an id there is nothing (more).
create function api.support_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, salt bytea, id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid,
    envelope bytea)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when s.id is null then 'unauthenticated' when r.id is null then 'none' else 'found' end,
        k.salt, r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.envelope
    from (select 1) one
    left join api.signed_in s on s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    left join lateral (
        select * from public.support_requests v
        where v.user_id = p_user and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) r on s.id is not null
    left join public.user_keys k on k.user_id = r.user_id
    left join lateral (
        select * from public.support_messages v where v.request_id = r.id order by v.created_at, v.id limit 1
    ) m on true
    order by r.created_at desc, r.id desc;
end
$$;
grant execute on function api.support_list to contact;

-- One request of the bearer's with all its messages, oldest first. Always a row: without an id there is no such request, or it is
-- somebody else's.
create function api.support_read(p_now timestamp, p_session uuid, p_user uuid, p_id uuid)
returns table (outcome text, salt bytea, id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid,
    author text, envelope bytea, written_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when s.id is null then 'unauthenticated' when r.id is null then 'none' else 'found' end,
        k.salt, r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.author, m.envelope, m.created_at
    from (select 1) one
    left join api.signed_in s on s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    left join public.support_requests r on r.id = p_id and r.user_id = p_user and s.id is not null
    left join public.user_keys k on k.user_id = r.user_id
    left join public.support_messages m on m.request_id = r.id
    order by m.created_at, m.id;
end
$$;
grant execute on function api.support_read to contact;

-- Answers a request, and closes it where that is wanted; the person is told by mail that there is an answer. False: no such request.
create function api.support_answer(p_now timestamp, p_request uuid, p_message uuid, p_envelope bytea, p_close boolean, p_mail uuid)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_user uuid;
begin
    update support_requests set answered_at = coalesce(answered_at, p_now),
        closed_at = case when p_close then coalesce(closed_at, p_now) else closed_at end
    where id = p_request returning user_id into v_user;
    if not found then
        return false;
    end if;
    insert into support_messages (id, request_id, author, envelope, created_at) values (p_message, p_request, 'support', p_envelope, p_now);
    insert into mails (id, kind, user_id, created_at) values (p_mail, 'support-answered', v_user, p_now);
    return true;
end
$$;
