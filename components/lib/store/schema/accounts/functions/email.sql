-- Keeps a token that is about to be sent; an earlier one for the purpose is void.
create function api.email_token_put(p_now timestamp, p_id text, p_purpose text, p_user uuid, p_email text, p_expires timestamp) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    insert into email_tokens (id, purpose, user_id, email, created_at, expires_at)
    values (p_id, p_purpose, p_user, p_email, p_now, p_expires)
    on conflict (user_id, purpose) do update
        set id = excluded.id, email = excluded.email, created_at = excluded.created_at, expires_at = excluded.expires_at;
end
$$;

-- Takes the token of a mail if it is good for one of the purposes, and locks its account. No id: it is not (any more). Internal.
create function api.email_token_take(p_now timestamp, p_id text, p_purposes text[]) returns email_tokens
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    t email_tokens;
begin
    perform 1 from users where id = (select user_id from email_tokens where id = p_id and purpose = any (p_purposes)) for update;
    -- Looked at only now that the account is locked: a simultaneous call may have used it up.
    delete from email_tokens where id = p_id and expires_at > p_now and purpose = any (p_purposes) returning * into t;
    return t;
end
$$;

-- Proves an address by the token of a mail. `p_session` is the bearer's, if any: whoever confirms a sign-up's address without being
-- signed in to it owns the address and perhaps not the account, which then loses what somebody else may have put there (promise a05).
-- A changed address counts only with a session of the account that changes, so that nobody's click makes an address of somebody else's
-- choice count; the token stays good for who signs in. Outcomes: `expired`, `unauthenticated`, `confirmed`, `stripped` (the owner is to be told at `email`), `changed` (the old address is told at `old_email`).
create function api.email_confirm(
    p_now timestamp, p_token text, p_session uuid, p_user uuid, p_event uuid, p_ip text,
    out outcome text, out email text, out old_email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    t email_tokens;
    u users;
    v users;
begin
    perform 1 from users where id = (select user_id from email_tokens where id = p_token and purpose = 'change') for update;
    perform 1 from email_tokens e
    where e.id = p_token and e.purpose = 'change' and e.expires_at > p_now
        and not exists (
            select 1 from signed_in s
            where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now and s.id = e.user_id);
    if found then
        outcome := 'unauthenticated';
        return;
    end if;
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
            perform 1 from signed_in s
            where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now and p_user = u.id;
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
grant execute on function api.email_confirm to identity;

-- Takes from an account whose email was never confirmed all that somebody else may have put there, before the true owner of the address
-- gets it (promise a05): password, sessions, pending codes and tokens, phone, and the links, by which one could sign in. The user's row
-- must be locked.
create function api.account_strip(p_user uuid, p_now timestamp) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform account_credentials_changed(p_now, p_user, null);
    delete from links where user_id = p_user;
    update users set password_hash = null, phone = null, phone_verified_at = null, phone_changed_at = null where id = p_user;
end
$$;
