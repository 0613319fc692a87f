-- The account of a session, in full. No row: not signed in (any more).
create function api.me_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (id uuid, tenant_id uuid, role text, language text, phone_verified boolean, email text, email_confirmed boolean,
    pending_email text, phone text, first_name text, last_name text, plan text, created_at timestamp, policy_version text,
    has_password boolean, links text[], restricted_at timestamp, objected_at timestamp, authenticated_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select s.id, s.tenant_id, s.role, s.language, s.phone_verified_at is not null, s.email, s.email_confirmed_at is not null,
        (select e.email from public.email_tokens e where e.user_id = s.id and e.purpose = 'change' and e.expires_at > p_now),
        s.phone, s.first_name, s.last_name, t.plan, s.created_at, s.policy_version, s.password_hash is not null,
        array(select l.provider from public.links l where l.user_id = s.id order by l.provider),
        s.restricted_at, s.objected_at, s.authenticated_at
    from api.signed_in s join public.tenants t on t.id = s.tenant_id
    where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
end
$$;
grant execute on function api.me_read to identity;

-- Changes details of the caller's account; null leaves them (names: `p_set_…`). A new email waits for its proof, taken or not.
-- Outcomes: `unauthenticated`, `recent`, `rate` (with seconds to wait), `done`. `mail` says what to send to the new address: `confirm` (it
-- is the account's own), `change`, `taken` (in its owner's language), or null for nothing. `old_email` is told in `language`. What was
-- changed leaves an event of its own, `p_details`.
create function api.me_update(
    p_now timestamp, p_session uuid, p_user uuid, p_set_first boolean, p_first text, p_set_last boolean, p_last text, p_language text,
    p_email text, p_user_key text, p_user_max integer, p_user_seconds integer, p_mail_key text, p_mail_max integer,
    p_mail_seconds integer, p_token text, p_expires timestamp, p_event uuid, p_ip text, p_details uuid,
    out outcome text, out wait integer, out mail text, out mail_language text, out old_email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    u users;
    v users;
    n users;
begin
    select * into u from users where id = p_user for update;
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    if p_email is not null and (p_email <> u.email or u.email_confirmed_at is null) then
        if p_email <> u.email and not session_is_recent(p_session, p_now) then
            outcome := 'recent';
            return;
        end if;
        wait := limit_take(p_now, p_user_key, p_user_max, p_user_seconds);
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
        if limit_take(p_now, 'mail:' || p_mail_key, p_mail_max, p_mail_seconds) = 0 then
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
    returning * into n;
    if (n.first_name, n.last_name, n.language) is distinct from (u.first_name, u.last_name, u.language) then
        perform security_event_add(p_details, p_user, p_now, 'details-changed', p_ip);
    end if;
    language := n.language;
    mail_language := case when mail = 'taken' then v.language else language end;
    outcome := 'done';
end
$$;
grant execute on function api.me_update to identity;
