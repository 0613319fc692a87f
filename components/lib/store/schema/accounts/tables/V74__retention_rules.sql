-- One list of what goes when its time is up, from which the sweeps, their dry run and the operator's report are made. Before, each rule
-- was a function of its own, which said again what the others said, and a count beside it could have said something else.
--
-- How long is not in here: the caller gives the time before which things are due, from the table `domain::retention`.

-- Rows of a rule: of which table (called `r`), since when their time counts, and which of them it is about. `own`: the function that
-- deals with a batch of them, where that is more than deleting them.
create function retention_rules() returns table (rule text, relation text, since text, only_those text, own text)
language sql immutable set search_path = pg_catalog, public as $$
    values
        ('stale_generations', 'generations', 'r.deadline_at', $x$r.status = 'running'$x$, 'sweep_stale_generations'),
        ('limits', 'limits', 'r.expires_at', 'true', null),
        ('lockouts', 'lockouts', 'r.expires_at', 'true', null),
        ('idempotency_keys', 'idempotency', 'r.expires_at', 'true', null),
        ('verifications', 'verifications', 'r.expires_at', 'true', null),
        ('email_tokens', 'email_tokens', 'r.expires_at', 'true', null),
        ('exports', 'exports', 'r.begun_at', 'true', null),
        ('oauth_states', 'oauth_states', 'r.expires_at', 'true', null),
        ('oauth_claims', 'oauth_claims', 'r.expires_at', 'true', null),
        ('unproved_accounts', 'users', 'r.created_at', 'r.phone_verified_at is null and r.email_confirmed_at is null', 'sweep_unproved'),
        ('sessions', 'sessions', 'r.family_expires_at', 'true', null),
        ('usage', 'usage_daily', '(r.day + 1)::timestamp', 'r.reserved = 0', 'sweep_usage'),
        ('usage_summaries', 'usage_monthly', $x$(r.month + interval '1 month')$x$, 'true', null),
        ('plan_gifts', 'plan_gifts', 'r.ends_at', 'not r.closed', 'sweep_plan_gifts'),
        ('checkouts', 'checkouts', 'r.created_at', 'true', null),
        ('stripe_events', 'stripe_events', 'r.received_at', 'true', null),
        ('gift_codes', 'gift_codes', 'r.expires_at', 'true', null),
        ('billing_records', 'billing_records', 'r.booked_at', 'true', null),
        -- Of erased accounts, once no record refers to them any more and no event of theirs can still come.
        ('billing_customers', 'billing_customers', 'r.created_at',
            'r.tenant_id is null and not exists (select 1 from billing_records b where b.customer = r.id)', null),
        ('waitlist_pending', 'waitlist_pending', 'r.expires_at', 'true', null),
        ('waitlist', 'waitlist', 'r.last_contact_at', 'true', null),
        ('beta_unconfirmed', 'beta_candidacies', 'r.created_at', 'r.confirmed_at is null', null),
        ('beta_candidacies', 'beta_candidacies', 'r.created_at', 'true', null),
        ('support', 'support_requests', 'r.closed_at',
            'exists (select 1 from users u where u.id = r.user_id and u.restricted_at is null)', null),
        ('evidence', 'evidence', 'r.kept_until', 'true', 'sweep_evidence'),
        ('evidence_log', 'evidence_log',
            $x$(select e.at from evidence_log e where e.evidence_id = r.evidence_id and e.action = 'ended')$x$,
            -- The end itself last, or the time of the others would go with it.
            $x$r.action <> 'ended'
                or not exists (select 1 from evidence_log o where o.evidence_id = r.evidence_id and o.action <> 'ended')$x$, null),
        ('security_events', 'security_events', 'r.at', 'true', null),
        ('erasure_ids', 'erasures', 'r.backups_expire_at', 'r.user_id is not null and r.completed_at is not null', 'sweep_erasure_ids'),
        ('receipts', 'erasures', 'r.completed_at', 'true', null),
        ('answered_requests', 'requests', 'r.answered_at', 'r.user_id is null', null),
        ('anonymous_metadata', 'anonymous_generations', 'r.expires_on::timestamp', 'true', null),
        ('inactive_warned', 'users', 'r.last_active_at',
            'r.restricted_at is null and (r.inactivity_warned_at is null or r.inactivity_warned_at < r.last_active_at)', 'inactivity_warn'),
        ('mails_sent', 'mails', 'coalesce(r.claimed_until, r.created_at)', 'true', 'mails_claim'),
        ('mails_lost', 'mails', 'r.created_at', 'true', null)
