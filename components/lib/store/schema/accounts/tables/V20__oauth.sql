-- Sign-in with a provider (promise a05): links between accounts and external ids, sign-ins under way, and addresses that have to
-- confirm themselves before they join an account.

create table links (
    provider text not null check (provider in ('google', 'github', 'linkedin', 'facebook')),
    -- The provider's stable id of the person; never matched across providers.
    external_id text not null check (length(external_id) between 1 and 255),
    user_id uuid not null references users on delete cascade,
    linked_at timestamp not null,
    primary key (provider, external_id),
    -- One of each, so that a provider names a link.
    unique (user_id, provider)
);
comment on column links.provider is 'purpose: with whom the person signs in; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';
comment on column links.external_id is 'purpose: recognises the person when the provider names them again; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';
comment on column links.user_id is 'purpose: whose link it is; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';
comment on column links.linked_at is 'purpose: since when, for the person to see; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';

create table oauth_states (
    -- Keyed hash of provider and state.
    id text primary key,
    -- Keyed hash of the cookie of the browser that began.
    browser text not null,
    -- Where somebody who is signed in adds a link: the session that asked for it. Null: a sign-in.
    session_id uuid references sessions on delete cascade,
    expires_at timestamp not null
);
create index oauth_states_expiry on oauth_states (expires_at);
create index oauth_states_session on oauth_states (session_id);
comment on column oauth_states.id is 'purpose: takes a provider''s answer once; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 10 minutes';
comment on column oauth_states.browser is 'purpose: takes a provider''s answer only from the browser that began, as a keyed hash; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 10 minutes';
comment on column oauth_states.session_id is 'purpose: whose account gets the link; basis: art. 6(1)(b) contract; recipients: none; retention: 10 minutes';
comment on column oauth_states.expires_at is 'purpose: when it ends; basis: none, not personal; recipients: none; retention: 10 minutes';

create table oauth_claims (
    -- Keyed hash of the token that was sent to the address.
    id text primary key,
    provider text not null check (provider in ('google', 'github', 'linkedin', 'facebook')),
    external_id text not null check (length(external_id) between 1 and 255),
    email text not null check (email = lower(email)),
    first_name text,
    last_name text,
    language text not null check (language in ('en', 'fr')),
    expires_at timestamp not null,
    -- A newer one takes the place of an older one.
    unique (provider, external_id)
);
create index oauth_claims_expiry on oauth_claims (expires_at);
comment on column oauth_claims.id is 'purpose: recognises a token that was sent by email, as a keyed hash; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.provider is 'purpose: with whom the person signs in; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.external_id is 'purpose: the link that waits for the address to be confirmed; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.email is 'purpose: the address that the token proves; basis: art. 6(1)(b) contract; recipients: Brevo; retention: until it is used, 24 hours at most';
comment on column oauth_claims.first_name is 'purpose: for a new account, if given; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.last_name is 'purpose: for a new account, if given; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.language is 'purpose: of a new account; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.expires_at is 'purpose: when it ends; basis: none, not personal; recipients: none; retention: until it is used, 24 hours at most';

-- The providers an account may sign in with.
create or replace function account_links(p_user uuid) returns text[]
language sql stable security definer set search_path = pg_catalog, public as $$
    select coalesce(array_agg(provider order by provider), '{}'::text[]) from links where user_id = p_user
$$;

-- As before, and the links with it: whoever could sign in by one cannot any more.
create or replace function account_strip(p_user uuid, p_now timestamp) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform account_sign_out(p_user, p_now, null);
    delete from verifications where user_id = p_user;
    delete from email_tokens where user_id = p_user;
    delete from oauth_states where session_id in (select id from sessions where user_id = p_user);
    delete from links where user_id = p_user;
    update users set password_hash = null, phone = null, phone_verified_at = null, phone_changed_at = null where id = p_user;
end
$$;

