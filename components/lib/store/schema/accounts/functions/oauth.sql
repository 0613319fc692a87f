-- Begins a sign-in from a browser. Returns the seconds to wait, 0 where it was admitted.
create function api.oauth_begin(p_now timestamp, p_id text, p_browser text, p_expires timestamp, p_address_key text, p_max integer,
    p_seconds integer)
returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_wait integer := limit_take(p_now, 'oauth-address:' || p_address_key, p_max, p_seconds);
begin
    if v_wait = 0 then
        insert into oauth_states (id, browser, expires_at) values (p_id, p_browser, p_expires) on conflict (id) do nothing;
        perform oauth_prune(p_now, 10);
    end if;
    return v_wait;
end
$$;
grant execute on function api.oauth_begin to identity;

-- Begins to add a link to the account of a session. Outcomes: `unauthenticated`, `stale` (not recent), `conflict` (there is a link
-- with this provider), `begun`.
create function api.oauth_begin_link(p_now timestamp, p_session uuid, p_user uuid, p_provider text, p_id text, p_browser text,
    p_expires timestamp)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
    if not found then
        return 'unauthenticated';
    end if;
    if not session_is_recent(p_session, p_now) then
        return 'stale';
    end if;
    if exists (select 1 from links where user_id = p_user and provider = p_provider) then
        return 'conflict';
    end if;
    -- A newer one of the same session takes the place of an older one.
    delete from oauth_states where session_id = p_session;
    insert into oauth_states (id, browser, session_id, expires_at) values (p_id, p_browser, p_session, p_expires)
    on conflict (id) do nothing;
    perform oauth_prune(p_now, 10);
    return 'begun';
end
$$;
grant execute on function api.oauth_begin_link to identity;

