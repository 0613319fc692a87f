-- The person's rights: export, erasure, consents, objection, restriction, and the register of what was asked.

-- Deleting a person must take the same time whatever they have generated (promise a62): their generations go in batches, in a step
-- of the erasure of their own. Admission holds the person's row while it inserts, so none is inserted after they are gone.
alter table generations drop constraint generations_user_id_fkey;
-- The cascade from sessions would read the whole table.
create index verifications_session on verifications (session_id);

-- Every right that was exercised (promise a70). Without its person once they are gone: then it is a proof without identity.
create table requests (
    id uuid primary key,
    user_id uuid references users on delete set null,
    kind text not null
        check (kind in ('access', 'rectification', 'erasure', 'restriction', 'portability', 'objection', 'consent-withdrawal')),
    channel text not null check (channel in ('account', 'email')),
    received_at timestamp not null,
    due_at timestamp not null,
    -- Two more months, with notice given.
    extended_at timestamp,
    answered_at timestamp
);
create index requests_user on requests (user_id, received_at);
create index requests_open on requests (due_at) where answered_at is null;

-- Every change of a consent (promise b07); the newest of a purpose counts.
create table consents (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    purpose text not null check (purpose in ('training', 'marketing', 'beta')),
    granted boolean not null,
    policy_version text not null,
    changed_at timestamp not null
);
create index consents_user on consents (user_id, purpose, changed_at desc);

-- Exports of the last day, for their limits. One whose lease has passed has broken off.
create table exports (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    begun_at timestamp not null,
    lease_until timestamp not null,
    ended_at timestamp
);
create index exports_user on exports (user_id, begun_at);

-- The journal of erasures (decision 7). The ids are for the steps and for replaying on a restored backup; they go when the last
-- backup that knows the person has ended.
create table erasures (
    id uuid primary key,
    user_id uuid,
    tenant_id uuid,
    requested_at timestamp not null,
    key_destroyed_at timestamp not null,
    backups_expire_at timestamp not null,
    completed_at timestamp,
    -- Names of retention rules: what is kept beyond the account.
    remains text[] not null
);
create index erasures_open on erasures (requested_at) where completed_at is null;

create table erasure_steps (
    erasure_id uuid not null references erasures on delete cascade,
    position integer not null,
    name text not null,
    not_before timestamp not null,
    done_at timestamp,
    primary key (erasure_id, position)
);
create index erasure_steps_open on erasure_steps (not_before) where done_at is null;

-- Persons whose entries in the training dataset have to go: they objected, or took their consent back.
create table dataset_removals (
    user_id uuid primary key references users on delete cascade,
    asked_at timestamp not null
);

-- What is left of the generations of erased accounts (promise a43): by day, without any id.
create table anonymous_generations (
    day date not null,
    plan text not null,
    status text not null,
    problem text,
    brief_language text,
    translated boolean not null,
    complexity integer,
    corrected boolean not null,
    prompt_version text,
    model_name text,
    model_version text,
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    expires_on date not null
);
create index anonymous_generations_expiry on anonymous_generations (expires_on);

comment on column requests.id is 'purpose: tells one request from another; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.user_id is 'purpose: who asked, or nobody once the account is closed; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.kind is 'purpose: which right was exercised; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.channel is 'purpose: from the account or by email; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.received_at is 'purpose: when it was asked for; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.due_at is 'purpose: until when it must be answered; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.extended_at is 'purpose: when notice of a delay was given; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.answered_at is 'purpose: when it was answered; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';

comment on column consents.id is 'purpose: tells one change from another; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.user_id is 'purpose: whose consent it is; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.purpose is 'purpose: what was consented to; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.granted is 'purpose: given or withdrawn; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.policy_version is 'purpose: version of the text agreed to; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.changed_at is 'purpose: when; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';

comment on column exports.id is 'purpose: tells one export from another; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.user_id is 'purpose: whose export it is; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.begun_at is 'purpose: when it began, for the limit of a day; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.lease_until is 'purpose: until when it counts as running; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.ended_at is 'purpose: when it ended; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';

