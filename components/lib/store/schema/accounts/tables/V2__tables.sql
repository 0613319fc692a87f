-- Times are UTC without a zone and come from the components, never from the server (decision 4).

create table plans (
    name text primary key,
    daily_tokens bigint not null check (daily_tokens >= 0),
    -- Days that content is kept; null: as long as the account.
    retention_days integer check (retention_days > 0)
);

create table tenants (
    id uuid primary key,
    plan text not null default 'free' references plans,
    -- IANA name; the quota's day begins at midnight there.
    time_zone text not null default 'Europe/Paris',
    created_at timestamp not null,
    -- When content first became inaccessible since the last time that nothing was, and the plan it was kept under before (promise a48).
    downgraded_at timestamp,
    downgraded_from text references plans
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
    last_active_at timestamp not null,
    -- The last warning before an unused account is erased (promise a48).
    inactivity_warned_at timestamp
);
create index users_tenant on users (tenant_id);
create index users_unverified on users (created_at) where phone_verified_at is null;
-- `ANALYZE` keeps samples of values in `pg_statistic`; a target of 0 keeps these out. `asknpic rewrite` rewrites the tables that have
-- such a column (promise a62).
alter table users alter column email set statistics 0, alter column phone set statistics 0, alter column password_hash set statistics 0,
    alter column first_name set statistics 0, alter column last_name set statistics 0;
create index users_activity on users (last_active_at);

-- Salts of the content keys, apart so that dumps can leave them out and the table can be rewritten (decision 6).
create table user_keys (
    user_id uuid primary key references users on delete cascade,
    salt bytea not null check (octet_length(salt) = 32)
);
alter table user_keys alter column salt set statistics 0;

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
create index sessions_expiry on sessions (family_expires_at);

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
-- The cascade from sessions would read the whole table.
create index verifications_session on verifications (session_id);
alter table verifications alter column phone set statistics 0;

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
    -- Refers to no user: deleting a person must take the same time whatever they have generated (promise a62), so their generations go
    -- in batches, in a step of the erasure of their own. Admission holds the person's row while it inserts.
    user_id uuid not null,
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
    content_deleted_at timestamp,
    -- [{code, count, points}], no personal data (promise a14).
    complexity_reasons jsonb not null default '[]',
    -- [{step, ms, …}]: what was done when, in milliseconds since the admission, and numbers. No personal data.
    trace jsonb not null default '[]',
    -- Credits set aside while it runs, and those it cost, in tokens.
    credits_reserved bigint not null default 0 check (credits_reserved >= 0),
    credits_spent bigint not null default 0 check (credits_spent >= 0)
);
create index generations_user on generations (user_id, created_at desc, id desc);
create index generations_running on generations (tenant_id, deadline_at) where status = 'running';
-- Delivered generations that still have content.
create index generations_content on generations (id) where status = 'delivered' and content_deleted_at is null;
create index generations_deadline on generations (deadline_at) where status = 'running';

create table usage_daily (
    tenant_id uuid not null references tenants on delete cascade,
    day date not null,
    used bigint not null default 0 check (used >= 0),
    reserved bigint not null default 0 check (reserved >= 0),
    -- Tokens of the day that were paid for with credits; `used` are those that the quota paid for.
    credits bigint not null default 0 check (credits >= 0),
    primary key (tenant_id, day)
);
create index usage_daily_end on usage_daily (((day + 1)::timestamp));

-- Grants and spends of credits in tokens; their sum is the balance (decision 8).
create table credit_ledger (
    id uuid primary key,
    tenant_id uuid not null references tenants on delete cascade,
    created_at timestamp not null,
    tokens bigint not null,
    kind text not null,
    generation_id uuid,
    -- The payment that a purchase or a refund of it belongs to.
    payment text
);
create index credit_ledger_tenant on credit_ledger (tenant_id);
create unique index credit_ledger_purchase on credit_ledger (payment) where kind = 'purchase';

-- Keyed hash of user, route and Idempotency-Key; 24 hours at most (promise a23).
create table idempotency (
    key text primary key,
    body text not null,
    generation_id uuid not null,
    expires_at timestamp not null
);
create index idempotency_expiry on idempotency (expires_at);
create index idempotency_generation on idempotency (generation_id);

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
alter table email_tokens alter column email set statistics 0;

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
-- Kept out of `pg_statistic`, and rewritten by `asknpic rewrite`, as V42 says.
alter table links alter column external_id set statistics 0;

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
alter table oauth_claims alter column external_id set statistics 0, alter column email set statistics 0,
    alter column first_name set statistics 0, alter column last_name set statistics 0;

-- How far a rule that walks through the content databases has come: a run whose time is up is gone on with by the next.
create table sweeps (
    rule text primary key,
    after_id uuid,
    -- What the last run did, for the operator's report.
    ran_at timestamp,
    rows bigint
);

