-- Sign-up, codes, sign-in and sessions. Each function is one state change (decision 3): it locks first (user, then verification,
-- then lockout), decides, and returns an outcome the caller matches on.

-- One SMS for a phone: counted per phone, country, address and in all, in this fixed order; further limits may follow.
-- `p_keys` are keyed hashes (promise a23): phone, country, address, all, and those of further limits.
create function sms_take(p_now timestamp, p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[])
returns integer
language sql volatile security definer set search_path = pg_catalog, public as $$
    select limits_take(p_now,
        array['sms-phone-minute:' || p_phone_key, 'sms-phone-day:' || p_phone_key, 'sms-country:' || p_country_key,
              'sms-address:' || p_address_key, 'sms-all'],
        p_max, p_seconds)
$$;

-- Whether an account that never proved phone or email still counts: it holds nobody's email for longer than a day (promise a67).
create function is_live(p_now timestamp, p_user users) returns boolean
language sql immutable set search_path = pg_catalog, public as $$
    select p_user.phone_verified_at is not null or p_user.email_confirmed_at is not null
        or p_user.created_at > p_now - interval '1 day'
$$;

-- Removes an account that never proved anything, with its tenant.
create function drop_unproved(p_user uuid, p_tenant uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    delete from users where id = p_user;
    delete from tenants t where id = p_tenant and not exists (select 1 from users where tenant_id = t.id);
end
$$;

-- Removes accounts that never proved a phone within a day, a bounded number at a time.
create function unproved_prune(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v users;
    v_gone integer := 0;
begin
    for v in
        select * from users
        where phone_verified_at is null and email_confirmed_at is null and created_at <= p_now - interval '1 day'
        order by id limit p_batch for update skip locked
    loop
        perform drop_unproved(v.id, v.tenant_id);
        v_gone := v_gone + 1;
    end loop;
    return v_gone;
end
$$;

-- Outcomes: `rate` (with seconds to wait), `sent` (an account waits for its code), `taken` (a decoy; the owner is to be told, in
-- the owner's language).
create function signup_begin(
    p_now timestamp, p_user uuid, p_tenant uuid, p_salt bytea, p_email text, p_password_hash text, p_phone text,
    p_first_name text, p_last_name text, p_language text, p_policy_version text,
    p_verification text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[],
    p_signup_max integer, p_signup_seconds integer,
    out outcome text, out wait integer, out owner_language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v users;
begin
    -- The limit on sign-ups is in the same call, so that none is taken where another refuses.
    wait := limits_take(p_now,
        array['sms-phone-minute:' || p_phone_key, 'sms-phone-day:' || p_phone_key, 'sms-country:' || p_country_key,
              'sms-address:' || p_address_key, 'sms-all', 'signup-phone:' || p_phone_key],
        p_max || p_signup_max, p_seconds || p_signup_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;

    loop
        select * into v from users where email = p_email for update;
        if found and (v.phone_verified_at is not null or v.email_confirmed_at is not null) then
            insert into verifications (id, purpose, phone_key, country_key, code, code_expires_at, language, created_at, expires_at)
            values (p_verification, 'signup', p_phone_key, p_country_key, p_code, p_code_expires, p_language, p_now, p_expires);
            outcome := 'taken';
            owner_language := v.language;
            return;
        end if;
        if found then
            perform drop_unproved(v.id, v.tenant_id);
        end if;

        insert into tenants (id, created_at) values (p_tenant, p_now) on conflict (id) do nothing;
        insert into users (id, tenant_id, email, password_hash, phone, first_name, last_name, language, policy_version,
                           created_at, last_active_at)
        values (p_user, p_tenant, p_email, p_password_hash, p_phone, p_first_name, p_last_name, p_language, p_policy_version,
                p_now, p_now)
        on conflict (email) do nothing;
        -- Another sign-up with this email came in between: look again.
        exit when found;
    end loop;

    insert into user_keys (user_id, salt) values (p_user, p_salt);
    insert into verifications (id, purpose, user_id, phone_key, country_key, code, code_expires_at, language, created_at, expires_at)
    values (p_verification, 'signup', p_user, p_phone_key, p_country_key, p_code, p_code_expires, p_language, p_now, p_expires);
    perform limits_prune(p_now, 10), unproved_prune(p_now, 2);
    outcome := 'sent';
end
$$;

-- Counts a wrong code for a phone and, where there is one, an account. Returns the tries that are left.
create function otp_failed(p_now timestamp, p_user uuid, p_phone_key text, p_max_failures integer, p_lock_seconds integer, p_max_lockouts integer)
returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_phone integer;
    v_account integer := 0;
    v_lockouts integer := 0;
begin
    update lockouts set failures = failures + 1, expires_at = p_now + interval '1 day' where key = 'otp:' || p_phone_key
    returning failures into v_phone;
    if v_phone >= p_max_failures then
        update lockouts set failures = 0, lockouts = lockouts + 1, locked_until = p_now + make_interval(secs => p_lock_seconds)
        where key = 'otp:' || p_phone_key;
    end if;

    if p_user is not null then
        update users set otp_failures = otp_failures + 1 where id = p_user returning otp_failures into v_account;
        if v_account >= p_max_failures then
            update users set otp_failures = 0, otp_lockouts = otp_lockouts + 1,
                otp_locked_until = p_now + make_interval(secs => p_lock_seconds)
            where id = p_user returning otp_lockouts into v_lockouts;
            if v_lockouts >= p_max_lockouts then
                update users set blocked_at = p_now where id = p_user;
                update sessions set revoked_at = p_now where user_id = p_user and revoked_at is null;
            end if;
        end if;
    end if;
    return greatest(0, p_max_failures - greatest(v_phone, v_account));
end
$$;

-- Outcomes: `expired` (unknown, replaced or too old), `unauthenticated` (asked for by another session), `blocked`, `locked` (with
-- seconds to wait), `invalid` (with tries left), `verified`. A verified sign-up opens the session given.
create function otp_verify(
    p_now timestamp, p_id text, p_code bytea, p_bearer uuid,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    p_max_failures integer, p_lock_seconds integer, p_max_lockouts integer,
    out outcome text, out attempts_left integer, out wait integer, out purpose text,
    out user_id uuid, out tenant_id uuid, out role text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    v verifications;
    u users;
    l lock_state;
    v_until timestamp;
begin
    select * into v from verifications where id = p_id and expires_at > p_now;
    if not found then
        outcome := 'expired';
        return;
    end if;
    if v.user_id is not null then
        select * into u from users where id = v.user_id for update;
    end if;
    -- Again, now that the account is locked: a simultaneous verify may have used it up.
    select * into v from verifications where id = p_id and expires_at > p_now for update;
    if not found then
        outcome := 'expired';
        return;
    end if;
    purpose := v.purpose;
    if v.purpose <> 'signup' and (p_bearer is null or v.session_id is distinct from p_bearer) then
        outcome := 'unauthenticated';
        return;
    end if;

    l := lockout_read(p_now, 'otp:' || v.phone_key);
    if u.blocked_at is not null or l.lockouts >= p_max_lockouts then
        outcome := 'blocked';
        return;
    end if;
    v_until := greatest(l.locked_until, u.otp_locked_until);
    if v_until > p_now then
        outcome := 'locked';
        wait := greatest(1, ceil(extract(epoch from v_until - p_now)))::integer;
        return;
    end if;
    if v.code is null or v.code_expires_at <= p_now then
        outcome := 'expired';
        return;
    end if;
    if v.user_id is null or v.code <> p_code then
        outcome := 'invalid';
        attempts_left := otp_failed(p_now, v.user_id, v.phone_key, p_max_failures, p_lock_seconds, p_max_lockouts);
        return;
    end if;

    delete from verifications where id = p_id;
    delete from lockouts where key = 'otp:' || v.phone_key;
    update users set otp_failures = 0, otp_lockouts = 0, otp_locked_until = null, last_active_at = p_now,
        phone = coalesce(v.phone, phone),
        phone_verified_at = case when v.purpose = 'reauthenticate' then phone_verified_at else p_now end,
        phone_changed_at = case when v.purpose = 'phone' then p_now else phone_changed_at end
    where id = v.user_id
    returning id, tenant_id, role, language into user_id, tenant_id, role, language;
    if v.purpose = 'signup' then
        insert into sessions (id, user_id, created_at, authenticated_at, token, rotated_at, token_expires_at, family_expires_at)
        values (p_session, v.user_id, p_now, p_now, p_token, p_now, p_token_expires, p_family_expires);
    else
        update sessions set authenticated_at = p_now where id = p_bearer;
    end if;
    outcome := 'verified';
end
$$;

-- Outcomes: `expired`, `blocked`, `locked` and `rate` (with seconds to wait), `sent` (with phone and language), `decoy`.
create function otp_resend(
    p_now timestamp, p_id text, p_code bytea, p_code_expires timestamp, p_address_key text, p_max integer[], p_seconds integer[],
    p_max_lockouts integer,
    out outcome text, out wait integer, out phone text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    v verifications;
    u users;
    l lock_state;
    v_until timestamp;
begin
    select * into v from verifications where id = p_id and expires_at > p_now;
    if not found then
        outcome := 'expired';
        return;
    end if;
    if v.user_id is not null then
        select * into u from users where id = v.user_id for update;
    end if;
    l := lockout_read(p_now, 'otp:' || v.phone_key);
    if u.blocked_at is not null or l.lockouts >= p_max_lockouts then
        outcome := 'blocked';
        return;
    end if;
    v_until := greatest(l.locked_until, u.otp_locked_until);
    if v_until > p_now then
        outcome := 'locked';
        wait := greatest(1, ceil(extract(epoch from v_until - p_now)))::integer;
        return;
    end if;
    wait := sms_take(p_now, v.phone_key, v.country_key, p_address_key, p_max, p_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    -- The old code is void from here on.
    update verifications set code = p_code, code_expires_at = p_code_expires where id = p_id;
    if not found then
        outcome := 'expired';
    elsif v.user_id is null then
        outcome := 'decoy';
    else
        outcome := 'sent';
        phone := coalesce(v.phone, u.phone);
        language := u.language;
    end if;
end
$$;

-- A code for an account that is signed in: for a new phone, or to prove presence anew. An earlier one for the purpose is void.
-- Outcomes: `unauthenticated`, `no-phone`, `rate` (with seconds to wait), `sent` (with phone and language).
create function otp_start(
    p_now timestamp, p_session uuid, p_user uuid, p_purpose text, p_phone text, p_phone_key text, p_country_key text,
    p_id text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_address_key text, p_max integer[], p_seconds integer[],
    out outcome text, out wait integer, out phone text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
begin
    select u0.* into u from users u0 join sessions s on s.user_id = u0.id
    where s.id = p_session and u0.id = p_user and s.revoked_at is null and s.family_expires_at > p_now and u0.blocked_at is null
    for update of u0;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    wait := sms_take(p_now, p_phone_key, p_country_key, p_address_key, p_max, p_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    delete from verifications where user_id = p_user and purpose = p_purpose;
    insert into verifications (id, purpose, user_id, session_id, phone, phone_key, country_key, code, code_expires_at, language,
                               created_at, expires_at)
    values (p_id, p_purpose, p_user, p_session, case when p_purpose = 'phone' then p_phone end, p_phone_key, p_country_key,
            p_code, p_code_expires, u.language, p_now, p_expires);
    outcome := 'sent';
    phone := p_phone;
    language := u.language;
end
$$;

-- Counts a try before the password is looked at, so that parallel guesses all count; a right one resets. `wait` above 0 refuses.
-- `p_delays` are the seconds of the 5th, 6th, … failure; the last stands for all that follow. `unproved_phone` is set where the
-- phone was never verified: the caller makes the keys of its limits.
create function signin_begin(
    p_now timestamp, p_email text, p_lock_key text, p_address_key text, p_max integer, p_seconds integer, p_delays integer[],
    out limited boolean, out wait integer, out user_id uuid, out password_hash text, out unproved_phone text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    l lock_state;
    v_failures integer;
begin
    limited := false;
    wait := limits_take(p_now, array['signin-address:' || p_address_key], array[p_max], array[p_seconds]);
    if wait > 0 then
        limited := true;
        return;
    end if;
    l := lockout_read(p_now, 'signin:' || p_lock_key);
    if l.locked_until > p_now then
        wait := greatest(1, ceil(extract(epoch from l.locked_until - p_now)))::integer;
        return;
    end if;
    v_failures := l.failures + 1;
    update lockouts set failures = v_failures, expires_at = p_now + interval '1 day',
        locked_until = case when v_failures >= 5
            then p_now + make_interval(secs => p_delays[least(v_failures - 4, array_length(p_delays, 1))]) end
    where key = 'signin:' || p_lock_key;
    select u.id, u.password_hash, case when u.phone_verified_at is null then u.phone end into user_id, password_hash, unproved_phone
    from users u where u.email = p_email and is_live(p_now, u);
end
$$;

-- After the right password. Outcomes: `gone`, `blocked`, `unverified` (a verification waits; `phone` is set where a code may be
-- sent for it), `signed-in`.
create function signin_finish(
    p_now timestamp, p_user uuid, p_lock_key text,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    p_verification text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[],
    out outcome text, out tenant_id uuid, out role text, out language text, out phone text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
begin
    select * into u from users where id = p_user for update;
    if not found then
        outcome := 'gone';
        return;
    end if;
    delete from lockouts where key = 'signin:' || p_lock_key;
    tenant_id := u.tenant_id;
    role := u.role;
    language := u.language;
    if u.blocked_at is not null then
        outcome := 'blocked';
    elsif u.phone_verified_at is null then
        outcome := 'unverified';
        delete from verifications where user_id = p_user and purpose = 'signup';
        if u.phone is not null and sms_take(p_now, p_phone_key, p_country_key, p_address_key, p_max, p_seconds) = 0 then
            phone := u.phone;
        end if;
        -- Without an SMS there is no code; a later resend makes one.
        insert into verifications (id, purpose, user_id, phone_key, country_key, code, code_expires_at, language, created_at, expires_at)
        values (p_verification, 'signup', p_user, p_phone_key, p_country_key, case when phone is not null then p_code end,
                p_code_expires, u.language, p_now, p_expires);
    else
        outcome := 'signed-in';
        insert into sessions (id, user_id, created_at, authenticated_at, token, rotated_at, token_expires_at, family_expires_at)
        values (p_session, p_user, p_now, p_now, p_token, p_now, p_token_expires, p_family_expires);
        update users set last_active_at = p_now where id = p_user;
    end if;
end
$$;

-- Outcomes: `invalid`, `reused` (the family is revoked; the owner is to be told), `rotated`, `repeated` (the same successor once more). `expires` is when
-- the successor ends.
create function session_refresh(
    p_now timestamp, p_session uuid, p_presented bytea, p_successor bytea, p_token_expires timestamp, p_repeat_seconds integer,
    out outcome text, out user_id uuid, out tenant_id uuid, out role text, out language text, out phone_verified boolean,
    out expires timestamp, out owner_email text, out owner_language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    s sessions;
    u users;
begin
    select * into s from sessions where id = p_session for update;
    if not found or s.revoked_at is not null or s.family_expires_at <= p_now then
        outcome := 'invalid';
        return;
    end if;
    select * into u from users where id = s.user_id;
    if u.blocked_at is not null then
        outcome := 'invalid';
        return;
    end if;
    if s.token = p_presented then
        if s.token_expires_at <= p_now then
            outcome := 'invalid';
            return;
        end if;
        expires := least(p_token_expires, s.family_expires_at);
        update sessions set previous_token = p_presented, token = p_successor, rotated_at = p_now, token_expires_at = expires
        where id = p_session;
        outcome := 'rotated';
    elsif s.previous_token = p_presented and p_now <= s.rotated_at + make_interval(secs => p_repeat_seconds) then
        expires := s.token_expires_at;
        outcome := 'repeated';
    else
        update sessions set revoked_at = p_now where id = p_session;
        outcome := 'reused';
        owner_email := u.email;
        owner_language := u.language;
        return;
    end if;
    user_id := u.id;
    tenant_id := u.tenant_id;
    role := u.role;
    language := u.language;
    phone_verified := u.phone_verified_at is not null;
end
$$;

-- Ends a family by one of its refresh tokens.
create function session_end(p_now timestamp, p_session uuid, p_presented bytea) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    update sessions set revoked_at = p_now
    where id = p_session and revoked_at is null and (token = p_presented or previous_token = p_presented);
    return found;
end
$$;

-- What a call's first statement asks of a bearer's session (decision 10). No row: not signed in (any more).
create function session_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (tenant_id uuid, role text, language text, phone text, phone_verified boolean, restricted boolean, authenticated_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select u.tenant_id, u.role, u.language, u.phone, u.phone_verified_at is not null, u.restricted_at is not null, s.authenticated_at
    from sessions s join users u on u.id = s.user_id
    where s.id = p_session and u.id = p_user and s.revoked_at is null and s.family_expires_at > p_now and u.blocked_at is null
$$;

grant execute on function
    signup_begin(timestamp, uuid, uuid, bytea, text, text, text, text, text, text, text, text, bytea, timestamp, timestamp, text,
                 text, text, integer[], integer[], integer, integer),
    otp_verify(timestamp, text, bytea, uuid, uuid, bytea, timestamp, timestamp, integer, integer, integer),
    otp_resend(timestamp, text, bytea, timestamp, text, integer[], integer[], integer),
    otp_start(timestamp, uuid, uuid, text, text, text, text, text, bytea, timestamp, timestamp, text, integer[], integer[]),
    signin_begin(timestamp, text, text, text, integer, integer, integer[]),
    signin_finish(timestamp, uuid, text, uuid, bytea, timestamp, timestamp, text, bytea, timestamp, timestamp, text, text, text,
                  integer[], integer[]),
    session_refresh(timestamp, uuid, bytea, bytea, timestamp, integer),
    session_end(timestamp, uuid, bytea),
    session_read(timestamp, uuid, uuid),
    unproved_prune(timestamp, integer)
to identity;
grant execute on function session_read(timestamp, uuid, uuid) to generation, rights, billing;
grant execute on function unproved_prune(timestamp, integer) to lifecycle;