comment on column erasures.id is 'purpose: tells one erasure from another, and opens its receipt; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.user_id is 'purpose: whose data the steps remove, also from a restored backup; basis: art. 6(1)(c) legal obligation; recipients: none; retention: erasure-ids';
comment on column erasures.tenant_id is 'purpose: which tenant goes with the person; basis: art. 6(1)(c) legal obligation; recipients: none; retention: erasure-ids';
comment on column erasures.requested_at is 'purpose: when it was asked for; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.key_destroyed_at is 'purpose: when the salt was deleted; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.backups_expire_at is 'purpose: when the last backup with the salt ends; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.completed_at is 'purpose: when the last step was done; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.remains is 'purpose: names of what the law makes us keep; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';

comment on column erasure_steps.erasure_id is 'purpose: of which erasure; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.position is 'purpose: in which order; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.name is 'purpose: which step; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.not_before is 'purpose: when its time comes; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.done_at is 'purpose: when it was done; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';

comment on column dataset_removals.user_id is 'purpose: whose dataset entries have to go; basis: art. 6(1)(c) legal obligation; recipients: none; retention: dataset-removals';
comment on column dataset_removals.asked_at is 'purpose: since when; basis: art. 6(1)(c) legal obligation; recipients: none; retention: dataset-removals';

comment on column anonymous_generations.day is 'purpose: day of a generation of an erased account; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.plan is 'purpose: its plan; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.status is 'purpose: how it ended; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.problem is 'purpose: why it failed; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.brief_language is 'purpose: language of its brief; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.translated is 'purpose: whether it was translated; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.complexity is 'purpose: how much was asked for; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.corrected is 'purpose: whether it was corrected; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.prompt_version is 'purpose: its system prompt; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.model_name is 'purpose: its model; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.model_version is 'purpose: the version of its model; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.prompt_tokens is 'purpose: tokens of its prompts; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.completion_tokens is 'purpose: tokens of its answers; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.expires_on is 'purpose: when the row goes; basis: none, not personal; recipients: none; retention: anonymous-metadata';

-- A time as the contract writes it (RFC 3339, UTC).
create function instant(p_at timestamp) returns text
language sql immutable set search_path = pg_catalog, public as $$
    select to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The bearer's account, locked; all null where the session has ended.
create function user_of_session(p_now timestamp, p_session uuid, p_user uuid) returns users
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Whether the newest word on a purpose is yes.
create function consent_holds(p_user uuid, p_purpose text) returns boolean
language sql stable set search_path = pg_catalog, public as $$
    select coalesce((select granted from consents where user_id = p_user and purpose = p_purpose
                     order by changed_at desc, id desc limit 1), false)
$$;

-- Notes that a person's dataset entries have to go at once (promise a44).
create function dataset_removal_ask(p_now timestamp, p_user uuid) returns void
language sql volatile set search_path = pg_catalog, public as $$
    insert into dataset_removals (user_id, asked_at) values (p_user, p_now)
    on conflict (user_id) do update set asked_at = excluded.asked_at
$$;

-- Whether a session may do what needs a *recent* one (promise a08). Within a day of a change of the phone a code of that phone does
-- not count: then only the sign-in that opened the session does.
create function session_may_erase(p_now timestamp, p_session sessions, p_user users, p_recent_seconds integer) returns boolean
language sql immutable set search_path = pg_catalog, public as $$
    select case when p_user.phone_changed_at > p_now - interval '1 day' then p_session.created_at else p_session.authenticated_at end
        > p_now - make_interval(secs => p_recent_seconds)
$$;