$$;

-- Indexes for what had none.
drop index usage_daily_day;
create index usage_daily_end on usage_daily (((day + 1)::timestamp));
create index generations_deadline on generations (deadline_at) where status = 'running';
create index mails_created on mails (created_at);
create index exports_begun on exports (begun_at);

-- The query for the rows of a rule that are due by `$1`.
create function retention_due(p_rule text) returns text
language plpgsql stable set search_path = pg_catalog, public as $$
declare
    v record;
begin
    select * into strict v from retention_rules() x where x.rule = p_rule;
    return format('from %I r where %s <= $1 and (%s)', v.relation, v.since, v.only_those);
end
$$;

-- How many rows of a rule are due: what a dry run tells.
create function sweep_due(p_rule text, p_before timestamp) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    v_rows bigint;
begin
    execute 'select count(*) ' || retention_due(p_rule) into v_rows using p_before;
    return v_rows;
end
$$;

-- Locks the oldest rows of a rule that are due, past what is locked, and tells where they are. The oldest first, so that each batch costs
-- the same: in the order of ids it would have to look at all that are due. Nobody waits here, so no order can end in a circle.
create function sweep_claim(p_rule text, p_before timestamp, p_batch integer) returns tid[]
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_since text := (select x.since from retention_rules() x where x.rule = p_rule);
    v_rows tid[];
begin
    execute format('select array(select r.ctid %s order by %s limit $2 for update of r skip locked)', retention_due(p_rule), v_since)
    into v_rows using p_before, p_batch;
    return v_rows;
end
$$;