-- Removes what has ended, a bounded number at a time.
create function oauth_prune(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Begins a sign-in from a browser. Returns the seconds to wait, 0 where it was admitted.
create function oauth_begin(p_now timestamp, p_id text, p_browser text, p_expires timestamp, p_address_key text, p_max integer,
    p_seconds integer)
returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_wait integer := limits_take(p_now, array['oauth-address:' || p_address_key], array[p_max], array[p_seconds]);
begin
    if v_wait = 0 then
        insert into oauth_states (id, browser, expires_at) values (p_id, p_browser, p_expires) on conflict (id) do nothing;
        perform oauth_prune(p_now, 10);
    end if;
    return v_wait;
end
$$;

-- Begins to add a link to the account of a session. Outcomes: `unauthenticated`, `stale` (not recent), `conflict` (there is a link
-- with this provider), `begun`.
create function oauth_begin_link(p_now timestamp, p_session uuid, p_user uuid, p_provider text, p_id text, p_browser text,
    p_expires timestamp)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform 1 from session_read(p_now, p_session, p_user);
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

-- Takes a state, which is gone afterwards whatever comes of it. Outcomes: `unknown` (also too old, and of another browser), `sign-in`,
-- `link` (with the session that asked for it), `rate` (with seconds to wait; then it is not taken).
create function oauth_take(p_now timestamp, p_id text, p_browser text, p_address_key text, p_max integer, p_seconds integer,
    out outcome text, out wait integer, out session_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    v oauth_states;
begin
    wait := limits_take(p_now, array['oauth-callback:' || p_address_key], array[p_max], array[p_seconds]);
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

-- Finds or makes the account that an external id with a proved address belongs to, and links them. The email is proved by the
-- provider, or by the token that was sent to it. Outcomes: `blocked`, `conflict` (that account has another link with the provider),
-- `known` (linked already), `new`, `joined` (its email was confirmed), `claimed` (it was not: everything somebody else may have put
-- there is gone). Without an email: `known` or `unproved`. The account's row is locked afterwards.
create function oauth_join(
    p_now timestamp, p_provider text, p_external_id text, p_email text, p_first_name text, p_last_name text, p_language text,
    p_policy_version text, p_user uuid, p_tenant uuid, p_salt bytea, p_event uuid, p_ip text,
    out outcome text, out account users)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Opens a session for whom a provider named. Outcomes: those of `oauth_join`; `unproved`, `blocked` and `conflict` open none. A null
-- email is one that is not proved.
create function oauth_sign_in(
    p_now timestamp, p_provider text, p_external_id text, p_email text, p_first_name text, p_last_name text, p_language text,
    p_policy_version text, p_user uuid, p_tenant uuid, p_salt bytea, p_link_event uuid, p_event uuid, p_ip text,
    p_session uuid, p_token bytea, p_token_expires timestamp, p_family_expires timestamp,
    out outcome text, out user_id uuid, out tenant_id uuid, out role text, out language text, out phone_verified boolean,
    out email text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Adds a link to the account of a session. Outcomes: `unauthenticated`, `conflict` (of another account, or there is another link
-- with this provider), `linked` (with email and language, to tell the owner), `known` (it was there already).
create function oauth_link(
    p_now timestamp, p_session uuid, p_provider text, p_external_id text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Keeps an address that has to confirm itself before it joins an account. False where too many messages were asked for it: then
-- none may be sent, and an earlier one stays good.
create function oauth_claim(
    p_now timestamp, p_id text, p_provider text, p_external_id text, p_email text, p_first_name text, p_last_name text,
    p_language text, p_expires timestamp, p_email_key text, p_address_key text, p_max integer[], p_seconds integer[])
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Takes the token that was sent to a claimed address. Outcomes: `unknown` (also too old), and those of `oauth_join`. Opens no session:
-- the person signs in with the provider again, and is known by the external id.
create function oauth_confirm(
    p_now timestamp, p_id text, p_policy_version text, p_user uuid, p_tenant uuid, p_salt bytea, p_event uuid, p_ip text,
    out outcome text, out user_id uuid, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    c oauth_claims;
    v record;
begin
    delete from oauth_claims where id = p_id returning * into c;
    if not found or c.expires_at <= p_now then
        outcome := 'unknown';
        return;
    end if;
    select * into v from oauth_join(p_now, c.provider, c.external_id, c.email, c.first_name, c.last_name, c.language,
        p_policy_version, p_user, p_tenant, p_salt, p_event, p_ip);
    outcome := v.outcome;
    user_id := (v.account).id;
    email := (v.account).email;
    language := (v.account).language;
end
$$;

-- The links of a session's account. Always a row; without a provider there is none.
create function links_list(p_now timestamp, p_session uuid, p_user uuid)
returns table (outcome text, provider text, linked_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when l.provider is null then 'none' else 'found' end,
        l.provider, l.linked_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join links l on l.user_id = p_user and s.tenant_id is not null
    order by l.linked_at desc, l.provider
$$;

-- Removes a link, never the last way in: a password is one only beside a proved phone. Outcomes: `unauthenticated`, `stale` (not recent), `missing`, `last`, `removed` (with email and
-- language, to tell the owner).
create function link_remove(p_now timestamp, p_session uuid, p_user uuid, p_provider text, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
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

grant execute on function
    oauth_begin(timestamp, text, text, timestamp, text, integer, integer),
    oauth_begin_link(timestamp, uuid, uuid, text, text, text, timestamp),
    oauth_take(timestamp, text, text, text, integer, integer),
    oauth_sign_in(timestamp, text, text, text, text, text, text, text, uuid, uuid, bytea, uuid, uuid, text, uuid, bytea, timestamp,
                  timestamp),
    oauth_link(timestamp, uuid, text, text, uuid, text),
    oauth_claim(timestamp, text, text, text, text, text, text, text, timestamp, text, text, integer[], integer[]),
    oauth_confirm(timestamp, text, text, uuid, uuid, bytea, uuid, text),
    links_list(timestamp, uuid, uuid),
    link_remove(timestamp, uuid, uuid, text, uuid, text)
to identity;
grant execute on function oauth_prune(timestamp, integer) to identity, lifecycle;
