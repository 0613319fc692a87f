-- Times are UTC without a zone and come from the components, never from the server (decision 4).

create table plans (
    name text primary key,
    daily_tokens bigint not null check (daily_tokens >= 0),
    -- Days that content is kept; null: as long as the account.
    retention_days integer check (retention_days > 0)
);
insert into plans values ('free', 20000, 7), ('starter', 100000, 30), ('pro', 500000, null), ('agency', 2000000, null);

create table tenants (
    id uuid primary key,
    plan text not null default 'free' references plans,
    -- IANA name; the quota's day begins at midnight there.
    time_zone text not null default 'Europe/Paris',
    created_at timestamp not null
);

create table users (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    -- Trimmed and in lower case: one spelling, one account (promise a04).
    email text not null unique check (email = lower(email)),
    email_confirmed_at timestamp,
    -- ASP.NET Core Identity V3 (promise a65); null for accounts that sign in with a provider only.
    password_hash text,
    -- E.164.
    phone text,
    phone_verified_at timestamp,
    phone_changed_at timestamp,
    first_name text,
    last_name text,
    language text not null check (language in ('en', 'fr')),
    policy_version text not null,
    role text not null default 'owner' check (role in ('owner', 'admin', 'member')),
    -- Processing is frozen since (promise a79).
    restricted_at timestamp,
    -- Objects to the training dataset since (promise a18).
    objected_at timestamp,
    -- Blocked since; lifted by support (promise a67).
    blocked_at timestamp,
    otp_failures integer not null default 0,
    otp_lockouts integer not null default 0,
    otp_locked_until timestamp,
    created_at timestamp not null,
    last_active_at timestamp not null
);
create index users_tenant on users (tenant_id);
create index users_unverified on users (created_at) where phone_verified_at is null;

-- Salts of the content keys, apart so that dumps can leave them out and the table can be rewritten (decision 6).
create table user_keys (
    user_id uuid primary key references users on delete cascade,
    salt bytea not null check (octet_length(salt) = 32)
);

create table sessions (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    created_at timestamp not null,
    -- Last sign-in or code: what *recent* is measured from (promise a08).
    authenticated_at timestamp not null,
    -- Keyed hashes of the refresh token that is good now and of its predecessor.
    token bytea not null,
    previous_token bytea,
    rotated_at timestamp not null,
    token_expires_at timestamp not null,
    family_expires_at timestamp not null,
    revoked_at timestamp
);
create index sessions_user on sessions (user_id);

-- Codes on their way. A decoy has no user and never verifies (contract, *No oracle*).
create table verifications (
    -- Keyed hash of the verification id.
    id text primary key,
    purpose text not null check (purpose in ('signup', 'phone', 'reauthenticate')),
    user_id uuid references users on delete cascade,
    session_id uuid references sessions on delete cascade,
    -- A new phone that waits for its code; null where the code goes to the account's own.
    phone text,
    -- Keyed hashes for the limits of the phone and of its country.
    phone_key text not null,
    country_key text not null,
    -- Keyed hash of the code and the verification id; null once a limit kept it from being sent.
    code bytea,
    code_expires_at timestamp not null,
    language text not null,
    created_at timestamp not null,
    expires_at timestamp not null
);
create index verifications_user on verifications (user_id);
create index verifications_expiry on verifications (expires_at);

-- Counters of rate limits and lockouts: keyed hashes only, 24 hours at most (promise a23).
create table limits (
    key text primary key,
    started_at timestamp not null,
    used integer not null,
    expires_at timestamp not null
);
create index limits_expiry on limits (expires_at);

create table lockouts (
    key text primary key,
    failures integer not null default 0,
    lockouts integer not null default 0,
    locked_until timestamp,
    expires_at timestamp not null
);
create index lockouts_expiry on lockouts (expires_at);

create table generations (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid not null references users on delete cascade,
    created_at timestamp not null,
    -- After this a running one has failed.
    deadline_at timestamp not null,
    status text not null check (status in ('running', 'delivered', 'failed')),
    -- Name of the problem of a failed one.
    problem text,
    delivered_at timestamp,
    plan text not null references plans,
    brief_language text,
    translated boolean not null default false,
    -- Of the brief, before the model ran: 0 to 100 (promise a11).
    complexity integer check (complexity between 0 and 100),
    corrected boolean not null default false,
    -- [{code, path, numbers}], no personal data (promise a14).
    corrections jsonb not null default '[]',
    prompt_version text,
    model_name text,
    model_version text,
    prompt_tokens bigint not null default 0,
    completion_tokens bigint not null default 0,
    -- Tokens set aside while it runs, and the quota day they are set aside on.
    reserved bigint not null default 0,
    quota_day date not null,
    -- The person deleted it, or its time was up: the content is gone, the metadata stays (promise a43).
    content_deleted_at timestamp
);
create index generations_user on generations (user_id, created_at desc, id desc);
create index generations_running on generations (tenant_id, deadline_at) where status = 'running';

create table usage_daily (
    tenant_id uuid not null references tenants on delete cascade,
    day date not null,
    used bigint not null default 0 check (used >= 0),
    reserved bigint not null default 0 check (reserved >= 0),
    primary key (tenant_id, day)
);

-- Grants and spends of credits in tokens; their sum is the balance (decision 8).
create table credit_ledger (
    id uuid primary key,
    tenant_id uuid not null references tenants on delete cascade,
    created_at timestamp not null,
    tokens bigint not null,
    kind text not null,
    generation_id uuid
);
create index credit_ledger_tenant on credit_ledger (tenant_id);

-- Keyed hash of user, route and Idempotency-Key; 24 hours at most (promise a23).
create table idempotency (
    key text primary key,
    body text not null,
    generation_id uuid not null,
    expires_at timestamp not null
);
create index idempotency_expiry on idempotency (expires_at);
create index idempotency_generation on idempotency (generation_id);
