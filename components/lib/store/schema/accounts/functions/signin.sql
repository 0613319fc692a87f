-- Counts a try before the password is looked at, so that parallel guesses all count: for the account from this address, and for the
-- account from everywhere, of which a device with a good refresh token (`p_session`, `p_presented`) is free, so that nobody can lock
-- another out. A right password takes the try back. `wait` above 0 refuses. `p_delays` are the seconds after the 1st, 2nd, … failure
-- beyond the free ones; the last stands for all that follow. The try's event is a failure until it has succeeded.
-- `unproved_phone` is set where the phone was never verified: the caller makes the keys of its limits.
create function api.signin_begin(
    p_now timestamp, p_email text, p_lock_key text, p_account_key text, p_address_key text, p_max integer, p_seconds integer,
    p_delays integer[], p_free_here integer, p_free_everywhere integer, p_session uuid, p_presented bytea, p_event uuid, p_ip text,
    out limited boolean, out wait integer, out user_id uuid, out password_hash text, out unproved_phone text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
    wait := limit_take(p_now, 'signin-address:' || p_address_key, p_max, p_seconds);
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
grant execute on function api.signin_begin to identity;

-- After the right password. `p_seen` is the hash that it fitted: where another has taken its place meanwhile, it is not the right one
-- any more. `p_rehash`, if any, takes its place (promise b02). Outcomes: `gone`, `blocked`, `unverified` (a verification waits; `phone`
-- is set where a code may be sent for it), `signed-in` (an account without any phone is signed in to give one).
create function api.signin_finish(
    p_now timestamp, p_user uuid, p_lock_key text, p_account_key text, p_free_everywhere integer, p_seen text, p_rehash text,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    p_verification text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[], p_event uuid,
    out outcome text, out tenant_id uuid, out role text, out language text, out phone_verified boolean, out phone text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
grant execute on function api.signin_finish to identity;
