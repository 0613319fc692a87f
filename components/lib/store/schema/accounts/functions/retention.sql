-- What goes when its time is up (promise a45 and others), and how far each sweep has come. The sweeps, their dry run and the operator's
-- report are all made from the one list of rules.

-- Rows of a rule: of which table (called `r`), since when their time counts, and which of them it is about. `own`: the function that
-- deals with a batch of them, where that is more than deleting them.
create function api.retention_rules() returns table (rule text, relation text, since text, only_those text, own text)
language sql immutable as $$
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

-- The query for the rows of a rule that are due by `$1`.
create function api.retention_due(p_rule text) returns text
language plpgsql stable set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v record;
begin
    select * into strict v from retention_rules() x where x.rule = p_rule;
    return format('from %I r where %s <= $1 and (%s)', v.relation, v.since, v.only_those);
end
$$;

-- Locks the oldest rows of a rule that are due, past what is locked, and tells where they are. The oldest first, so that each batch costs
-- the same: in the order of ids it would have to look at all that are due. Nobody waits here, so no order can end in a circle.
create function api.sweep_claim(p_rule text, p_before timestamp, p_batch integer) returns tid[]
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_since text := (select x.since from retention_rules() x where x.rule = p_rule);
    v_rows tid[];
begin
    execute format('select array(select r.ctid %s order by %s limit $2 for update of r skip locked)', retention_due(p_rule), v_since)
    into v_rows using p_before, p_batch;
    return v_rows;
end
$$;

-- How many rows of a rule are due: what a dry run tells.
create function api.sweep_due(p_rule text, p_before timestamp) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_rows bigint;
begin
    execute 'select count(*) ' || retention_due(p_rule) into v_rows using p_before;
    return v_rows;
end
$$;
grant execute on function api.sweep_due to lifecycle;

-- Deals with a batch of a rule; how many rows. 0 is the end.
create function api.sweep(p_rule text, p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
grant execute on function api.sweep to lifecycle;

-- Fails running generations whose deadline has passed, of at most so many tenants, and gives their reservations back.
create function api.sweep_stale_generations(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
create function api.sweep_plan_gifts(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
create function api.sweep_unproved(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
create function api.sweep_usage(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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

-- Evidence whose time is up goes; the log says so.
create function api.sweep_evidence(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
create function api.sweep_erasure_ids(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_claimed tid[] := sweep_claim('erasure_ids', p_now, p_batch);
    v_rows integer;
begin
    update erasures set user_id = null, tenant_id = null, customer = null where ctid = any (v_claimed);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- The next delivered generations with content after the given one, and which of them have kept it long enough (promises a41, a48): past
-- their tenant's plan, and after a downgrade past the plan of before or `p_downgraded_before`, whichever comes first. While its owner has
-- restricted processing nothing is due (promise a79). Of those that are not due only the last is told, for the next call.
create function api.content_due(p_now timestamp, p_downgraded_before timestamp, p_after uuid, p_limit integer)
returns table (id uuid, due boolean)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with page as (
        select g.id, g.tenant_id, g.user_id, g.created_at from generations g
        where g.status = 'delivered' and g.content_deleted_at is null and g.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000'::uuid)
        order by g.id limit p_limit
    ), judged as (
        select w.id, u.restricted_at is null
            and coalesce(w.created_at + make_interval(days => p.retention_days) <= p_now, false)
            and not (t.downgraded_at is not null and t.downgraded_at > p_downgraded_before and w.created_at < t.downgraded_at
                and (b.retention_days is null or w.created_at + make_interval(days => b.retention_days) > p_now)) as due
        from page w join users u on u.id = w.user_id join tenants t on t.id = w.tenant_id join plans p on p.name = t.plan
        left join plans b on b.name = t.downgraded_from
    )
    select j.id, j.due from judged j where j.due or j.id = (select max(w.id::text)::uuid from page w) order by j.id;
end
$$;
grant execute on function api.content_due to lifecycle;

-- Their content is gone from `briefs` and `files`: the metadata stays (promise a43).
create function api.content_expired(p_now timestamp, p_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_rows integer;
begin
    update generations set content_deleted_at = p_now where id in (
        select g.id from generations g where g.id = any (p_ids) and g.content_deleted_at is null order by g.id for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;
grant execute on function api.content_expired to lifecycle;

-- Which of these generations may have no content (any more): unknown ones, failed ones, and those whose content was deleted. A
-- generation's row is there before its first content, and these states are final, so what is an orphan stays one.
create function api.content_orphans(p_ids uuid[]) returns table (id uuid)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select i.id from unnest(p_ids) as i(id)
    left join generations g on g.id = i.id
    where g.id is null or g.status = 'failed' or g.content_deleted_at is not null;
end
$$;
grant execute on function api.content_orphans to lifecycle;

-- How far a walk has come; null at its beginning.
create function api.sweep_position(p_rule text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return (select after_id from sweeps where rule = p_rule);
end
$$;
grant execute on function api.sweep_position to lifecycle;

-- Remembers how far a walk has come.
create function api.sweep_moved(p_rule text, p_after uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    insert into sweeps (rule, after_id) values (p_rule, p_after)
    on conflict (rule) do update set after_id = excluded.after_id;
end
$$;
grant execute on function api.sweep_moved to lifecycle;

-- What the last run of each rule did, for the operator's report.
create function api.sweeps_ran(p_now timestamp, p_rules text[], p_rows text[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    insert into sweeps (rule, ran_at, rows)
    select r, p_now, n::bigint from unnest(p_rules, p_rows) as t(r, n) order by r
    on conflict (rule) do update set ran_at = excluded.ran_at, rows = excluded.rows;
end
$$;
grant execute on function api.sweeps_ran to lifecycle;
