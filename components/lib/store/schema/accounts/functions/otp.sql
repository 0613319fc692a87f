-- Outcomes: `expired` (unknown, replaced or too old), `unauthenticated` (the bearer's session has ended, or another one asked), `blocked`, `locked` (with
-- seconds to wait), `invalid` (with tries left), `verified`. A verified sign-up opens the session given, and `email` is set where the
-- token given is to be sent to prove it.
create function api.otp_verify(
    p_now timestamp, p_id text, p_code bytea, p_bearer uuid,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    p_max_failures integer, p_lock_seconds integer, p_max_lockouts integer,
    p_email_token text, p_email_expires timestamp, p_event uuid, p_ip text,
    out outcome text, out attempts_left integer, out wait integer, out purpose text,
    out user_id uuid, out tenant_id uuid, out role text, out language text, out email text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    v verifications;
    u users;
    l lock_state;
    v_until timestamp;
    v_kind text;
begin
    perform 1 from users where id = (select s.user_id from sessions s where s.id = p_bearer) for update;
    perform 1 from signed_in s where s.session_id = p_bearer and s.family_expires_at > p_now;
    if p_bearer is not null and not found then
        outcome := 'unauthenticated';
        return;
    end if;
    select * into v from verifications where id = p_id and expires_at > p_now;
    if not found then
        outcome := 'expired';
        return;
    end if;
    if v.purpose <> 'signup' and v.session_id is distinct from p_bearer then
        outcome := 'unauthenticated';
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
    elsif v.purpose = 'reauthenticate' then
        -- A code to the new phone says who has that phone, not who has the account.
        update sessions set authenticated_at = p_now where id = p_bearer;
    end if;
    perform security_event_add(p_event, v.user_id, p_now,
        case v.purpose when 'signup' then 'sign-in' when 'phone' then 'phone-changed' else 'reauthenticated' end, p_ip);
    outcome := 'verified';
end
$$;
grant execute on function api.otp_verify to identity;

-- Counts a wrong code for a phone and, where there is one, an account: the tries that are left, and what the event is called.
create function api.otp_failed(p_now timestamp, p_user uuid, p_phone_key text, p_max_failures integer, p_lock_seconds integer,
    p_max_lockouts integer, out attempts_left integer, out kind text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
                perform account_credentials_changed(p_now, p_user, null);
            end if;
        end if;
    end if;
    attempts_left := greatest(0, p_max_failures - greatest(v_phone, v_account));
end
$$;

-- Outcomes: `expired`, `blocked`, `locked` and `rate` (with seconds to wait), `sent` (with phone and language), `decoy`.
create function api.otp_resend(
    p_now timestamp, p_id text, p_code bytea, p_code_expires timestamp, p_address_key text, p_max integer[], p_seconds integer[],
    p_max_lockouts integer, p_event uuid, p_ip text,
    out outcome text, out wait integer, out phone text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
grant execute on function api.otp_resend to identity;

-- A code for an account that is signed in: for a new phone, or to prove presence anew. An earlier one for the purpose is void. A phone
-- that takes the place of a verified one needs a recent session (promise a08).
-- Outcomes: `unauthenticated`, `recent`, `rate` (with seconds to wait), `sent` (with phone and language).
create function api.otp_start(
    p_now timestamp, p_session uuid, p_user uuid, p_purpose text, p_phone text, p_phone_key text, p_country_key text,
    p_id text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_address_key text, p_max integer[], p_seconds integer[], p_event uuid, p_ip text,
    out outcome text, out wait integer, out phone text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
grant execute on function api.otp_start to identity;

-- Lifts a block after support has checked who asks (promise a67), the phone's own counters included. Granted to nobody. False where
-- there is no such account.
create function api.account_unblock(p_now timestamp, p_email text, p_event uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