-- Takes a state, which is gone afterwards whatever comes of it. Outcomes: `unknown` (also too old, and of another browser), `sign-in`,
-- `link` (with the session that asked for it), `rate` (with seconds to wait; then it is not taken).
create function api.oauth_take(p_now timestamp, p_id text, p_browser text, p_address_key text, p_max integer, p_seconds integer,
    out outcome text, out wait integer, out session_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    v oauth_states;
begin
    wait := limit_take(p_now, 'oauth-callback:' || p_address_key, p_max, p_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    delete from oauth_states where id = p_id returning * into v;
    if not found or v.browser <> p_browser or v.expires_at <= p_now then
        outcome := 'unknown';
    elsif v.session_id is null then
        outcome := 'sign-in';
    else
        outcome := 'link';
        session_id := v.session_id;
    end if;
end
$$;
grant execute on function api.oauth_take to identity;

-- Opens a session for whom a provider named. Outcomes: those of `oauth_join`; `unproved`, `blocked` and `conflict` open none. A null
-- email is one that is not proved.
create function api.oauth_sign_in(
    p_now timestamp, p_provider text, p_external_id text, p_email text, p_first_name text, p_last_name text, p_language text,
    p_policy_version text, p_user uuid, p_tenant uuid, p_salt bytea, p_link_event uuid, p_event uuid, p_ip text,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    out outcome text, out user_id uuid, out tenant_id uuid, out role text, out language text, out phone_verified boolean,
    out email text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    v record;
begin
    select * into v from oauth_join(p_now, p_provider, p_external_id, p_email, p_first_name, p_last_name, p_language,
        p_policy_version, p_user, p_tenant, p_salt, p_link_event, p_ip);
    outcome := v.outcome;
    if outcome in ('unproved', 'blocked', 'conflict') then
        return;
    end if;
    insert into sessions (id, user_id, created_at, authenticated_at, token, rotated_at, token_expires_at, family_expires_at)
    values (p_session, (v.account).id, p_now, p_now, p_token, p_now, p_token_expires, p_family_expires)
    on conflict (id) do nothing;
    update users set last_active_at = p_now where id = (v.account).id
    returning id, tenant_id, role, language, phone_verified_at is not null, email
    into user_id, tenant_id, role, language, phone_verified, email;
    perform security_event_add(p_event, user_id, p_now, 'sign-in', p_ip);
end
$$;
grant execute on function api.oauth_sign_in to identity;

-- Finds or makes the account that an external id with a proved address belongs to, and links them. The email is proved by the
-- provider, or by the token that was sent to it. Outcomes: `blocked`, `conflict` (that account has another link with the provider),
-- `known` (linked already), `new`, `joined` (its email was confirmed), `claimed` (it was not: everything somebody else may have put
-- there is gone). Without an email: `known` or `unproved`. The account's row is locked afterwards.
create function api.oauth_join(
    p_now timestamp, p_provider text, p_external_id text, p_email text, p_first_name text, p_last_name text, p_language text,
    p_policy_version text, p_user uuid, p_tenant uuid, p_salt bytea, p_event uuid, p_ip text,
    out outcome text, out account users)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_user uuid;
begin
    loop
        select l.user_id into v_user from links l where l.provider = p_provider and l.external_id = p_external_id;
        if found then
            select * into account from users u where u.id = v_user for update;
            -- Again, now that the account is locked: the link may just have been removed.
            perform 1 from links l where l.provider = p_provider and l.external_id = p_external_id and l.user_id = v_user;
            continue when not found;
            outcome := case when account.blocked_at is null then 'known' else 'blocked' end;
            return;
        end if;
        if p_email is null then
            outcome := 'unproved';
            return;
        end if;

        select * into account from users u where u.email = p_email for update;
        if found and account.phone_verified_at is null and account.email_confirmed_at is null then
            -- A sign-up that never proved anything holds nobody's email (promise a67).
            perform drop_unproved(account.id, account.tenant_id);
            account := null;
        end if;
        if account.id is null then
            insert into tenants (id, created_at) values (p_tenant, p_now) on conflict (id) do nothing;
            insert into users (id, tenant_id, email, email_confirmed_at, first_name, last_name, language, policy_version, created_at,
                               last_active_at)
            values (p_user, p_tenant, p_email, p_now, p_first_name, p_last_name, p_language, p_policy_version, p_now, p_now)
            on conflict do nothing
            returning * into account;
            if not found then
                -- Somebody else came in between: look again, and leave no tenant behind that nobody is in.
                delete from tenants t where t.id = p_tenant and not exists (select 1 from users u where u.tenant_id = t.id);
                continue;
            end if;
            insert into user_keys (user_id, salt) values (p_user, p_salt);
            outcome := 'new';
        elsif account.blocked_at is not null then
            outcome := 'blocked';
            return;
        elsif account.email_confirmed_at is null then
            perform account_strip(account.id, p_now);
            update users u set email_confirmed_at = p_now where u.id = account.id returning * into account;
            outcome := 'claimed';
        elsif exists (select 1 from links l where l.user_id = account.id and l.provider = p_provider) then
            outcome := 'conflict';
            return;
        else
            outcome := 'joined';
        end if;

        insert into links (provider, external_id, user_id, linked_at) values (p_provider, p_external_id, account.id, p_now)
        on conflict (provider, external_id) do nothing;
        if not found then
            -- Somebody else linked the same external id in between: look again, and leave no account behind that nobody can enter.
            if outcome = 'new' then
                perform drop_unproved(account.id, account.tenant_id);
            end if;
            account := null;
            continue;
        end if;
        perform security_event_add(p_event, account.id, p_now, case outcome when 'claimed' then 'account-reclaimed' else 'link-added' end, p_ip);
        return;
    end loop;
end
$$;

-- Adds a link to the account of a session. Outcomes: `unauthenticated`, `conflict` (of another account, or there is another link
-- with this provider), `linked` (with email and language, to tell the owner), `known` (it was there already).
create function api.oauth_link(
    p_now timestamp, p_session uuid, p_provider text, p_external_id text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    u users;
begin
    select u0.* into u from users u0 join sessions s on s.user_id = u0.id
    where s.id = p_session and s.revoked_at is null and s.family_expires_at > p_now and u0.blocked_at is null
    for update of u0;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    insert into links (provider, external_id, user_id, linked_at) values (p_provider, p_external_id, u.id, p_now)
    on conflict do nothing;
    if found then
        outcome := 'linked';
        email := u.email;
        language := u.language;
        perform security_event_add(p_event, u.id, p_now, 'link-added', p_ip);
    elsif exists (select 1 from links where provider = p_provider and external_id = p_external_id and user_id = u.id) then
        outcome := 'known';
    else
        outcome := 'conflict';
    end if;
end
$$;
grant execute on function api.oauth_link to identity;

-- Keeps an address that has to confirm itself before it joins an account. False where too many messages were asked for it: then
-- none may be sent, and an earlier one stays good.
create function api.oauth_claim(
    p_now timestamp, p_id text, p_provider text, p_external_id text, p_email text, p_first_name text, p_last_name text,
    p_language text, p_expires timestamp, p_email_key text, p_address_key text, p_max integer[], p_seconds integer[])
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    if limits_take(p_now, array['claim-email:' || p_email_key, 'claim-address:' || p_address_key], p_max, p_seconds) > 0 then
        return false;
    end if;
    insert into oauth_claims (id, provider, external_id, email, first_name, last_name, language, expires_at)
    values (p_id, p_provider, p_external_id, p_email, p_first_name, p_last_name, p_language, p_expires)
    on conflict (provider, external_id) do update set id = excluded.id, email = excluded.email, first_name = excluded.first_name,
        last_name = excluded.last_name, language = excluded.language, expires_at = excluded.expires_at;
    perform oauth_prune(p_now, 10);
    return true;
end
$$;
grant execute on function api.oauth_claim to identity;

-- Takes the token that was sent to a claimed address. Outcomes: `unknown` (also too old), and those of `oauth_join`. Opens no session:
-- the person signs in with the provider again, and is known by the external id.
create function api.oauth_confirm(
    p_now timestamp, p_id text, p_policy_version text, p_user uuid, p_tenant uuid, p_salt bytea, p_event uuid, p_ip text,
    out outcome text, out provider text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    c oauth_claims;
    v record;
begin
    -- The account first: whoever changes its credentials holds it and voids the claims on its address.
    perform 1 from users u where u.email = (select v.email from oauth_claims v where v.id = p_id) for update;
    delete from oauth_claims where id = p_id returning * into c;
    if not found or c.expires_at <= p_now then
        outcome := 'unknown';
        return;
    end if;
    select * into v from oauth_join(p_now, c.provider, c.external_id, c.email, c.first_name, c.last_name, c.language,
        p_policy_version, p_user, p_tenant, p_salt, p_event, p_ip);
    outcome := v.outcome;
    provider := c.provider;
    email := (v.account).email;
    language := (v.account).language;
end
$$;
grant execute on function api.oauth_confirm to identity;

-- Removes what has ended, a bounded number at a time.
create function api.oauth_prune(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_gone integer := 0;
    v_rows integer;
begin
    delete from oauth_states where id in
        (select id from oauth_states where expires_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from oauth_claims where id in
        (select id from oauth_claims where expires_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_gone + v_rows;
end
$$;

-- The links of a session's account. Always a row; without a provider there is none.
create function api.links_list(p_now timestamp, p_session uuid, p_user uuid)
returns table (outcome text, provider text, linked_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when s.id is null then 'unauthenticated' when l.provider is null then 'none' else 'found' end,
        l.provider, l.linked_at
    from (select 1) one
    left join api.signed_in s on s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    left join public.links l on l.user_id = p_user and s.id is not null
    order by l.linked_at desc, l.provider;
end
$$;
grant execute on function api.links_list to identity;

-- Removes a link, never the last way in: a password is one only beside a proved phone. Outcomes: `unauthenticated`, `stale` (not recent), `missing`, `last`, `removed` (with email and
-- language, to tell the owner).
create function api.link_remove(p_now timestamp, p_session uuid, p_user uuid, p_provider text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
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
    elsif not session_is_recent(p_session, p_now) then
        outcome := 'stale';
    elsif not exists (select 1 from links where user_id = p_user and provider = p_provider) then
        outcome := 'missing';
    elsif (u.password_hash is null or u.phone_verified_at is null)
        and not exists (select 1 from links where user_id = p_user and provider <> p_provider) then
        outcome := 'last';
    else
        delete from links where user_id = p_user and provider = p_provider;
        perform security_event_add(p_event, p_user, p_now, 'link-removed', p_ip);
        outcome := 'removed';
        email := u.email;
        language := u.language;
    end if;
end
$$;
grant execute on function api.link_remove to identity;
