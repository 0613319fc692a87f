-- Identity in full: passwords, emails to prove, lists of sessions, lockouts for accounts as a whole, and an event for each of it.
-- A function of V4 that needs more arguments is dropped and made anew here. `p_event` and `p_ip` are of the security event that the
-- change brings (promise a21).

-- Removes rows whose time is up, tokens sent by email included.
create or replace function limits_prune(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer := 0;
    v_rows integer;
begin
    delete from limits where key in
        (select key from limits where expires_at <= p_now order by key limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from lockouts where key in
        (select key from lockouts where expires_at <= p_now order by key limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from idempotency where key in
        (select key from idempotency where expires_at <= p_now order by key limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from verifications where id in
        (select id from verifications where expires_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from email_tokens where id in
        (select id from email_tokens where expires_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_gone + v_rows;
end
$$;

-- Keeps a token that is about to be sent; an earlier one for the purpose is void.
create function email_token_put(p_now timestamp, p_id text, p_purpose text, p_user uuid, p_email text, p_expires timestamp) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
    insert into email_tokens (id, purpose, user_id, email, created_at, expires_at)
    values (p_id, p_purpose, p_user, p_email, p_now, p_expires)
    on conflict (user_id, purpose) do update
        set id = excluded.id, email = excluded.email, created_at = excluded.created_at, expires_at = excluded.expires_at
$$;

-- Sign-up ---------------------------------------------------------------------------------------------------------------------

drop function signup_begin(timestamp, uuid, uuid, bytea, text, text, text, text, text, text, text, text, bytea, timestamp, timestamp,
    text, text, text, integer[], integer[], integer, integer);

-- Outcomes: `rate` (with seconds to wait), `sent` (an account waits for its code), `taken` (a decoy; the owner is to be told, in
-- the owner's language).
create function signup_begin(
    p_now timestamp, p_user uuid, p_tenant uuid, p_salt bytea, p_email text, p_password_hash text, p_phone text,
    p_first_name text, p_last_name text, p_language text, p_policy_version text,
    p_verification text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[],
    p_signup_max integer, p_signup_seconds integer, p_event uuid, p_ip text,
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
            perform security_event_add(p_event, v.id, p_now, 'sign-up-attempted', p_ip);
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
        delete from tenants t where t.id = p_tenant and not exists (select 1 from users u where u.tenant_id = t.id);
    end loop;

    insert into user_keys (user_id, salt) values (p_user, p_salt);
    insert into verifications (id, purpose, user_id, phone_key, country_key, code, code_expires_at, language, created_at, expires_at)
    values (p_verification, 'signup', p_user, p_phone_key, p_country_key, p_code, p_code_expires, p_language, p_now, p_expires);
    perform security_event_add(p_event, p_user, p_now, 'sign-up', p_ip);
    perform limits_prune(p_now, 10), unproved_prune(p_now, 2);
    outcome := 'sent';
end
$$;

-- Codes -----------------------------------------------------------------------------------------------------------------------

drop function otp_failed(timestamp, uuid, text, integer, integer, integer);

-- Counts a wrong code for a phone and, where there is one, an account: the tries that are left, and what the event is called.
create function otp_failed(p_now timestamp, p_user uuid, p_phone_key text, p_max_failures integer, p_lock_seconds integer,
    p_max_lockouts integer, out attempts_left integer, out kind text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_phone integer;
    v_account integer := 0;
    v_lockouts integer := 0;
begin
    kind := 'code-failed';
    update lockouts set failures = failures + 1, expires_at = p_now + interval '1 day' where key = 'otp:' || p_phone_key
    returning failures into v_phone;
    if v_phone >= p_max_failures then
        kind := 'code-locked';
        update lockouts set failures = 0, lockouts = lockouts + 1, locked_until = p_now + make_interval(secs => p_lock_seconds)
        where key = 'otp:' || p_phone_key;
    end if;

    if p_user is not null then
        update users set otp_failures = otp_failures + 1 where id = p_user returning otp_failures into v_account;
        if v_account >= p_max_failures then
            kind := 'code-locked';
            update users set otp_failures = 0, otp_lockouts = otp_lockouts + 1,
                otp_locked_until = p_now + make_interval(secs => p_lock_seconds)
            where id = p_user returning otp_lockouts into v_lockouts;
            if v_lockouts >= p_max_lockouts then
                kind := 'account-blocked';
                update users set blocked_at = p_now where id = p_user;
                perform account_sign_out(p_user, p_now, null);
            end if;
        end if;
    end if;
    attempts_left := greatest(0, p_max_failures - greatest(v_phone, v_account));
end
$$;

drop function otp_verify(timestamp, text, bytea, uuid, uuid, bytea, timestamp, timestamp, integer, integer, integer);

-- Outcomes: `expired` (unknown, replaced or too old), `unauthenticated` (asked for by another session), `blocked`, `locked` (with
-- seconds to wait), `invalid` (with tries left), `verified`. A verified sign-up opens the session given, and `email` is set where the
-- token given is to be sent to prove it.
create function otp_verify(
    p_now timestamp, p_id text, p_code bytea, p_bearer uuid,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    p_max_failures integer, p_lock_seconds integer, p_max_lockouts integer,
    p_email_token text, p_email_expires timestamp, p_event uuid, p_ip text,
    out outcome text, out attempts_left integer, out wait integer, out purpose text,
    out user_id uuid, out tenant_id uuid, out role text, out language text, out email text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    v verifications;
    u users;
    l lock_state;
    v_until timestamp;
    v_kind text;
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
        select f.attempts_left, f.kind into attempts_left, v_kind
        from otp_failed(p_now, v.user_id, v.phone_key, p_max_failures, p_lock_seconds, p_max_lockouts) f;
        perform security_event_add(p_event, v.user_id, p_now, v_kind, p_ip);
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
        if u.email_confirmed_at is null then
            perform email_token_put(p_now, p_email_token, 'confirm', v.user_id, u.email, p_email_expires);
            email := u.email;
        end if;
    else
        update sessions set authenticated_at = p_now where id = p_bearer;
    end if;
    perform security_event_add(p_event, v.user_id, p_now,
        case v.purpose when 'signup' then 'sign-in' when 'phone' then 'phone-changed' else 'reauthenticated' end, p_ip);
    outcome := 'verified';
end
$$;

drop function otp_resend(timestamp, text, bytea, timestamp, text, integer[], integer[], integer);

-- Outcomes: `expired`, `blocked`, `locked` and `rate` (with seconds to wait), `sent` (with phone and language), `decoy`.
create function otp_resend(
    p_now timestamp, p_id text, p_code bytea, p_code_expires timestamp, p_address_key text, p_max integer[], p_seconds integer[],
    p_max_lockouts integer, p_event uuid, p_ip text,
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
        return;
    end if;
    perform security_event_add(p_event, v.user_id, p_now, 'code-sent', p_ip);
    if v.user_id is null then
        outcome := 'decoy';
    else
        outcome := 'sent';
        phone := coalesce(v.phone, u.phone);
        language := u.language;
    end if;
end
$$;

drop function otp_start(timestamp, uuid, uuid, text, text, text, text, text, bytea, timestamp, timestamp, text, integer[], integer[]);

-- A code for an account that is signed in: for a new phone, or to prove presence anew. An earlier one for the purpose is void. A phone
-- that takes the place of a verified one needs a recent session (promise a08).
-- Outcomes: `unauthenticated`, `recent`, `rate` (with seconds to wait), `sent` (with phone and language).
create function otp_start(
    p_now timestamp, p_session uuid, p_user uuid, p_purpose text, p_phone text, p_phone_key text, p_country_key text,
    p_id text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_address_key text, p_max integer[], p_seconds integer[], p_event uuid, p_ip text,
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
    if p_purpose = 'phone' and u.phone_verified_at is not null and not session_is_recent(p_session, p_now) then
        outcome := 'recent';
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
    perform security_event_add(p_event, p_user, p_now, 'code-sent', p_ip);
    outcome := 'sent';
    phone := p_phone;
    language := u.language;
end
$$;

-- Sign-in ---------------------------------------------------------------------------------------------------------------------

drop function signin_begin(timestamp, text, text, text, integer, integer, integer[]);

-- Counts a try before the password is looked at, so that parallel guesses all count: for the account from this address, and for the
-- account from everywhere, of which a device with a good refresh token (`p_session`, `p_presented`) is free, so that nobody can lock
-- another out. A right password takes the try back. `wait` above 0 refuses. `p_delays` are the seconds after the 1st, 2nd, … failure
-- beyond the free ones; the last stands for all that follow. The try's event is a failure until it has succeeded.
-- `unproved_phone` is set where the phone was never verified: the caller makes the keys of its limits.
create function signin_begin(
    p_now timestamp, p_email text, p_lock_key text, p_account_key text, p_address_key text, p_max integer, p_seconds integer,
    p_delays integer[], p_free_here integer, p_free_everywhere integer, p_session uuid, p_presented bytea, p_event uuid, p_ip text,
    out limited boolean, out wait integer, out user_id uuid, out password_hash text, out unproved_phone text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    v_everywhere lock_state;
    v_here lock_state;
    v_known_device boolean;
    v_until timestamp;
    v_locks integer := 0;
    v_rows integer;
begin
    limited := false;
    wait := limits_take(p_now, array['signin-address:' || p_address_key], array[p_max], array[p_seconds]);
    if wait > 0 then
        limited := true;
        return;
    end if;
    select u0.* into u from users u0 where u0.email = p_email and is_live(p_now, u0);
    select exists (
        select 1 from sessions s
        where s.id = p_session and s.user_id = u.id and s.revoked_at is null and s.family_expires_at > p_now
            and s.token_expires_at > p_now and (s.token = p_presented or s.previous_token = p_presented)
    ) into v_known_device;

    v_everywhere := lockout_read(p_now, 'signin-everywhere:' || p_account_key);
    v_here := lockout_read(p_now, 'signin:' || p_lock_key);
    v_until := greatest(v_here.locked_until, case when not v_known_device then v_everywhere.locked_until end);
    if v_until > p_now then
        wait := greatest(1, ceil(extract(epoch from v_until - p_now)))::integer;
        return;
    end if;
    update lockouts set failures = failures + 1, expires_at = p_now + interval '1 day',
        locked_until = case when failures + 1 > p_free_everywhere
            then p_now + make_interval(secs => p_delays[least(failures + 1 - p_free_everywhere, array_length(p_delays, 1))]) end
    where key = 'signin-everywhere:' || p_account_key and not v_known_device;
    if v_everywhere.failures + 1 > p_free_everywhere and not v_known_device then
        v_locks := 1;
    end if;
    update lockouts set failures = failures + 1, expires_at = p_now + interval '1 day',
        locked_until = case when failures + 1 > p_free_here
            then p_now + make_interval(secs => p_delays[least(failures + 1 - p_free_here, array_length(p_delays, 1))]) end
    where key = 'signin:' || p_lock_key;
    if v_here.failures + 1 > p_free_here then
        v_locks := v_locks + 1;
    end if;
    perform security_event_add(p_event, u.id, p_now, case when v_locks > 0 then 'sign-in-locked' else 'sign-in-failed' end, p_ip);
    v_rows := limits_prune(p_now, 10);

    user_id := u.id;
    password_hash := u.password_hash;
    unproved_phone := case when u.phone_verified_at is null then u.phone end;
end
$$;

drop function signin_finish(timestamp, uuid, text, uuid, bytea, timestamp, timestamp, text, bytea, timestamp, timestamp, text, text,
    text, integer[], integer[]);

-- After the right password. `p_seen` is the hash that it fitted: where another has taken its place meanwhile, it is not the right one
-- any more. `p_rehash`, if any, takes its place (promise b02). Outcomes: `gone`, `blocked`, `unverified` (a verification waits; `phone`
-- is set where a code may be sent for it), `signed-in` (an account without any phone is signed in to give one).
create function signin_finish(
    p_now timestamp, p_user uuid, p_lock_key text, p_account_key text, p_free_everywhere integer, p_seen text, p_rehash text,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    p_verification text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[], p_event uuid,
    out outcome text, out tenant_id uuid, out role text, out language text, out phone_verified boolean, out phone text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    v_here integer;
begin
    select * into u from users where id = p_user for update;
    if not found or (u.password_hash is distinct from p_seen and u.password_hash is distinct from p_rehash) then
        outcome := 'gone';
        return;
    end if;
    if p_rehash is not null then
        update users set password_hash = p_rehash where id = p_user;
    end if;
    -- The person's own slips are forgiven, somebody else's from another address are not.
    perform 1 from lockouts where key = 'signin-everywhere:' || p_account_key for update;
    delete from lockouts where key = 'signin:' || p_lock_key returning failures into v_here;
    update lockouts set failures = greatest(0, failures - v_here),
        locked_until = case when failures - v_here > p_free_everywhere then locked_until end
    where key = 'signin-everywhere:' || p_account_key and v_here is not null;

    tenant_id := u.tenant_id;
    role := u.role;
    language := u.language;
    phone_verified := u.phone_verified_at is not null;
    if u.blocked_at is not null then
        outcome := 'blocked';
    elsif u.phone_verified_at is null and u.phone is not null then
        outcome := 'unverified';
        delete from verifications where user_id = p_user and purpose = 'signup';
        if sms_take(p_now, p_phone_key, p_country_key, p_address_key, p_max, p_seconds) = 0 then
            phone := u.phone;
        end if;
        -- Without an SMS there is no code; a later resend makes one.
        insert into verifications (id, purpose, user_id, phone_key, country_key, code, code_expires_at, language, created_at, expires_at)
        values (p_verification, 'signup', p_user, p_phone_key, p_country_key, case when phone is not null then p_code end,
                p_code_expires, u.language, p_now, p_expires);
    else
        outcome := 'signed-in';
        insert into sessions (id, user_id, created_at, authenticated_at, token, rotated_at, token_expires_at, family_expires_at)
        values (p_session, p_user, p_now, p_now, p_token, p_now, p_token_expires, p_family_expires)
        on conflict (id) do nothing;
        update users set last_active_at = p_now where id = p_user;
    end if;
    update security_events set kind = case outcome
        when 'signed-in' then 'sign-in' when 'blocked' then 'sign-in-blocked' else 'sign-in-unfinished' end
    where id = p_event and user_id = p_user;
end
$$;

-- Sessions --------------------------------------------------------------------------------------------------------------------

drop function session_refresh(timestamp, uuid, bytea, bytea, timestamp, integer);

-- Outcomes: `invalid`, `reused` (the family is revoked; the owner is to be told), `rotated`, `repeated` (the same successor once more).
-- `expires` is when the successor ends.
create function session_refresh(
    p_now timestamp, p_session uuid, p_presented bytea, p_successor bytea, p_token_expires timestamp, p_repeat_seconds integer,
    p_event uuid, p_ip text,
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
        perform security_event_add(p_event, u.id, p_now, 'session-reused', p_ip);
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

drop function session_end(timestamp, uuid, bytea);

-- Ends a family by one of its refresh tokens.
create function session_end(p_now timestamp, p_session uuid, p_presented bytea, p_event uuid, p_ip text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_user uuid;
begin
    update sessions set revoked_at = p_now
    where id = p_session and revoked_at is null and (token = p_presented or previous_token = p_presented)
    returning user_id into v_user;
    if v_user is null then
        return false;
    end if;
    perform security_event_add(p_event, v_user, p_now, 'sign-out', p_ip);
    return true;
end
$$;

-- The caller's sessions that can still be refreshed, newest first, after the given one. Always a row; without an id there is nothing.
create function sessions_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, id uuid, created_at timestamp, authenticated_at timestamp, refreshed_at timestamp, expires_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when r.tenant_id is null then 'unauthenticated' when s.id is null then 'none' else 'found' end,
        s.id, s.created_at, s.authenticated_at, s.rotated_at, s.token_expires_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) r on true
    left join lateral (
        select * from sessions v
        where v.user_id = p_user and v.revoked_at is null and v.token_expires_at > p_now and v.family_expires_at > p_now
            and (p_after_id is null or (v.created_at, v.id) < (p_after_time, p_after_id))
        order by v.created_at desc, v.id desc limit p_limit
    ) s on r.tenant_id is not null
    order by s.created_at desc, s.id desc
$$;

-- Ends one of the caller's sessions, or all of them where none is given. Outcomes: `unauthenticated`, `not-found`, `revoked`.
create function session_revoke(p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_event uuid, p_ip text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform 1 from users where id = p_user for no key update;
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        return 'unauthenticated';
    end if;
    if p_id is null then
        perform account_sign_out(p_user, p_now, null);
        perform security_event_add(p_event, p_user, p_now, 'sign-out-everywhere', p_ip);
        return 'revoked';
    end if;
    update sessions set revoked_at = p_now
    where id = p_id and user_id = p_user and revoked_at is null and family_expires_at > p_now;
    if not found then
        return 'not-found';
    end if;
    perform security_event_add(p_event, p_user, p_now, case when p_id = p_session then 'sign-out' else 'session-revoked' end, p_ip);
    return 'revoked';
end
$$;

-- Passwords -------------------------------------------------------------------------------------------------------------------

-- What is needed before a password is looked at by a session that is signed in. Outcomes: `unauthenticated`, `rate` (with seconds to
-- wait), `read`. A stolen token must not be a way to guess the password: tries are counted by `p_key`.
create function password_read(
    p_now timestamp, p_session uuid, p_user uuid, p_key text, p_max integer, p_seconds integer,
    out outcome text, out wait integer, out password_hash text, out recent boolean)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    wait := limits_take(p_now, array[p_key], array[p_max], array[p_seconds]);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    select u.password_hash into password_hash from users u where u.id = p_user;
    recent := session_is_recent(p_session, p_now);
    outcome := 'read';
end
$$;

-- Sets a password where the one that was looked at (null: none) is still the account's, and ends the other sessions. A first password
-- needs a recent session. Outcomes: `unauthenticated`, `recent`, `changed-meanwhile`, `set` (with whom to tell).
create function password_set(
    p_now timestamp, p_session uuid, p_user uuid, p_seen text, p_hash text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
begin
    select * into u from users where id = p_user for update;
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    if u.password_hash is distinct from p_seen and u.password_hash is distinct from p_hash then
        outcome := 'changed-meanwhile';
        return;
    end if;
    if p_seen is null and not session_is_recent(p_session, p_now) then
        outcome := 'recent';
        return;
    end if;
    update users set password_hash = p_hash where id = p_user;
    perform account_sign_out(p_user, p_now, p_session);
    delete from email_tokens where user_id = p_user and purpose = 'reset';
    perform security_event_add(p_event, p_user, p_now, 'password-changed', p_ip);
    outcome := 'set';
    email := u.email;
    language := u.language;
end
$$;

-- Notes that a session that is signed in gave a wrong password.
create function password_failed(p_now timestamp, p_user uuid, p_event uuid, p_ip text) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
    select security_event_add(p_event, p_user, p_now, 'password-failed', p_ip)
$$;

-- A forgotten password. `wait` above 0 refuses, whatever the email. `language` is set where the token given is to be sent. Beyond a few
-- emails an hour to one address nothing is sent, and nothing is said.
create function password_forgot(
    p_now timestamp, p_email text, p_address_key text, p_max integer, p_seconds integer,
    p_mail_key text, p_mail_max integer, p_mail_seconds integer, p_token text, p_expires timestamp, p_event uuid, p_ip text,
    out wait integer, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    v_mail integer;
begin
    wait := limits_take(p_now, array['forgot-address:' || p_address_key], array[p_max], array[p_seconds]);
    if wait > 0 then
        return;
    end if;
    select u0.* into u from users u0 where u0.email = p_email and is_live(p_now, u0) for update;
    v_mail := limits_take(p_now, array['mail:' || p_mail_key], array[p_mail_max], array[p_mail_seconds]);
    perform security_event_add(p_event, u.id, p_now, 'password-forgotten', p_ip);
    if u.id is not null and v_mail = 0 then
        perform email_token_put(p_now, p_token, 'reset', u.id, u.email, p_expires);
        language := u.language;
    end if;
end
$$;

-- Takes the token of a mail if it is good for one of the purposes, and locks its account. No id: it is not (any more). Internal.
create function email_token_take(p_now timestamp, p_id text, p_purposes text[]) returns email_tokens
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    t email_tokens;
begin
    perform 1 from users where id = (select user_id from email_tokens where id = p_id and purpose = any (p_purposes)) for update;
    -- Looked at only now that the account is locked: a simultaneous call may have used it up.
    delete from email_tokens where id = p_id and expires_at > p_now and purpose = any (p_purposes) returning * into t;
    return t;
end
$$;

-- A new password by a token of a mail, which also proves the address: all sessions end, and an account whose address was not proved
-- before loses what somebody else may have put there (promise a05). Outcomes: `expired`, `reset` (with whom to tell).
create function password_reset(
    p_now timestamp, p_token text, p_hash text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text, out stripped boolean)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    t email_tokens;
    u users;
begin
    t := email_token_take(p_now, p_token, array['reset']);
    select * into u from users where id = t.user_id;
    if t.id is null or t.email <> u.email then
        outcome := 'expired';
        return;
    end if;
    stripped := u.email_confirmed_at is null;
    if stripped then
        perform account_strip(u.id, p_now);
    end if;
    perform account_sign_out(u.id, p_now, null);
    delete from verifications where user_id = u.id;
    delete from email_tokens where user_id = u.id;
    update users set password_hash = p_hash, email_confirmed_at = coalesce(email_confirmed_at, p_now) where id = u.id;
    perform security_event_add(p_event, u.id, p_now, 'password-reset', p_ip);
    outcome := 'reset';
    email := u.email;
    language := u.language;
end
$$;

-- Email and details -----------------------------------------------------------------------------------------------------------

-- Proves an address by the token of a mail. `p_session` is the bearer's, if any: whoever confirms a sign-up's address without being
-- signed in to it owns the address and perhaps not the account, which then loses what somebody else may have put there (promise a05).
-- Outcomes: `expired`, `confirmed`, `stripped` (the owner is to be told at `email`), `changed` (the old address is told at `old_email`).
create function email_confirm(
    p_now timestamp, p_token text, p_session uuid, p_user uuid, p_event uuid, p_ip text,
    out outcome text, out email text, out old_email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    t email_tokens;
    u users;
    v users;
begin
    t := email_token_take(p_now, p_token, array['confirm', 'change']);
    select * into u from users where id = t.user_id;
    if t.id is null or (t.purpose = 'confirm' and t.email <> u.email) then
        outcome := 'expired';
        return;
    end if;
    email := t.email;
    language := u.language;
    if t.purpose = 'confirm' then
        outcome := 'confirmed';
        if u.email_confirmed_at is null then
            perform 1 from session_read(p_now, p_session, p_user) where p_user = u.id;
            if not found then
                perform account_strip(u.id, p_now);
                outcome := 'stripped';
            end if;
        end if;
        update users set email_confirmed_at = coalesce(email_confirmed_at, p_now) where id = u.id;
        perform security_event_add(p_event, u.id, p_now, 'email-confirmed', p_ip);
        return;
    end if;

    -- Somebody who never proved anything does not hold the address.
    select * into v from users where email = t.email and id <> u.id and phone_verified_at is null and email_confirmed_at is null
    for update;
    if found then
        perform drop_unproved(v.id, v.tenant_id);
    end if;
    begin
        update users set email = t.email, email_confirmed_at = p_now where id = u.id;
    exception when unique_violation then
        outcome := 'expired';
        return;
    end;
    -- What was sent to the old address is good for nothing any more.
    delete from email_tokens where user_id = u.id;
    perform security_event_add(p_event, u.id, p_now, 'email-changed', p_ip);
    outcome := 'changed';
    old_email := u.email;
end
$$;

-- Changes details of the caller's account; null leaves them (names: `p_set_…`). A new email waits for its proof, taken or not.
-- Outcomes: `unauthenticated`, `recent`, `rate` (with seconds to wait), `done`. `mail` says what to send to the new address: `confirm` (it
-- is the account's own), `change`, `taken` (in its owner's language), or null for nothing. `old_email` is told in `language`.
create function me_update(
    p_now timestamp, p_session uuid, p_user uuid, p_set_first boolean, p_first text, p_set_last boolean, p_last text, p_language text,
    p_email text, p_user_key text, p_user_max integer, p_user_seconds integer, p_mail_key text, p_mail_max integer,
    p_mail_seconds integer, p_token text, p_expires timestamp, p_event uuid, p_ip text,
    out outcome text, out wait integer, out mail text, out mail_language text, out old_email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    v users;
begin
    select * into u from users where id = p_user for update;
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    if p_email is not null and (p_email <> u.email or u.email_confirmed_at is null) then
        if p_email <> u.email and not session_is_recent(p_session, p_now) then
            outcome := 'recent';
            return;
        end if;
        wait := limits_take(p_now, array[p_user_key], array[p_user_max], array[p_user_seconds]);
        if wait > 0 then
            outcome := 'rate';
            return;
        end if;
        perform email_token_put(p_now, p_token, case when p_email = u.email then 'confirm' else 'change' end, p_user, p_email, p_expires);
        if p_email <> u.email then
            perform security_event_add(p_event, p_user, p_now, 'email-change-asked', p_ip);
            old_email := u.email;
        end if;
        -- Nobody is flooded with our mails, whoever asks for them.
        if limits_take(p_now, array['mail:' || p_mail_key], array[p_mail_max], array[p_mail_seconds]) = 0 then
            select * into v from users where email = p_email and id <> p_user;
            if p_email = u.email then
                mail := 'confirm';
            elsif found and (v.phone_verified_at is not null or v.email_confirmed_at is not null) then
                mail := 'taken';
            else
                mail := 'change';
            end if;
        end if;
    end if;
    update users set
        first_name = case when p_set_first then p_first else first_name end,
        last_name = case when p_set_last then p_last else last_name end,
        language = coalesce(p_language, language)
    where id = p_user
    returning language into language;
    mail_language := case when mail = 'taken' then v.language else language end;
    outcome := 'done';
end
$$;

-- For operators ---------------------------------------------------------------------------------------------------------------

-- Brings an account in from elsewhere, with its hash as it is. Granted to nobody: the owner of the database runs it. Outcomes: `taken`,
-- `imported`.
create function account_import(
    p_now timestamp, p_user uuid, p_tenant uuid, p_salt bytea, p_email text, p_email_confirmed boolean, p_password_hash text, p_phone text,
    p_phone_verified boolean, p_first_name text, p_last_name text, p_language text, p_policy_version text, p_created timestamp)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v users;
begin
    select * into v from users where email = p_email for update;
    if found and is_live(p_now, v) then
        return 'taken';
    elsif found then
        perform drop_unproved(v.id, v.tenant_id);
    end if;
    insert into tenants (id, created_at) values (p_tenant, p_now);
    insert into users (id, tenant_id, email, email_confirmed_at, password_hash, phone, phone_verified_at, first_name, last_name, language,
                       policy_version, created_at, last_active_at)
    values (p_user, p_tenant, p_email, case when p_email_confirmed then p_now end, p_password_hash, p_phone,
            case when p_phone_verified then p_now end, p_first_name, p_last_name, p_language, p_policy_version, p_created, p_now);
    insert into user_keys (user_id, salt) values (p_user, p_salt);
    return 'imported';
end
$$;

-- Lifts a block after support has checked who asks (promise a67), the phone's own counters included. Granted to nobody. False where
-- there is no such account.
create function account_unblock(p_now timestamp, p_email text, p_event uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_user uuid;
begin
    update users set blocked_at = null, otp_failures = 0, otp_lockouts = 0, otp_locked_until = null where email = p_email
    returning id into v_user;
    if v_user is null then
        return false;
    end if;
    delete from lockouts where key in (select 'otp:' || phone_key from verifications where user_id = v_user);
    perform security_event_add(p_event, v_user, p_now, 'account-unblocked', null);
    return true;
end
$$;

grant execute on function
    signup_begin(timestamp, uuid, uuid, bytea, text, text, text, text, text, text, text, text, bytea, timestamp, timestamp, text,
                 text, text, integer[], integer[], integer, integer, uuid, text),
    otp_verify(timestamp, text, bytea, uuid, uuid, bytea, timestamp, timestamp, integer, integer, integer, text, timestamp, uuid, text),
    otp_resend(timestamp, text, bytea, timestamp, text, integer[], integer[], integer, uuid, text),
    otp_start(timestamp, uuid, uuid, text, text, text, text, text, bytea, timestamp, timestamp, text, integer[], integer[], uuid, text),
    signin_begin(timestamp, text, text, text, text, integer, integer, integer[], integer, integer, uuid, bytea, uuid, text),
    signin_finish(timestamp, uuid, text, text, integer, text, text, uuid, bytea, timestamp, timestamp, text, bytea, timestamp, timestamp,
                  text, text, text, integer[], integer[], uuid),
    session_refresh(timestamp, uuid, bytea, bytea, timestamp, integer, uuid, text),
    session_end(timestamp, uuid, bytea, uuid, text),
    sessions_list(timestamp, uuid, uuid, integer, timestamp, uuid),
    session_revoke(timestamp, uuid, uuid, uuid, uuid, text),
    password_read(timestamp, uuid, uuid, text, integer, integer),
    password_set(timestamp, uuid, uuid, text, text, uuid, text),
    password_failed(timestamp, uuid, uuid, text),
    password_forgot(timestamp, text, text, integer, integer, text, integer, integer, text, timestamp, uuid, text),
    password_reset(timestamp, text, text, uuid, text),
    email_confirm(timestamp, text, uuid, uuid, uuid, text),
    me_update(timestamp, uuid, uuid, boolean, text, boolean, text, text, text, text, integer, integer, text, integer, integer, text,
              timestamp, uuid, text)
to identity;