-- Who may call the model host, and who waits for it, in the order of admission. A row whose time is up is that of an instance that
-- is gone: whoever lives renews it.
create table model_line (
    generation_id uuid primary key references generations on delete cascade,
    queued_at timestamp not null,
    -- Whether it may call.
    holds boolean not null,
    until timestamp not null
);
create index model_line_order on model_line (queued_at, generation_id);

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
create index exports_begun on exports (begun_at);

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
    remains text[] not null,
    -- Stripe's id of the customer whose personal data is to go there.
    customer text,
    -- Until when evidence about the person remains, if there is some.
    evidence_until timestamp
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

-- The Stripe customers we have made. The row outlives its tenant, without it: a later event is then known to be of an erased account,
-- and the records of ten years keep what they refer to.
create table billing_customers (
    id text primary key,
    tenant_id uuid unique references tenants on delete set null,
    created_at timestamp not null
);

-- Every state that a subscription was in, by the event that told it. The order is `created_at` (whole seconds), then the rank of the
-- state (domain, `billing::rank`), then the event's id.
create table subscription_states (
    event_id text collate "C" primary key,
    subscription text not null,
    tenant_id uuid not null references tenants on delete cascade,
    created_at timestamp not null,
    rank smallint not null,
    status text not null,
    -- What it entitles to (domain, `billing::Status::entitles`); null where its price is none of ours.
    plan text references plans,
    entitled boolean not null,
    period_end timestamp,
    ends_at_period_end boolean not null
);
create index subscription_states_tenant on subscription_states (tenant_id);

-- Plans given by a gift code, for a time.
create table plan_gifts (
    id uuid primary key,
    tenant_id uuid not null references tenants on delete cascade,
    plan text not null references plans,
    begins_at timestamp not null,
    ends_at timestamp not null,
    -- The plan was computed anew after its end.
    closed boolean not null default false
);
create index plan_gifts_tenant on plan_gifts (tenant_id);
create index plan_gifts_open on plan_gifts (ends_at) where not closed;

-- What Stripe has delivered: ids, type and times, so that a second delivery changes nothing.
create table stripe_events (
    id text primary key,
    type text not null,
    created_at timestamp not null,
    received_at timestamp not null,
    outcome text not null check (outcome in ('applied', 'ignored', 'unknown-customer', 'erased-customer', 'other-mode'))
);
create index stripe_events_received on stripe_events (received_at);

-- Movements of money for the accountant (promise a46): Stripe's ids, amounts, tax and dates, and nothing else. Amounts are in the
-- currency's smallest unit. A refund's row holds what of its charge has been refunded in all so far: rows are facts, and never change.
create table billing_records (
    -- `in_…` of an invoice, `pi_…` of a pack, `ch_…/<refunded so far>` of a refund, `dp_…` of a dispute, `dp_…/won` of one we won.
    id text primary key,
    kind text not null check (kind in ('invoice', 'pack', 'refund', 'dispute', 'dispute-won')),
    customer text references billing_customers,
    payment text,
    subscription text,
    item text,
    amount bigint not null check (amount >= 0),
    tax bigint not null default 0,
    currency text not null,
    booked_at timestamp not null
);
create index billing_records_customer on billing_records (customer);
create index billing_records_payment on billing_records (payment);
create index billing_records_booked on billing_records (booked_at);

-- Checkouts on their way. The id goes to Stripe as its idempotency key, so that one checkout is one session there.
create table checkouts (
    id uuid primary key,
    tenant_id uuid not null references tenants on delete cascade,
    session text,
    created_at timestamp not null
);
create index checkouts_tenant on checkouts (tenant_id);
create index checkouts_created on checkouts (created_at);

-- Keyed hashes of user, route and Idempotency-Key, and of the body; 24 hours at most (promise a23).
create table checkout_keys (
    key text primary key,
    body text not null,
    checkout_id uuid not null references checkouts on delete cascade,
    expires_at timestamp not null
);
create index checkout_keys_checkout on checkout_keys (checkout_id);
create index checkout_keys_expiry on checkout_keys (expires_at);

-- Gift codes (promise a33): keyed hash, kind, dates and recipient. `credits-<tokens>` or `<plan>-<days>-days`.
create table gift_codes (
    code bytea primary key check (octet_length(code) = 32),
    kind text not null check (kind ~ '^(credits-[1-9][0-9]{0,9}|(starter|pro|agency)-[1-9][0-9]{0,3}-days)$'),
    issued_at timestamp not null,
    expires_at timestamp not null,
    redeemed_at timestamp,
    redeemed_by uuid references users on delete set null
);
create index gift_codes_expiry on gift_codes (expires_at);
create index gift_codes_recipient on gift_codes (redeemed_by);

