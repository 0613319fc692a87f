-- What the component `account` shows and changes, and the register of security events (promise a21).

-- A person's own trail of sign-ins and changes. It outlives the account by the bare id (promise a49), so it refers to no user.
create table security_events (
    id uuid primary key,
    -- Null where nobody is known: a typed email is never kept.
    user_id uuid,
    at timestamp not null,
    -- Words with hyphens, such as `sign-in` or `password-changed`.
    kind text not null check (kind ~ '^[a-z]+(-[a-z]+)*$'),
    -- Canonical text of an IPv4 or IPv6 address; null where the caller's is not known.
    ip text
);
create index security_events_user on security_events (user_id, at desc, id desc);
create index security_events_at on security_events (at);
comment on column security_events.id is 'purpose: tells one event from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 1 year';
comment on column security_events.user_id is 'purpose: whose account the event is about; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 1 year';
comment on column security_events.at is 'purpose: when it happened; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 1 year';
comment on column security_events.kind is 'purpose: what happened; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 1 year';
comment on column security_events.ip is 'purpose: where it came from, to find and prove misuse; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 1 year';

-- Tokens on their way by email: the address they prove is the one they were sent to.
create table email_tokens (
    -- Keyed hash of the token.
    id text primary key,
    purpose text not null check (purpose in ('confirm', 'change', 'reset')),
    user_id uuid not null references users on delete cascade,
    email text not null check (email = lower(email)),
    created_at timestamp not null,
    expires_at timestamp not null,
    -- A newer one takes the place of an older one.
    unique (user_id, purpose)
);
create index email_tokens_expiry on email_tokens (expires_at);
comment on column email_tokens.id is 'purpose: recognises a token that was sent by email, as a keyed hash; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.purpose is 'purpose: what the token is good for; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.user_id is 'purpose: whose account it is for; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.email is 'purpose: the address that the token proves; basis: art. 6(1)(b) contract; recipients: Brevo; retention: until it is used, 24 hours at most';
comment on column email_tokens.created_at is 'purpose: when it was sent; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.expires_at is 'purpose: when it ends; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';

-- Notes an event. Everybody who makes a change that matters to security calls it within the same function, so that there is no
-- change without its event. A call that is sent twice with the same id notes it once.
create function security_event_add(p_id uuid, p_user uuid, p_at timestamp, p_kind text, p_ip text) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
    insert into security_events (id, user_id, at, kind, ip) values (p_id, p_user, p_at, p_kind, p_ip) on conflict (id) do nothing
$$;

-- Removes events that are a year old, a bounded number at a time.
create function security_events_prune(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from security_events where id in
        (select id from security_events where at <= p_now - interval '1 year' order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Whether a session signed in, or entered a code for that purpose, in the last ten minutes (promise a08).
create function session_is_recent(p_session uuid, p_now timestamp) returns boolean
language sql stable security definer set search_path = pg_catalog, public as $$
    select exists (select 1 from sessions where id = p_session and revoked_at is null and p_now - authenticated_at < interval '10 minutes')
$$;

-- The providers an account may sign in with. There are none before the migration that brings them, which replaces this.
create function account_links(p_user uuid) returns text[]
language sql stable security definer set search_path = pg_catalog, public as $$
    select '{}'::text[] where p_user is not null
$$;

-- Ends every session of an account but one (null: all). The user's row must be locked.
create function account_sign_out(p_user uuid, p_now timestamp, p_but uuid) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    update sessions set revoked_at = p_now where user_id = p_user and revoked_at is null and id is distinct from p_but;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Takes from an account whose email was never confirmed all that somebody else may have put there, before the true owner of the
-- address gets it (promise a05): password, sessions, pending codes and tokens, phone. The user's row must be locked.
create function account_strip(p_user uuid, p_now timestamp) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform account_sign_out(p_user, p_now, null);
    delete from verifications where user_id = p_user;
    delete from email_tokens where user_id = p_user;
    update users set password_hash = null, phone = null, phone_verified_at = null, phone_changed_at = null where id = p_user;
end
$$;

-- The account of a session, in full. No row: not signed in (any more).
create function me_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (id uuid, tenant_id uuid, role text, language text, phone_verified boolean, email text, email_confirmed boolean,
    pending_email text, phone text, first_name text, last_name text, plan text, created_at timestamp, policy_version text,
    has_password boolean, links text[], restricted_at timestamp, objected_at timestamp, authenticated_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select u.id, u.tenant_id, u.role, u.language, u.phone_verified_at is not null, u.email, u.email_confirmed_at is not null,
        (select e.email from email_tokens e where e.user_id = u.id and e.purpose = 'change' and e.expires_at > p_now),
        u.phone, u.first_name, u.last_name, t.plan, u.created_at, u.policy_version,
        u.password_hash is not null, account_links(u.id), u.restricted_at, u.objected_at, s.authenticated_at
    from session_read(p_now, p_session, p_user) s
    join users u on u.id = p_user join tenants t on t.id = u.tenant_id
$$;

-- A person's own events, newest first, after the given one. Always a row; without an id there is nothing (more).
create function security_events_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp,
    p_after_id uuid)
returns table (outcome text, id uuid, at timestamp, kind text, ip text)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when e.id is null then 'none' else 'found' end,
        e.id, e.at, e.kind, e.ip
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join lateral (
        select * from security_events v
        where v.user_id = p_user and (p_after_id is null or (v.at, v.id) < (p_after_time, p_after_id))
        order by v.at desc, v.id desc limit p_limit
    ) e on s.tenant_id is not null
    order by e.at desc, e.id desc
$$;

grant execute on function
    me_read(timestamp, uuid, uuid),
    security_events_list(timestamp, uuid, uuid, integer, timestamp, uuid)
to identity;
grant execute on function security_event_add(uuid, uuid, timestamp, text, text), session_is_recent(uuid, timestamp)
to identity, generation, rights, billing, lifecycle;
grant execute on function security_events_prune(timestamp, integer) to lifecycle;
