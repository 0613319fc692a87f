-- Sessions, and who is signed in.
--
-- A note on `search_path`, for all files of this folder. A function that runs as its owner resolves names by a path that its caller cannot
-- change: `set search_path`. That costs each call some 20 microseconds, as much as a look into a table. So the functions that only read
-- one's own rows, of which each request of a signed-in person runs one, have none and name the schema of all that they use instead. What
-- is left to the caller's path are operators and functions of `pg_catalog`, which nobody can put others before: no zone's role may create
-- anything in any schema, nor temporary tables (`asknpic migrate` is tested for both, and these functions run with an empty path there).

-- A session that holds, with its person. To be asked with `session_id`, `id` and `family_expires_at > p_now`: a view costs nothing, where
-- a call of `session_read` within another function would be a statement more.
create view api.signed_in as
    select s.id as session_id, s.authenticated_at, s.family_expires_at, u.*
    from public.sessions s join public.users u on u.id = s.user_id
    where s.revoked_at is null and u.blocked_at is null;

-- What a call's first statement asks of a bearer's session (decision 10). No row: not signed in (any more).
create function api.session_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (tenant_id uuid, role text, language text, phone text, phone_verified boolean, restricted boolean, authenticated_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select s.tenant_id, s.role, s.language, s.phone, s.phone_verified_at is not null, s.restricted_at is not null, s.authenticated_at
    from api.signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
end
$$;
grant execute on function api.session_read to identity, generation, rights, billing, contact;

-- The bearer's account, locked; all null where the session has ended.
create function api.user_of_session(p_now timestamp, p_session uuid, p_user uuid) returns users
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    u users;
begin
    select u0.* into u from users u0 where u0.id = p_user and u0.blocked_at is null
        and exists (select 1 from sessions s where s.id = p_session and s.user_id = p_user and s.revoked_at is null
                        and s.family_expires_at > p_now)
    for no key update;
    return u;
end
$$;

-- Whether a session signed in, or entered a code for that purpose, in the last ten minutes (promise a08).
create function api.session_is_recent(p_session uuid, p_now timestamp) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return exists (select 1 from sessions where id = p_session and revoked_at is null and p_now - authenticated_at < interval '10 minutes');
end
$$;

-- The caller's sessions that can still be refreshed, newest first, after the given one. Always a row; without an id there is nothing.
create function api.sessions_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, id uuid, created_at timestamp, authenticated_at timestamp, refreshed_at timestamp, expires_at timestamp)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when r.id is null then 'unauthenticated' when s.id is null then 'none' else 'found' end,
        s.id, s.created_at, s.authenticated_at, s.rotated_at, s.token_expires_at
    from (select 1) one
    left join api.signed_in r on r.session_id = p_session and r.id = p_user and r.family_expires_at > p_now
    left join lateral (
        select * from public.sessions v
        where v.user_id = p_user and v.revoked_at is null and v.token_expires_at > p_now and v.family_expires_at > p_now
            and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) s on r.id is not null
    order by s.created_at desc, s.id desc;
end
$$;
grant execute on function api.sessions_list to identity;

-- Outcomes: `invalid`, `reused` (the family is revoked; the owner is to be told), `rotated`, `repeated` (the same successor once more).
-- `expires` is when the successor ends.
create function api.session_refresh(
    p_now timestamp, p_session uuid, p_presented bytea, p_successor bytea, p_token_expires timestamp, p_repeat_seconds integer,
    p_event uuid, p_ip text,
    out outcome text, out user_id uuid, out tenant_id uuid, out role text, out language text, out phone_verified boolean,
    out expires timestamp, out owner_email text, out owner_language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    s sessions;
    u users;
begin
    -- Nearly every call is a good token's, and this statement is then all. Of two at once the second waits here and finds another token.
    update sessions f set previous_token = p_presented, token = p_successor, rotated_at = p_now,
        token_expires_at = least(p_token_expires, f.family_expires_at)
    from users o
    where f.id = p_session and f.token = p_presented and f.token_expires_at > p_now and f.revoked_at is null and f.family_expires_at > p_now
        and o.id = f.user_id and o.blocked_at is null
    returning f.token_expires_at, o.id, o.tenant_id, o.role, o.language, o.phone_verified_at is not null
    into expires, user_id, tenant_id, role, language, phone_verified;
    if found then
        outcome := 'rotated';
        return;
    end if;
    -- The account first, as everywhere: a token that is shown twice voids what waits for it.
    perform 1 from users where id = (select v.user_id from sessions v where v.id = p_session) for no key update;
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
        outcome := 'invalid';
        return;
    elsif s.previous_token = p_presented and p_now <= s.rotated_at + make_interval(secs => p_repeat_seconds) then
        expires := s.token_expires_at;
        outcome := 'repeated';
    else
        update sessions set revoked_at = p_now where id = p_session;
        perform account_pending_void(u.id);
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
grant execute on function api.session_refresh to identity;

-- Ends a family by one of its refresh tokens.
create function api.session_end(p_now timestamp, p_session uuid, p_presented bytea, p_event uuid, p_ip text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
grant execute on function api.session_end to identity;

-- Ends one of the caller's sessions, or all of them where none is given. Outcomes: `unauthenticated`, `not-found`, `revoked`.
create function api.session_revoke(p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_event uuid, p_ip text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform 1 from users where id = p_user for no key update;
    perform 1 from signed_in s where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
    if not found then
        return 'unauthenticated';
    end if;
    if p_id is null then
        perform account_credentials_changed(p_now, p_user, null);
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
grant execute on function api.session_revoke to identity;

-- Ends every session of an account but one (null: all). The user's row must be locked.
create function api.account_sign_out(p_user uuid, p_now timestamp, p_but uuid) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_rows integer;
begin
    update sessions set revoked_at = p_now where user_id = p_user and revoked_at is null and id is distinct from p_but;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Voids all that waits to become part of an account, or a way into it: tokens of mails with a new address among them, codes, and
-- sign-ins with providers that were begun. Whoever asked for them may be who the owner is getting rid of. The sign-up's code of an
-- account that is blocked stays, so that who enters it is told of the block. The user's row must be locked.
create function api.account_pending_void(p_user uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    delete from email_tokens where user_id = p_user;
    delete from verifications v using users u
    where v.user_id = p_user and u.id = p_user and (v.purpose <> 'signup' or u.blocked_at is null);
    delete from oauth_states where session_id in (select id from sessions where user_id = p_user);
    delete from oauth_claims c using users u where u.id = p_user and c.email = u.email;
end
$$;

-- What a new password, a block and a sign-out everywhere have in common: every session ends but one (null: all), and nothing that was
-- asked for before counts any more (promise a05). The user's row must be locked.
create function api.account_credentials_changed(p_now timestamp, p_user uuid, p_but uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform account_sign_out(p_user, p_now, p_but);
    perform account_pending_void(p_user);
end
$$;