-- Asked for and not yet confirmed by the address's owner.
create table waitlist_pending (
    id uuid primary key,
    email text not null unique check (email = lower(email)),
    interest text not null check (interest in ('beta', 'launch')),
    language text not null check (language in ('en', 'fr')),
    consent_version text not null,
    asked_at timestamp not null,
    expires_at timestamp not null
);
create index waitlist_pending_expiry on waitlist_pending (expires_at);

-- Email, interest, language, dates and proof of consent, and nothing else (promise a01).
create table waitlist (
    id uuid primary key,
    email text not null unique check (email = lower(email)),
    interest text not null check (interest in ('beta', 'launch')),
    language text not null check (language in ('en', 'fr')),
    consent_version text not null,
    asked_at timestamp not null,
    confirmed_at timestamp not null,
    last_contact_at timestamp not null
);
create index waitlist_contact on waitlist (last_contact_at);

-- Candidacies for the beta test. A person selects; no function of a component does (promise a07).
create table beta_candidacies (
    id uuid primary key,
    email text not null unique check (email = lower(email)),
    profile text not null,
    country text not null check (country ~ '^[A-Z]{2}$'),
    tools text,
    visuals text,
    frequency text,
    motivation text,
    language text not null check (language in ('en', 'fr')),
    consent_version text not null,
    -- Two consents, each by itself: taking part, and that generations may improve the model.
    participation_at timestamp,
    training_at timestamp,
    created_at timestamp not null,
    confirmed_at timestamp,
    status text not null default 'open' check (status in ('open', 'accepted', 'declined')),
    decided_at timestamp,
    decided_by text
);
create index beta_candidacies_age on beta_candidacies (created_at);

-- Support requests and their messages, encrypted under the user's content key (promise a76).
create table support_requests (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    created_at timestamp not null,
    answered_at timestamp,
    closed_at timestamp
);
create index support_requests_user on support_requests (user_id, created_at desc, id desc);
create index support_requests_closed on support_requests (closed_at) where closed_at is not null;

create table support_messages (
    id uuid primary key,
    request_id uuid not null references support_requests on delete cascade,
    author text not null check (author in ('user', 'support')),
    -- JSON, under the user's content key: of a request `{subject, message}` (kind 6), of an answer `{message}` (kind 7).
    envelope bytea not null,
    created_at timestamp not null
);
create index support_messages_request on support_messages (request_id, created_at, id);

-- Mails that wait for the lifecycle job. No address is copied: it is looked up when the mail is sent, so that who left gets none.
create table announcements (
    id uuid primary key,
    interest text check (interest in ('beta', 'launch')),
    -- {"en": {"subject", "text"}, "fr": {…}}
    texts jsonb not null,
    made_by text not null,
    created_at timestamp not null
);

create table mails (
    id uuid primary key,
    kind text not null check (kind in ('announcement', 'beta-decided', 'support-answered', 'inactivity')),
    user_id uuid references users on delete cascade,
    waitlist_id uuid references waitlist on delete cascade,
    candidacy_id uuid references beta_candidacies on delete cascade,
    announcement_id uuid references announcements on delete cascade,
    created_at timestamp not null,
    -- Somebody is sending it until then.
    claimed_until timestamp,
    tries integer not null default 0,
    check (num_nonnulls(user_id, waitlist_id, candidacy_id) = 1),
    unique (waitlist_id, announcement_id)
);
create index mails_waiting on mails (created_at, id);
create index mails_user on mails (user_id) where user_id is not null;
create index mails_candidacy on mails (candidacy_id) where candidacy_id is not null;
create index mails_announcement on mails (announcement_id) where announcement_id is not null;
create index mails_created on mails (created_at);

-- Tokens by month and plan, of nobody (promise a45).
create table usage_monthly (
    month date not null,
    plan text not null references plans,
    tokens bigint not null default 0,
    primary key (month, plan)
);

-- Apart from everything: no role of a component has a right to it but to let it go in time. It outlives the account by the bare id.
create table evidence (
    id uuid primary key,
    user_id uuid not null,
    case_reference text not null check (case_reference <> ''),
    held_at timestamp not null,
    kept_until timestamp not null,
    -- Under a key that no component has.
    salt bytea not null check (octet_length(salt) = 32),
    envelope bytea not null
);
create index evidence_end on evidence (kept_until);
-- The journal's statement must take the same time however much evidence there is about others.
create index evidence_user on evidence (user_id);

create table evidence_log (
    id uuid primary key,
    evidence_id uuid not null,
    at timestamp not null,
    action text not null check (action in ('held', 'shown', 'ended')),
    done_by text not null,
    reason text not null check (reason <> '')
);
create index evidence_log_evidence on evidence_log (evidence_id, at);

-- Which function files `api` was made of (`asknpic migrate`): SHA-256 in hexadecimal digits. One row, none before the first time.
create table schema_functions (
    one boolean primary key default true check (one),
    hash text not null,
    applied_at timestamp not null
);