-- Deals with a batch of a rule; how many rows. 0 is the end.
create function sweep(p_rule text, p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v record;
    v_rows integer;
begin
    select x.relation, x.own into strict v from retention_rules() x where x.rule = p_rule;
    if v.own is not null then
        execute format('select %I($1, $2)', v.own) into v_rows using p_before, p_batch;
    else
        execute format('delete from %I where ctid = any ($1)', v.relation) using sweep_claim(p_rule, p_before, p_batch);
        get diagnostics v_rows = row_count;
    end if;
    return v_rows;
end
$$;

-- Rules with a function of their own. Those that close or change what hangs on a tenant lock the tenant first.

create or replace function sweep_stale_generations(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_tenant uuid;
    v_gone integer := 0;
begin
    for v_tenant in
        execute format('select t.id from tenants t where t.id in (select r.tenant_id %s) order by t.id limit $2 for update of t skip locked',
                       retention_due('stale_generations'))
        using p_now, p_batch
    loop
        v_gone := v_gone + generations_expire(p_now, v_tenant);
    end loop;
    return v_gone;
end
$$;

-- Takes back plans whose gift has ended, of at most so many tenants; how many gifts.
create or replace function sweep_plan_gifts(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_tenant uuid;
    v_rows integer;
    v_gone integer := 0;
begin
    for v_tenant in
        execute format('select t.id from tenants t where t.id in (select r.tenant_id %s) order by t.id limit $2 for update of t skip locked',
                       retention_due('plan_gifts'))
        using p_now, p_batch
    loop
        perform billing_entitle(p_now, v_tenant);
        update plan_gifts set closed = true where tenant_id = v_tenant and ends_at <= p_now and not closed;
        get diagnostics v_rows = row_count;
        v_gone := v_gone + v_rows;
    end loop;
    return v_gone;
end
$$;

-- Accounts that never proved a phone or an address, opened by then (promise a67).
create function sweep_unproved(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_claimed tid[] := sweep_claim('unproved_accounts', p_before, p_batch);
    v users;
    v_gone integer := 0;
begin
    for v in select * from users where ctid = any (v_claimed) loop
        perform drop_unproved(v.id, v.tenant_id);
        v_gone := v_gone + 1;
    end loop;
    return v_gone;
end
$$;

-- Days of use that had ended by then go into the sums of their month and plan.
create or replace function sweep_usage(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_claimed tid[] := sweep_claim('usage', p_before, p_batch);
    v_rows integer;
begin
    with old as (
        delete from usage_daily where ctid = any (v_claimed) returning tenant_id, day, used
    ), summed as (
        insert into usage_monthly (month, plan, tokens)
        select date_trunc('month', o.day)::date, t.plan, sum(o.used)::bigint
        from old o join tenants t on t.id = o.tenant_id where o.used > 0
        group by 1, 2 order by 1, 2
        on conflict (month, plan) do update set tokens = usage_monthly.tokens + excluded.tokens
    )
    select count(*) into v_rows from old;
    return v_rows;
end
$$;

create or replace function sweep_evidence(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_claimed tid[] := sweep_claim('evidence', p_now, p_batch);
    v_rows integer;
begin
    with gone as (
        delete from evidence where ctid = any (v_claimed) returning id
    )
    insert into evidence_log (id, evidence_id, at, action, done_by, reason)
    select md5('ended' || id::text)::uuid, id, p_now, 'ended', 'lifecycle', 'its time is up' from gone;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Takes the ids out of journal entries that no backup needs any more.
create function sweep_erasure_ids(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_claimed tid[] := sweep_claim('erasure_ids', p_now, p_batch);
    v_rows integer;
begin
    update erasures set user_id = null, tenant_id = null, customer = null where ctid = any (v_claimed);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

create or replace function inactivity_warn(p_now timestamp, p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_claimed tid[] := sweep_claim('inactive_warned', p_before, p_batch);
    v_rows integer;
begin
    with warned as (
        update users set inactivity_warned_at = p_now where ctid = any (v_claimed) returning id
    )
    insert into mails (id, kind, user_id, created_at)
    select md5('inactivity' || id::text || p_now::text)::uuid, 'inactivity', id, p_now from warned;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- What the functions above have taken over.
drop function sweep_limits(timestamp, integer);
drop function sweep_lockouts(timestamp, integer);
drop function sweep_idempotency(timestamp, integer);
drop function sweep_verifications(timestamp, integer);
drop function sweep_sessions(timestamp, integer);
drop function sweep_usage_summaries(timestamp, integer);
drop function sweep_checkouts(timestamp, integer);
drop function sweep_stripe_events(timestamp, integer);
drop function sweep_gift_codes(timestamp, integer);
drop function sweep_billing_records(timestamp, integer);
drop function sweep_billing_customers(timestamp, integer);
drop function sweep_waitlist_pending(timestamp, integer);
drop function sweep_waitlist(timestamp, integer);
drop function sweep_beta_unconfirmed(timestamp, integer);
drop function sweep_beta(timestamp, integer);
drop function sweep_support(timestamp, integer);
drop function sweep_mails(timestamp, integer);
drop function sweep_evidence_log(timestamp, integer);
drop function security_events_prune(timestamp, integer);
drop function erasures_prune(timestamp, integer, timestamp);
drop function anonymous_generations_prune(date, integer);
-- A sign-up still takes two of them along.
revoke execute on function unproved_prune(timestamp, integer) from lifecycle;
revoke execute on function oauth_prune(timestamp, integer) from lifecycle;

grant execute on function sweep_due(text, timestamp), sweep(text, timestamp, integer) to lifecycle;
revoke execute on function
    sweep_stale_generations(timestamp, integer),
    sweep_plan_gifts(timestamp, integer),
    sweep_usage(timestamp, integer),
    sweep_evidence(timestamp, integer)
from lifecycle;

-- Rules that have other names now.
delete from sweeps where rule in ('oauth', 'erasure_proofs');

-- The record of processing names the rule where it named a number.
do $$
declare
    v record;
begin
    for v in
        select c.relname, a.attname, col_description(c.oid, a.attnum) as comment, t.rule
        from (values ('billing_customers', 'billing-records'), ('billing_records', 'billing-records'), ('stripe_events', 'stripe-events'),
                     ('checkouts', 'checkouts'), ('checkout_keys', 'checkouts'), ('gift_codes', 'gift-codes'),
                     ('security_events', 'security-events')) as t(name, rule)
        join pg_class c on c.relname = t.name and c.relnamespace = 'public'::regnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where col_description(c.oid, a.attnum) ~ 'retention: [0-9]'
    loop
        execute format('comment on column %I.%I is %L', v.relname, v.attname,
                       regexp_replace(v.comment, 'retention: .*$', 'retention: ' || v.rule));
    end loop;
end
$$;
