-- What is needed before a password is looked at by a session that is signed in. Outcomes: `unauthenticated`, `rate` (with seconds to
-- wait), `read`. A stolen token must not be a way to guess the password: tries are counted by `p_key`.
create function api.password_read(
    p_now timestamp, p_session uuid, p_user uuid, p_key text, p_max integer, p_seconds integer,
    out outcome text, out wait integer, out password_hash text, out email text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    wait := limit_take(p_now, p_key, p_max, p_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    select u.password_hash, u.email into password_hash, email from users u where u.id = p_user;
    outcome := 'read';
end
$$;
grant execute on function api.password_read to identity;

-- Sets a password where the one that was looked at (null: none) is still the account's, and ends the other sessions with all that
-- waits. A first password needs a recent session. Outcomes: `unauthenticated`, `recent`, `changed-meanwhile`, `set` (with whom to tell).
create function api.password_set(
    p_now timestamp, p_session uuid, p_user uuid, p_seen text, p_hash text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    u users;
begin
    select * into u from users where id = p_user for update;
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
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
    perform account_credentials_changed(p_now, p_user, p_session);
    perform security_event_add(p_event, p_user, p_now, 'password-changed', p_ip);
    outcome := 'set';
    email := u.email;
    language := u.language;
end
$$;
grant execute on function api.password_set to identity;

-- Notes that a session that is signed in gave a wrong password.
create function api.password_failed(p_now timestamp, p_user uuid, p_event uuid, p_ip text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform security_event_add(p_event, p_user, p_now, 'password-failed', p_ip);
end
$$;
grant execute on function api.password_failed to identity;

-- A forgotten password. `wait` above 0 refuses, whatever the email. `language` is set where the token given is to be sent. Beyond a few
-- emails an hour to one address nothing is sent, and nothing is said.
create function api.password_forgot(
    p_now timestamp, p_email text, p_address_key text, p_max integer, p_seconds integer,
    p_mail_key text, p_mail_max integer, p_mail_seconds integer, p_token text, p_expires timestamp, p_event uuid, p_ip text,
    out wait integer, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    u users;
    v_mail integer;
begin
    wait := limit_take(p_now, 'forgot-address:' || p_address_key, p_max, p_seconds);
    if wait > 0 then
        return;
    end if;
    select u0.* into u from users u0 where u0.email = p_email and is_live(p_now, u0) for update;
    v_mail := limit_take(p_now, 'mail:' || p_mail_key, p_mail_max, p_mail_seconds);
    perform security_event_add(p_event, u.id, p_now, 'password-forgotten', p_ip);
    if u.id is not null and v_mail = 0 then
        perform email_token_put(p_now, p_token, 'reset', u.id, u.email, p_expires);
        language := u.language;
    end if;
end
$$;
grant execute on function api.password_forgot to identity;

-- Whose token for a new password it is; null where it is good for nothing (any more). The token stays as it is.
create function api.password_reset_email(p_now timestamp, p_token text) returns text
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return (
        select u.email from email_tokens t join users u on u.id = t.user_id
        where t.id = p_token and t.purpose = 'reset' and t.expires_at > p_now and t.email = u.email);
end
$$;
grant execute on function api.password_reset_email to identity;

-- A new password by a token of a mail, which also proves the address: all sessions end, and an account whose address was not proved
-- before loses what somebody else may have put there (promise a05). Outcomes: `expired`, `reset` (with whom to tell).
create function api.password_reset(
    p_now timestamp, p_token text, p_hash text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text, out stripped boolean)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
    perform account_credentials_changed(p_now, u.id, null);
    update users set password_hash = p_hash, email_confirmed_at = coalesce(email_confirmed_at, p_now) where id = u.id;
    perform security_event_add(p_event, u.id, p_now, 'password-reset', p_ip);
    outcome := 'reset';
    email := u.email;
    language := u.language;
end
$$;
grant execute on function api.password_reset to identity;
