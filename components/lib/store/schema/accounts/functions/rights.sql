-- Objection to the training dataset (promises a18, a44). Setting it anew changes nothing. Outcomes: `unauthenticated`, `done` (with the
-- time since when it holds).
create function api.objection_set(
    p_now timestamp, p_session uuid, p_user uuid, p_objecting boolean, p_request uuid, p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out since timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    u users;
begin
    u := user_of_session(p_now, p_session, p_user);
    if u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'done';
    since := u.objected_at;
    if (u.objected_at is not null) = p_objecting then
        return;
    end if;
    update users set objected_at = case when p_objecting then p_now end where id = p_user returning objected_at into since;
    perform security_event_add(p_event, p_user, p_now, case when p_objecting then 'objection-made' else 'objection-lifted' end, p_ip);
    if p_objecting then
        insert into requests (id, user_id, kind, channel, received_at, due_at) values (p_request, p_user, 'objection', 'account', p_now, p_due);
        perform dataset_removal_ask(p_now, p_user);
    end if;
end
$$;
grant execute on function api.objection_set to identity;

-- Restriction of processing (promise a79). Setting it anew changes nothing. Outcomes: `unauthenticated`, `done` (with the time since when
-- it holds).
create function api.restriction_set(
    p_now timestamp, p_session uuid, p_user uuid, p_restricted boolean, p_request uuid, p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out since timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    u users;
begin
    u := user_of_session(p_now, p_session, p_user);
    if u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'done';
    since := u.restricted_at;
    if (u.restricted_at is not null) = p_restricted then
        return;
    end if;
    update users set restricted_at = case when p_restricted then p_now end where id = p_user returning restricted_at into since;
    perform security_event_add(p_event, p_user, p_now, case when p_restricted then 'restriction-made' else 'restriction-lifted' end, p_ip);
    if p_restricted then
        insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
        values (p_request, p_user, 'restriction', 'account', p_now, p_due, p_now);
    end if;
end
$$;
grant execute on function api.restriction_set to identity;

-- Gives or withdraws a consent (promise b07). Setting it anew changes nothing. A word is always later than the one before it, even where
-- the clock of another host is behind or both fall into one instant: the last word counts, and a withdrawal must not be lost. The person's
-- row is locked, so there is one word at a time. Outcomes: `unauthenticated`, `done`.
create function api.consent_set(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_purpose text, p_granted boolean, p_policy_version text,
    p_request uuid, p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out granted boolean, out policy_version text, out changed_at timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    u users;
    c consents;
    v_at timestamp;
begin
    u := user_of_session(p_now, p_session, p_user);
    if u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'done';
    select * into c from consents where user_id = p_user and purpose = p_purpose order by changed_at desc, id desc limit 1;
    if coalesce(c.granted, false) <> p_granted or (p_granted and c.policy_version <> p_policy_version) then
        select greatest(p_now, max(o.changed_at) + interval '1 microsecond') into v_at from consents o where o.user_id = p_user;
        insert into consents (id, user_id, purpose, granted, policy_version, changed_at)
        values (p_id, p_user, p_purpose, p_granted, p_policy_version, v_at)
        returning * into c;
        perform security_event_add(p_event, p_user, v_at, case when p_granted then 'consent-given' else 'consent-withdrawn' end, p_ip);
        if not p_granted then
            insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
            values (p_request, p_user, 'consent-withdrawal', 'account', p_now, p_due, case when p_purpose <> 'training' then p_now end);
            if p_purpose = 'training' then
                perform dataset_removal_ask(p_now, p_user);
            end if;
        end if;
    end if;
    granted := coalesce(c.granted, false);
    policy_version := c.policy_version;
    changed_at := c.changed_at;
end
$$;
grant execute on function api.consent_set to identity;

-- Every change of the bearer's consents, oldest first. Always a row: without a purpose there is none. `signed_in` is false where the
-- session has ended.
create function api.consents_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (signed_in boolean, purpose text, granted boolean, policy_version text, changed_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select s.id is not null, c.purpose, c.granted, c.policy_version, c.changed_at
    from (select 1) one
    left join api.signed_in s on s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    left join public.consents c on c.user_id = p_user and s.id is not null
    order by c.changed_at, c.id;
end
$$;
grant execute on function api.consents_read to identity;

-- Whether the newest word on a purpose is yes.
create function api.consent_holds(p_user uuid, p_purpose text) returns boolean
language plpgsql stable set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return coalesce((select granted from consents where user_id = p_user and purpose = p_purpose
                     order by changed_at desc, id desc limit 1), false);
end
$$;

-- The bearer's requests, newest first. Always a row: without an id there is none. `signed_in` is false where the session has ended.
create function api.requests_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (signed_in boolean, id uuid, kind text, channel text, received_at timestamp, due_at timestamp, extended_at timestamp,
    answered_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select s.id is not null, r.id, r.kind, r.channel, r.received_at, r.due_at, r.extended_at, r.answered_at
    from (select 1) one
    left join api.signed_in s on s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    left join public.requests r on r.user_id = p_user and s.id is not null
    order by r.received_at desc, r.id desc;
end
$$;
grant execute on function api.requests_read to identity;

-- Enters a request that came by email; the person was identified by the operator. False where there is no such account.
create function api.request_add(p_now timestamp, p_id uuid, p_user uuid, p_kind text, p_due timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    insert into requests (id, user_id, kind, channel, received_at, due_at)
    select p_id, u.id, p_kind, 'email', p_now, p_due from users u where u.id = p_user
    on conflict (id) do nothing;
    return found;
end
$$;

-- Answers a request. False where it is unknown or answered already.
create function api.request_answer(p_now timestamp, p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    update requests set answered_at = p_now where id = p_id and answered_at is null;
    return found;
end
$$;

-- Two more months, once, after the person was told. False where it is unknown, answered or extended already.
create function api.request_extend(p_now timestamp, p_id uuid, p_more integer) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    update requests set extended_at = p_now, due_at = due_at + make_interval(secs => p_more)
    where id = p_id and answered_at is null and extended_at is null;
    return found;
end
$$;

-- Rectifies an account for a person who wrote to support (promise a70). Null leaves a value as it is. A new address or number has to be
-- proved before it counts as confirmed or verified. Outcomes: `unknown`, `unproved` (a new number
-- needs a confirmed address that stays), `taken` (the address is another account's), `done`.
create function api.account_rectify(
    p_now timestamp, p_user uuid, p_first_name text, p_last_name text, p_language text, p_email text, p_phone text,
    p_request uuid, p_due timestamp, p_event uuid)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    u users;
begin
    select * into u from users where id = p_user for update;
    if not found then
        return 'unknown';
    end if;
    -- An account with neither proved would count as one that never proved anything, and go within a day.
    if p_phone is not null and (u.email_confirmed_at is null or p_email is not null) then
        return 'unproved';
    end if;
    perform 1 from users where email = lower(btrim(p_email)) and id <> p_user;
    if found then
        return 'taken';
    end if;
    update users set first_name = coalesce(p_first_name, first_name), last_name = coalesce(p_last_name, last_name),
        language = coalesce(p_language, language),
        email = coalesce(lower(btrim(p_email)), email),
        email_confirmed_at = case when p_email is null then email_confirmed_at end,
        phone = coalesce(p_phone, phone),
        phone_verified_at = case when p_phone is null then phone_verified_at end,
        phone_changed_at = case when p_phone is null then phone_changed_at else p_now end
    where id = p_user;
    insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
    values (p_request, p_user, 'rectification', 'email', p_now, p_due, p_now);
    perform security_event_add(p_event, p_user, p_now, 'account-rectified', null);
    return 'done';
end
$$;