-- Closes an account: one statement, whatever it holds. Outcomes: `unauthenticated`, `stale` (not recent), `erased`. The address and
-- the language are for one confirming message; they are kept nowhere else, so a repeat of the call has none.
create function erasure_begin(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_recent_seconds integer, p_due timestamp,
    p_backups_expire timestamp, p_again timestamp, p_event uuid, p_ip text,
    out outcome text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    s sessions;
begin
    perform 1 from erasures where id = p_id;
    if found then
        outcome := 'erased';
        return;
    end if;
    select s0.* into s from sessions s0
    where s0.id = p_session and s0.user_id = p_user and s0.revoked_at is null and s0.family_expires_at > p_now;
    select u0.* into u from users u0 where u0.id = p_user and u0.blocked_at is null;
    if s.id is null or u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    if not session_may_erase(p_now, s, u, p_recent_seconds) then
        outcome := 'stale';
        return;
    end if;
    if account_close(p_now, p_user, p_id, p_due, p_backups_expire, p_again) is null then
        outcome := 'unauthenticated';
        return;
    end if;
    perform security_event_add(p_event, p_user, p_now, 'account-erased', p_ip);
    outcome := 'erased';
    email := u.email;
    language := u.language;
end
$$;

-- Kills the key and the account and writes the journal. Null where there is no such account (any more). Also for accounts that are
-- closed for other reasons than their person's wish.
create function account_close(
    p_now timestamp, p_user uuid, p_id uuid, p_due timestamp, p_backups_expire timestamp, p_again timestamp)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_tenant uuid;
    v_remains text[] := array['security-events', 'anonymous-metadata', 'proofs'];
begin
    select tenant_id into v_tenant from users where id = p_user;
    perform 1 from tenants where id = v_tenant for update;
    perform 1 from users where id = p_user for update;
    if not found then
        return null;
    end if;
    -- What runs cannot deliver any more, and its content is removed by whoever runs it; the steps that come again see to the rest.
    with ended as (
        update generations g set status = 'failed', problem = 'unavailable', reserved = 0
        from (select id, reserved, quota_day from generations
              where tenant_id = v_tenant and user_id = p_user and status = 'running' order by id for update) old
        where g.id = old.id
        returning old.reserved, old.quota_day
    )
    update usage_daily d set reserved = greatest(0, d.reserved - e.reserved)
    from (select quota_day, sum(reserved)::bigint as reserved from ended group by quota_day) e
    where d.tenant_id = v_tenant and d.day = e.quota_day;

    insert into erasures (id, user_id, tenant_id, requested_at, key_destroyed_at, backups_expire_at, remains)
    values (p_id, p_user, v_tenant, p_now, p_now, p_backups_expire, v_remains);
    insert into erasure_steps (erasure_id, position, name, not_before, done_at) values
        (p_id, 1, 'account', p_now, p_now),
        (p_id, 2, 'briefs', p_now, null),
        (p_id, 3, 'files', p_now, null),
        (p_id, 4, 'metadata', p_now, null),
        (p_id, 5, 'dataset', p_now, null),
        (p_id, 6, 'brevo', p_now, null),
        (p_id, 7, 'briefs-again', p_again, null),
        (p_id, 8, 'files-again', p_again, null);
    insert into requests (id, kind, channel, received_at, due_at) values (p_id, 'erasure', 'account', p_now, p_due);
    -- With it, by cascade: salt, sessions, codes, consents, exports; requests lose their person.
    delete from users where id = p_user;
    return v_tenant;
end
$$;

-- The open steps of one erasure, or of all that have some, whose time has come.
create function erasure_open_steps(p_now timestamp, p_id uuid, p_limit integer)
returns table (erasure_id uuid, user_id uuid, name text)
language sql stable security definer set search_path = pg_catalog, public as $$
    select e.id, e.user_id, s.name from erasure_steps s join erasures e on e.id = s.erasure_id
    where s.done_at is null and s.not_before <= p_now and (p_id is null or e.id = p_id)
    order by e.requested_at, e.id, s.position limit p_limit
$$;

-- Ticks a step off. The erasure is complete with its last step, and the request answered.
create function erasure_step_done(p_now timestamp, p_id uuid, p_name text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform 1 from erasures where id = p_id for update;
    update erasure_steps set done_at = p_now
    where erasure_id = p_id and name = p_name and done_at is null and not_before <= p_now;
    perform 1 from erasure_steps where erasure_id = p_id and done_at is null;
    if found then
        return false;
    end if;
    update erasures set completed_at = p_now where id = p_id and completed_at is null;
    update requests set answered_at = p_now where id = p_id and answered_at is null;
    return true;
end
$$;

-- Removes a batch of an erased person's generations and leaves what is not personal. 0: nothing is left, and the tenant is gone
-- unless others are in it.
create function erasure_metadata(p_id uuid, p_batch integer, p_expires date) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    e erasures;
    v_gone integer;
begin
    select * into e from erasures where id = p_id;
    if e.user_id is null then
        return 0;
    end if;
    with picked as (
        select id from generations where user_id = e.user_id order by id limit p_batch for update
    ), gone as (
        delete from generations g using picked where g.id = picked.id returning g.*
    ), forgotten as (
        delete from idempotency where generation_id in (select id from picked)
    )
    insert into anonymous_generations
    select created_at::date, plan, status, problem, brief_language, translated, complexity, corrected, prompt_version, model_name,
        model_version, prompt_tokens, completion_tokens, p_expires
    from gone;
    get diagnostics v_gone = row_count;
    if v_gone = 0 then
        delete from tenants t where id = e.tenant_id
            and not exists (select 1 from users where tenant_id = t.id)
            and not exists (select 1 from generations where tenant_id = t.id);
    end if;
    return v_gone;
end
$$;

-- The journal's entry with its steps, one row a step, in their order.
create function erasure_read(p_id uuid)
returns table (requested_at timestamp, key_destroyed_at timestamp, backups_expire_at timestamp, completed_at timestamp, remains text[],
    name text, done_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select e.requested_at, e.key_destroyed_at, e.backups_expire_at, e.completed_at, e.remains, s.name, s.done_at
    from erasures e join erasure_steps s on s.erasure_id = e.id where e.id = p_id order by s.position
$$;

-- Takes the ids out of entries that no backup needs any more, and removes the proofs whose time is up.
create function erasures_prune(p_now timestamp, p_batch integer, p_proofs_before timestamp) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
    v_gone integer;
begin
    update erasures set user_id = null, tenant_id = null where id in (
        select id from erasures where user_id is not null and completed_at is not null and backups_expire_at <= p_now
        order by id limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    delete from erasures where id in (
        select id from erasures where completed_at <= p_proofs_before order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from requests where id in (
        select id from requests where user_id is null and answered_at <= p_proofs_before order by id limit p_batch
        for update skip locked);
    get diagnostics v_rows = row_count;
    return v_gone + v_rows;
end
$$;

create function anonymous_generations_prune(p_today date, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from anonymous_generations where ctid = any (array(
        select ctid from anonymous_generations where expires_on <= p_today limit p_batch for update skip locked));
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

-- Begins an export. Outcomes: `unauthenticated`, `stale` (not recent), `running` and `rate` (with seconds to wait), `admitted` (with
-- salt and language).
create function export_begin(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_recent_seconds integer, p_lease_until timestamp, p_per_day integer,
    p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out wait integer, out salt bytea, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    s sessions;
    u users;
    v_until timestamp;
begin
    select u0.* into u from users u0 where u0.id = p_user and u0.blocked_at is null for no key update;
    select s0.* into s from sessions s0
    where s0.id = p_session and s0.user_id = p_user and s0.revoked_at is null and s0.family_expires_at > p_now;
    if s.id is null or u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    if s.authenticated_at <= p_now - make_interval(secs => p_recent_seconds) then
        outcome := 'stale';
        return;
    end if;
    select k.salt into salt from user_keys k where k.user_id = p_user;
    language := u.language;
    perform 1 from exports where id = p_id;
    if found then
        outcome := 'admitted';
        return;
    end if;
    delete from exports where user_id = p_user and begun_at <= p_now - interval '1 day';
    select max(lease_until) into v_until from exports where user_id = p_user and ended_at is null and lease_until > p_now;
    if v_until is not null then
        outcome := 'running';
        wait := greatest(1, ceil(extract(epoch from v_until - p_now)))::integer;
        return;
    end if;
    select min(begun_at) + interval '1 day' into v_until from exports where user_id = p_user having count(*) >= p_per_day;
    if v_until is not null then
        outcome := 'rate';
        wait := greatest(1, ceil(extract(epoch from v_until - p_now)))::integer;
        return;
    end if;
    insert into exports (id, user_id, begun_at, lease_until) values (p_id, p_user, p_now, p_lease_until);
    insert into requests (id, user_id, kind, channel, received_at, due_at) values (p_id, p_user, 'access', 'account', p_now, p_due);
    perform security_event_add(p_event, p_user, p_now, 'data-exported', p_ip);
    outcome := 'admitted';
end
$$;

-- Whether the export may go on: its session still holds. Its lease begins anew.
create function export_continue(p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_lease_until timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        return false;
    end if;
    update exports set lease_until = p_lease_until where id = p_id and user_id = p_user and ended_at is null;
    return found;
end
$$;

-- Ends an export. A complete one answers the request; one that broke off takes it back.
create function export_end(p_now timestamp, p_id uuid, p_complete boolean) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    update exports set ended_at = p_now where id = p_id and ended_at is null;
    if not found then
        return false;
    end if;
    update requests set answered_at = p_now where id = p_id and p_complete;
    return true;
end
$$;

-- Those of any user: for `export_documents` only, and replaced by each migration that brings a table about people.
create function export_documents_of(p_user uuid) returns table (name text, document jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
    select 'account', jsonb_build_object(
        'user_id', u.id, 'tenant_id', u.tenant_id, 'email', u.email, 'email_confirmed_at', instant(u.email_confirmed_at),
        'has_password', u.password_hash is not null, 'phone', u.phone, 'phone_verified_at', instant(u.phone_verified_at),
        'phone_changed_at', instant(u.phone_changed_at), 'first_name', u.first_name, 'last_name', u.last_name,
        'language', u.language, 'policy_version', u.policy_version, 'role', u.role, 'plan', t.plan, 'time_zone', t.time_zone,
        'restricted_at', instant(u.restricted_at), 'objected_at', instant(u.objected_at), 'blocked_at', instant(u.blocked_at),
        'wrong_codes', u.otp_failures, 'lockouts', u.otp_lockouts, 'locked_until', instant(u.otp_locked_until),
        'created_at', instant(u.created_at), 'last_active_at', instant(u.last_active_at), 'tenant_created_at', instant(t.created_at))
    from users u join tenants t on t.id = u.tenant_id where u.id = p_user
    union all
    select 'sessions', coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'created_at', instant(s.created_at), 'authenticated_at', instant(s.authenticated_at),
        'refreshed_at', instant(s.rotated_at), 'expires_at', instant(s.family_expires_at), 'revoked_at', instant(s.revoked_at))
        order by s.created_at), '[]')
    from sessions s where s.user_id = p_user
    union all
    select 'consents', coalesce(jsonb_agg(jsonb_build_object(
        'purpose', c.purpose, 'granted', c.granted, 'policy_version', c.policy_version, 'changed_at', instant(c.changed_at))
        order by c.changed_at), '[]')
    from consents c where c.user_id = p_user
    union all
    select 'requests', coalesce(jsonb_agg(jsonb_build_object(
        'id', r.id, 'kind', r.kind, 'channel', r.channel, 'received_at', instant(r.received_at), 'due_at', instant(r.due_at),
        'extended_at', instant(r.extended_at), 'answered_at', instant(r.answered_at)) order by r.received_at), '[]')
    from requests r where r.user_id = p_user
    union all
    select 'usage', jsonb_build_object(
        'days', (select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'used', d.used, 'reserved', d.reserved) order by d.day), '[]')
                 from usage_daily d where d.tenant_id = u.tenant_id))
    from users u where u.id = p_user
    union all
    select 'billing', jsonb_build_object(
        'credits', (select coalesce(jsonb_agg(jsonb_build_object(
                'id', l.id, 'created_at', instant(l.created_at), 'kind', l.kind, 'tokens', l.tokens, 'generation_id', l.generation_id)
                order by l.created_at), '[]') from credit_ledger l where l.tenant_id = u.tenant_id))
    from users u where u.id = p_user
$$;

-- The small documents of an export, each under the name of its entry. None where the session has ended.
create function export_documents(p_now timestamp, p_session uuid, p_user uuid) returns table (name text, document jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
    select d.name, d.document from export_documents_of(p_user) d where exists (select 1 from session_read(p_now, p_session, p_user))
$$;

-- A page of the person's generations for an export, newest first: metadata as one document, corrections apart.
create function export_generations(
    p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (id uuid, created_at timestamp, document jsonb, corrections jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
    select g.id, g.created_at, jsonb_build_object(
        'id', g.id, 'created_at', instant(g.created_at), 'deadline_at', instant(g.deadline_at), 'status', g.status,
        'problem', g.problem, 'delivered_at', instant(g.delivered_at), 'plan', g.plan, 'brief_language', g.brief_language,
        'translated', g.translated, 'complexity', g.complexity, 'corrected', g.corrected, 'prompt_version', g.prompt_version,
        'model', jsonb_build_object('name', g.model_name, 'version', g.model_version),
        'tokens', jsonb_build_object('prompt', g.prompt_tokens, 'completion', g.completion_tokens, 'reserved', g.reserved),
        'quota_day', g.quota_day, 'content_deleted_at', instant(g.content_deleted_at), 'ai_generated', true),
        g.corrections
    from generations g
    where g.user_id = p_user and (p_after_id is null or (g.created_at, g.id) < (p_after_time, p_after_id))
        and exists (select 1 from session_read(p_now, p_session, p_user))
    order by g.created_at desc, g.id desc limit p_limit
$$;

-- Objection to the training dataset (promises a18, a44). Setting it anew changes nothing. Outcomes: `unauthenticated`, `done` (with the
-- time since when it holds).
create function objection_set(
    p_now timestamp, p_session uuid, p_user uuid, p_objecting boolean, p_request uuid, p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out since timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    u users;
begin
    u := user_of_session(p_now, p_session, p_user);
    if u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'done';
    since := u.objected_at;
    if (u.objected_at is not null) = p_objecting then
        return;
    end if;
    update users set objected_at = case when p_objecting then p_now end where id = p_user returning objected_at into since;
    perform security_event_add(p_event, p_user, p_now, case when p_objecting then 'objection-made' else 'objection-lifted' end, p_ip);
    if p_objecting then
        insert into requests (id, user_id, kind, channel, received_at, due_at) values (p_request, p_user, 'objection', 'account', p_now, p_due);
        perform dataset_removal_ask(p_now, p_user);
    end if;
end
$$;

-- Restriction of processing (promise a79): likewise.
create function restriction_set(
    p_now timestamp, p_session uuid, p_user uuid, p_restricted boolean, p_request uuid, p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out since timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    u users;
begin
    u := user_of_session(p_now, p_session, p_user);
    if u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'done';
    since := u.restricted_at;
    if (u.restricted_at is not null) = p_restricted then
        return;
    end if;
    update users set restricted_at = case when p_restricted then p_now end where id = p_user returning restricted_at into since;
    perform security_event_add(p_event, p_user, p_now, case when p_restricted then 'restriction-made' else 'restriction-lifted' end, p_ip);
    if p_restricted then
        insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
        values (p_request, p_user, 'restriction', 'account', p_now, p_due, p_now);
    end if;
end
$$;

-- Gives or withdraws a consent (promise b07). Setting it anew changes nothing. Outcomes: `unauthenticated`, `done`.
create function consent_set(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_purpose text, p_granted boolean, p_policy_version text,
    p_request uuid, p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out granted boolean, out policy_version text, out changed_at timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    c consents;
begin
    u := user_of_session(p_now, p_session, p_user);
    if u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'done';
    select * into c from consents where user_id = p_user and purpose = p_purpose order by changed_at desc, id desc limit 1;
    if coalesce(c.granted, false) <> p_granted or (p_granted and c.policy_version <> p_policy_version) then
        insert into consents (id, user_id, purpose, granted, policy_version, changed_at)
        values (p_id, p_user, p_purpose, p_granted, p_policy_version, p_now)
        returning * into c;
        perform security_event_add(p_event, p_user, p_now, case when p_granted then 'consent-given' else 'consent-withdrawn' end, p_ip);
        if not p_granted then
            insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
            values (p_request, p_user, 'consent-withdrawal', 'account', p_now, p_due, case when p_purpose <> 'training' then p_now end);
            if p_purpose = 'training' then
                perform dataset_removal_ask(p_now, p_user);
            end if;
        end if;
    end if;
    granted := coalesce(c.granted, false);
    policy_version := c.policy_version;
    changed_at := c.changed_at;
end
$$;

-- Every change of the bearer's consents, oldest first. Always a row: without a purpose there is none. `signed_in` is false where the
-- session has ended.
create function consents_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (signed_in boolean, purpose text, granted boolean, policy_version text, changed_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select s.tenant_id is not null, c.purpose, c.granted, c.policy_version, c.changed_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join consents c on c.user_id = p_user and s.tenant_id is not null
    order by c.changed_at, c.id
$$;

-- The bearer's requests, newest first, likewise.
create function requests_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (signed_in boolean, id uuid, kind text, channel text, received_at timestamp, due_at timestamp, extended_at timestamp,
    answered_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select s.tenant_id is not null, r.id, r.kind, r.channel, r.received_at, r.due_at, r.extended_at, r.answered_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join requests r on r.user_id = p_user and s.tenant_id is not null
    order by r.received_at desc, r.id desc
$$;

-- On what basis a person's generations may enter the training dataset now (promises a18, c03); null: they may not. Where the operator
-- has set training to opt-in, and for beta testers always, only a consent will do; a restriction stops it too (promise a79).
create function training_basis(p_user uuid, p_opt_in boolean) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
    select case
        when u.objected_at is not null or u.restricted_at is not null then null
        when consent_holds(u.id, 'training') then 'consent'
        when p_opt_in or consent_holds(u.id, 'beta') then null
        else 'legitimate-interest'
    end
    from users u where u.id = p_user
$$;

-- Persons whose dataset entries have to go, the oldest wish first.
create function dataset_removals_open(p_limit integer) returns table (user_id uuid, asked_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select user_id, asked_at from dataset_removals order by asked_at, user_id limit p_limit
$$;

-- Their entries are gone; unless the wish was repeated since.
create function dataset_removal_done(p_now timestamp, p_user uuid, p_asked_at timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    delete from dataset_removals where user_id = p_user and asked_at = p_asked_at;
    if not found then
        return false;
    end if;
    update requests set answered_at = p_now
    where user_id = p_user and kind in ('objection', 'consent-withdrawal') and received_at <= p_asked_at and answered_at is null;
    return true;
end
$$;

grant execute on function
    objection_set(timestamp, uuid, uuid, boolean, uuid, timestamp, uuid, text),
    restriction_set(timestamp, uuid, uuid, boolean, uuid, timestamp, uuid, text),
    consent_set(timestamp, uuid, uuid, uuid, text, boolean, text, uuid, timestamp, uuid, text),
    consents_read(timestamp, uuid, uuid),
    requests_read(timestamp, uuid, uuid)
to identity;
grant execute on function
    erasure_begin(timestamp, uuid, uuid, uuid, integer, timestamp, timestamp, timestamp, uuid, text),
    erasure_open_steps(timestamp, uuid, integer),
    erasure_step_done(timestamp, uuid, text),
    erasure_metadata(uuid, integer, date),
    erasure_read(uuid),
    export_begin(timestamp, uuid, uuid, uuid, integer, timestamp, integer, timestamp, uuid, text),
    export_continue(timestamp, uuid, uuid, uuid, timestamp),
    export_end(timestamp, uuid, boolean),
    export_documents(timestamp, uuid, uuid),
    export_generations(timestamp, uuid, uuid, integer, timestamp, uuid),
    security_events_list(timestamp, uuid, uuid, integer, timestamp, uuid)
to rights;
grant execute on function
    account_close(timestamp, uuid, uuid, timestamp, timestamp, timestamp),
    erasure_open_steps(timestamp, uuid, integer),
    erasure_step_done(timestamp, uuid, text),
    erasure_metadata(uuid, integer, date),
    erasures_prune(timestamp, integer, timestamp),
    training_basis(uuid, boolean),
    dataset_removals_open(integer),
    dataset_removal_done(timestamp, uuid, timestamp),
    anonymous_generations_prune(date, integer)
to lifecycle;
