-- Billing: what Stripe tells us, the plan and the credits that follow from it, the accountant's records, gift codes.
--
-- Stripe delivers each event at least once, in any order. So events are kept as a set of facts (one row for each state that a
-- subscription was in, one for each movement of money), and plan and credits are computed from the whole set: whatever the order
-- and however often an event comes, the outcome is the same. Nothing of a card, no name and no email is in these tables.

alter table tenants add column downgraded_at timestamp;
comment on column tenants.downgraded_at is 'purpose: when content beyond the plan became inaccessible, from which its last 12 months count; basis: art. 6(1)(b) contract; recipients: none; retention: account';

-- The Stripe customers we have made. The row outlives its tenant, without it: a later event is then known to be of an erased account,
-- and the records of ten years keep what they refer to.
create table billing_customers (
    id text primary key,
    tenant_id uuid unique references tenants on delete set null,
    created_at timestamp not null
);
comment on column billing_customers.id is 'purpose: Stripe''s id of the customer, the only link between account and payments; basis: art. 6(1)(c) legal obligation; recipients: Stripe; retention: 10 years';
comment on column billing_customers.tenant_id is 'purpose: which account pays as this customer; basis: art. 6(1)(b) contract; recipients: Stripe; retention: account';
comment on column billing_customers.created_at is 'purpose: when the customer was made; basis: art. 6(1)(c) legal obligation; recipients: none; retention: 10 years';

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
comment on column subscription_states.event_id is 'purpose: the event that told of the state, so that a repeat changes nothing; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.subscription is 'purpose: Stripe''s id of the subscription; basis: art. 6(1)(b) contract; recipients: Stripe; retention: account';
comment on column subscription_states.tenant_id is 'purpose: whose subscription it is; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.created_at is 'purpose: when the state began, to order states; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.rank is 'purpose: to order states of one second; basis: none, not personal; recipients: none; retention: account';
comment on column subscription_states.status is 'purpose: what the plan follows from; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.plan is 'purpose: the plan paid for; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.entitled is 'purpose: whether the state gives the plan; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.period_end is 'purpose: until when is paid, for the overview; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.ends_at_period_end is 'purpose: whether it was cancelled for the end of the period; basis: art. 6(1)(b) contract; recipients: none; retention: account';

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
comment on column plan_gifts.id is 'purpose: to tell gifts apart; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.tenant_id is 'purpose: who was given the plan; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.plan is 'purpose: the plan given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.begins_at is 'purpose: from when it is given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.ends_at is 'purpose: until when it is given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.closed is 'purpose: to compute the plan anew once after the end; basis: none, not personal; recipients: none; retention: account';

-- What Stripe has delivered: ids, type and times, so that a second delivery changes nothing.
create table stripe_events (
    id text primary key,
    type text not null,
    created_at timestamp not null,
    received_at timestamp not null,
    outcome text not null check (outcome in ('applied', 'ignored', 'unknown-customer', 'erased-customer', 'other-mode'))
);
create index stripe_events_received on stripe_events (received_at);
comment on column stripe_events.id is 'purpose: to apply each event once; basis: art. 6(1)(c) legal obligation; recipients: none; retention: 90 days';
comment on column stripe_events.type is 'purpose: to trace what was delivered; basis: none, not personal; recipients: none; retention: 90 days';
comment on column stripe_events.created_at is 'purpose: to trace what was delivered; basis: none, not personal; recipients: none; retention: 90 days';
comment on column stripe_events.received_at is 'purpose: to trace what was delivered, and the end of the 90 days; basis: none, not personal; recipients: none; retention: 90 days';
comment on column stripe_events.outcome is 'purpose: to trace what came of it; basis: none, not personal; recipients: none; retention: 90 days';

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
comment on column billing_records.id is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.kind is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.customer is 'purpose: accounting, by Stripe''s id alone; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.payment is 'purpose: accounting, and what a refund is of; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.subscription is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.item is 'purpose: accounting, what was bought; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.amount is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.tax is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.currency is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';
comment on column billing_records.booked_at is 'purpose: accounting, and the end of the ten years; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: 10 years';

-- Checkouts on their way. The id goes to Stripe as its idempotency key, so that one checkout is one session there.
create table checkouts (
    id uuid primary key,
    tenant_id uuid not null references tenants on delete cascade,
    session text,
    created_at timestamp not null
);
create index checkouts_tenant on checkouts (tenant_id);
create index checkouts_created on checkouts (created_at);
comment on column checkouts.id is 'purpose: to make one session of repeated requests; basis: art. 6(1)(b) contract; recipients: Stripe; retention: 24 hours';
comment on column checkouts.tenant_id is 'purpose: whose checkout it is; basis: art. 6(1)(b) contract; recipients: none; retention: 24 hours';
comment on column checkouts.session is 'purpose: Stripe''s id of the session, to answer a repeat with; basis: art. 6(1)(b) contract; recipients: Stripe; retention: 24 hours';
comment on column checkouts.created_at is 'purpose: the end of the 24 hours; basis: art. 6(1)(b) contract; recipients: none; retention: 24 hours';

-- Keyed hashes of user, route and Idempotency-Key, and of the body; 24 hours at most (promise a23).
create table checkout_keys (
    key text primary key,
    body text not null,
    checkout_id uuid not null references checkouts on delete cascade,
    expires_at timestamp not null
);
create index checkout_keys_checkout on checkout_keys (checkout_id);
create index checkout_keys_expiry on checkout_keys (expires_at);
comment on column checkout_keys.key is 'purpose: to know a repeated request; basis: art. 6(1)(b) contract; recipients: none; retention: 24 hours';
comment on column checkout_keys.body is 'purpose: to know that its body is the same; basis: art. 6(1)(b) contract; recipients: none; retention: 24 hours';
comment on column checkout_keys.checkout_id is 'purpose: what it began; basis: art. 6(1)(b) contract; recipients: none; retention: 24 hours';
comment on column checkout_keys.expires_at is 'purpose: the end of the 24 hours; basis: none, not personal; recipients: none; retention: 24 hours';

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
comment on column gift_codes.code is 'purpose: to know the code again, as a keyed hash; basis: art. 6(1)(b) contract; recipients: none; retention: 1 year after the code expires';
comment on column gift_codes.kind is 'purpose: what the code gives; basis: none, not personal; recipients: none; retention: 1 year after the code expires';
comment on column gift_codes.issued_at is 'purpose: to trace gifts; basis: none, not personal; recipients: none; retention: 1 year after the code expires';
comment on column gift_codes.expires_at is 'purpose: until when it can be redeemed; basis: none, not personal; recipients: none; retention: 1 year after the code expires';
comment on column gift_codes.redeemed_at is 'purpose: that it is used; basis: art. 6(1)(b) contract; recipients: none; retention: 1 year after the code expires';
comment on column gift_codes.redeemed_by is 'purpose: who was given it, to settle disputes; basis: art. 6(1)(b) contract; recipients: none; retention: 1 year after the code expires, or the account';

-- The payment that a grant or a refund of credits is about.
alter table credit_ledger add column payment text;
create unique index credit_ledger_purchase on credit_ledger (payment) where kind = 'purchase';
comment on column credit_ledger.payment is 'purpose: to grant a payment''s credits once and to take back what is refunded; basis: art. 6(1)(b) contract; recipients: none; retention: account';

-- Plan and downgrade from the facts. The tenant's row must be locked.
--
-- The plan is the best of those that subscriptions (by their latest states) and gifts give. `downgraded_at` is when content first
-- became inaccessible since the last time that nothing was: a plan that keeps content for less time than an earlier one makes it so,
-- and one that keeps it as long as any before ends it (promise a48).
create function billing_entitle(p_now timestamp, p_tenant uuid) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v record;
    -- The plan of each subscription and gift at the moment that the loop has reached.
    v_plans jsonb := '{}';
    v_plan text := 'free';
    v_days bigint;
    v_most bigint;
    v_downgraded timestamp;
begin
    select coalesce(retention_days, 100000) into v_most from plans where name = 'free';
    for v in
        select f.* from (
            select s.created_at as at, s.rank, s.event_id as id, s.subscription as source, case when s.entitled then s.plan end as plan
            from subscription_states s where s.tenant_id = p_tenant
            union all
            select g.begins_at, 0::smallint, g.id::text, g.id::text, g.plan from plan_gifts g
            where g.tenant_id = p_tenant and g.begins_at <= p_now
            union all
            select g.ends_at, 0::smallint, g.id::text, g.id::text, null from plan_gifts g
            where g.tenant_id = p_tenant and g.ends_at <= p_now) f
        order by f.at, f.rank, f.id collate "C", f.plan
    loop
        v_plans := v_plans || jsonb_build_object(v.source, v.plan);
        select p.name, coalesce(p.retention_days, 100000) into v_plan, v_days from plans p
        where p.name = 'free' or p.name in (select value from jsonb_each_text(v_plans))
        order by p.daily_tokens desc, p.name limit 1;
        if v_days >= v_most then
            v_most := v_days;
            v_downgraded := null;
        else
            v_downgraded := coalesce(v_downgraded, v.at);
        end if;
    end loop;
    update tenants set plan = v_plan, downgraded_at = v_downgraded
    where id = p_tenant and (plan, downgraded_at) is distinct from (v_plan, v_downgraded);
    return v_plan;
end
$$;

-- Grants a payment's credits once, and takes back what of them was refunded or disputed and is unspent. The tenant's row must be locked.
--
-- Credits are spent oldest first, so that what is unspent of one pack does not depend on packs bought after it.
create function billing_settle(p_now timestamp, p_tenant uuid, p_payment text, p_grant uuid, p_refund uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    r billing_records;
    v_tokens bigint;
    v_reversed bigint;
    v_taken bigint;
    v_spent bigint;
    v_before bigint;
    v_delta bigint;
begin
    select * into r from billing_records where id = p_payment and kind = 'pack';
    if not found then
        return;
    end if;
    v_tokens := split_part(r.item, '-', 2)::bigint;
    insert into credit_ledger (id, tenant_id, created_at, tokens, kind, payment)
    values (p_grant, p_tenant, r.booked_at, v_tokens, 'purchase', p_payment)
    on conflict (payment) where kind = 'purchase' do nothing;

    select least(r.amount, greatest(0, coalesce(max(amount) filter (where kind = 'refund'), 0)
            + coalesce(sum(amount) filter (where kind = 'dispute'), 0)
            - coalesce(sum(amount) filter (where kind = 'dispute-won'), 0)))
    into v_reversed from billing_records where payment = p_payment and kind <> 'pack';
    select -coalesce(sum(tokens), 0) into v_taken from credit_ledger
    where tenant_id = p_tenant and payment = p_payment and kind = 'refund';
    v_delta := case when r.amount = 0 then 0 else floor(v_tokens::numeric * v_reversed / r.amount)::bigint end - v_taken;
    if v_delta > 0 then
        select -coalesce(sum(tokens), 0) into v_spent from credit_ledger
        where tenant_id = p_tenant and kind not in ('purchase', 'gift', 'refund');
        select coalesce(sum(l.tokens + coalesce((select sum(b.tokens) from credit_ledger b
                where b.tenant_id = p_tenant and b.payment = l.payment and b.kind = 'refund'), 0)), 0)
        into v_before from credit_ledger l
        where l.tenant_id = p_tenant and l.kind in ('purchase', 'gift') and l.payment is distinct from p_payment
            and (l.created_at, coalesce(l.payment, '')) < (r.booked_at, p_payment);
        v_delta := least(v_delta, v_tokens - v_taken - greatest(0, least(v_tokens - v_taken, v_spent - v_before)));
    end if;
    if v_delta <> 0 then
        insert into credit_ledger (id, tenant_id, created_at, tokens, kind, payment)
        values (p_refund, p_tenant, p_now, -v_delta, 'refund', p_payment)
        on conflict (id) do nothing;
    end if;
end
$$;

-- Records an event and locks whom it is about. `outcome`: `duplicate`, or that of the table `stripe_events`; `tenant_id` where it is
-- to be applied. The events of a customer wait for each other; those of different customers do not.
create function stripe_event_begin(
    p_now timestamp, p_event text, p_type text, p_created timestamp, p_customer text, p_wanted boolean,
    out outcome text, out tenant_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    v_tenant uuid;
    v_known boolean;
begin
    select c.tenant_id into v_tenant from billing_customers c where c.id = p_customer;
    v_known := found;
    if v_tenant is not null then
        perform 1 from tenants t where t.id = v_tenant for update;
        -- Erased since.
        if not found then
            v_tenant := null;
        end if;
    end if;
    outcome := case when not p_wanted then 'ignored' when not v_known then 'unknown-customer' when v_tenant is null then 'erased-customer'
                    else 'applied' end;
    insert into stripe_events (id, type, created_at, received_at, outcome) values (p_event, p_type, p_created, p_now, outcome)
    on conflict (id) do nothing;
    if not found then
        outcome := 'duplicate';
    elsif outcome = 'applied' then
        tenant_id := v_tenant;
    end if;
end
$$;

-- An event that changes nothing: of a type we do not use, or (`other-mode`) of Stripe's other mode.
create function stripe_event_ignore(p_now timestamp, p_event text, p_type text, p_created timestamp, p_outcome text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    insert into stripe_events (id, type, created_at, received_at, outcome) values (p_event, p_type, p_created, p_now, p_outcome)
    on conflict (id) do nothing;
    return case when found then p_outcome else 'duplicate' end;
end
$$;

-- A state of a subscription.
create function stripe_subscription(
    p_now timestamp, p_event text, p_type text, p_created timestamp, p_customer text,
    p_subscription text, p_rank smallint, p_status text, p_plan text, p_entitled boolean, p_period_end timestamp, p_ends boolean)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v record;
begin
    select * into v from stripe_event_begin(p_now, p_event, p_type, p_created, p_customer, true);
    if v.tenant_id is not null then
        insert into subscription_states (event_id, subscription, tenant_id, created_at, rank, status, plan, entitled, period_end,
                                         ends_at_period_end)
        values (p_event, p_subscription, v.tenant_id, p_created, p_rank, p_status, (select name from plans where name = p_plan),
                p_entitled, p_period_end, p_ends)
        on conflict (event_id) do nothing;
        perform billing_entitle(p_now, v.tenant_id);
    end if;
    return v.outcome;
end
$$;

-- A movement of money. Its record is kept for an erased customer too: it is the accountant's, and leads to nobody.
create function stripe_money(
    p_now timestamp, p_event text, p_type text, p_created timestamp, p_customer text,
    p_id text, p_kind text, p_payment text, p_subscription text, p_item text, p_amount bigint, p_tax bigint, p_currency text,
    p_grant uuid, p_refund uuid)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v record;
    v_customer text := p_customer;
begin
    if v_customer is null and p_payment is not null then
        -- A dispute names its payment only, and may come before what it is about.
        select customer into v_customer from billing_records where payment = p_payment and customer is not null limit 1;
    end if;
    select * into v from stripe_event_begin(p_now, p_event, p_type, p_created, v_customer, true);
    if v.outcome in ('applied', 'erased-customer') or (v.outcome = 'unknown-customer' and p_customer is null) then
        insert into billing_records (id, kind, customer, payment, subscription, item, amount, tax, currency, booked_at)
        values (p_id, p_kind, p_customer, p_payment, p_subscription, p_item, p_amount, p_tax, p_currency, p_created)
        on conflict (id) do nothing;
    end if;
    if v.tenant_id is not null and p_payment is not null then
        perform billing_settle(p_now, v.tenant_id, p_payment, p_grant, p_refund);
    end if;
    return v.outcome;
end
$$;

-- The overview of the bearer's tenant. No row: not signed in (any more).
create function billing_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (plan text, status text, period_end timestamp, ends_at_period_end boolean, credits bigint, quota bigint, used bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select t.plan, coalesce(s.status, case when g.ends_at is not null then 'gift' else 'none' end),
        coalesce(s.period_end, g.ends_at), coalesce(s.ends_at_period_end, g.ends_at is not null),
        (select coalesce(sum(l.tokens), 0)::bigint from credit_ledger l where l.tenant_id = t.id),
        p.daily_tokens, coalesce(d.used + d.reserved, 0)
    from session_read(p_now, p_session, p_user) r
    join tenants t on t.id = r.tenant_id
    join plans p on p.name = t.plan
    left join lateral (
        select l.status, l.period_end, l.ends_at_period_end from (
            select distinct on (subscription) * from subscription_states where tenant_id = t.id
            order by subscription, created_at desc, rank desc, event_id desc) l
        -- Of several the one that gives the plan, then the latest. What has ended while a gift runs is the gift's place.
        where l.entitled or not exists (select 1 from plan_gifts where tenant_id = t.id and begins_at <= p_now and ends_at > p_now)
        order by l.entitled desc, (l.plan is not distinct from t.plan) desc, l.created_at desc limit 1
    ) s on true
    left join lateral (
        select max(ends_at) as ends_at from plan_gifts where tenant_id = t.id and plan = t.plan and begins_at <= p_now and ends_at > p_now
    ) g on true
    left join usage_daily d on d.tenant_id = t.id and d.day = (p_now at time zone 'UTC' at time zone t.time_zone)::date
$$;

-- Begins a checkout, or finds the one that the same key began. Outcomes: `unauthenticated`, `conflict` (key used for another body),
-- `rate` (with seconds to wait), `begun`. `session` is set where Stripe has answered before; `subscription` where one is running, which is then changed and not
-- joined by a second.
create function checkout_begin(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_key text, p_body text, p_key_expires timestamp,
    p_limit_key text, p_limit_max integer, p_limit_seconds integer,
    out outcome text, out wait integer, out checkout_id uuid, out tenant_id uuid, out email text, out language text, out customer text,
    out subscription text, out session text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    k checkout_keys;
begin
    select u0.* into u from sessions s join users u0 on u0.id = s.user_id
    where s.id = p_session and u0.id = p_user and s.revoked_at is null and s.family_expires_at > p_now and u0.blocked_at is null;
    if found then
        -- The lock that an erasure takes as well.
        perform 1 from tenants t where t.id = u.tenant_id for update;
    end if;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    wait := limits_take(p_now, array[p_limit_key], array[p_limit_max], array[p_limit_seconds]);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    outcome := 'begun';
    tenant_id := u.tenant_id;
    email := u.email;
    language := u.language;
    select c.id into customer from billing_customers c where c.tenant_id = u.tenant_id;
    select l.subscription into subscription from (
        select distinct on (s.subscription) s.* from subscription_states s where s.tenant_id = u.tenant_id
        order by s.subscription, s.created_at desc, s.rank desc, s.event_id desc) l
    where l.status not in ('canceled', 'incomplete', 'incomplete_expired')
    order by l.entitled desc, l.created_at desc, l.subscription limit 1;

    if p_key is not null then
        delete from checkout_keys where key = p_key and expires_at <= p_now;
        select * into k from checkout_keys where key = p_key;
        if found then
            if k.body <> p_body then
                outcome := 'conflict';
                return;
            end if;
            checkout_id := k.checkout_id;
            select c.session into session from checkouts c where c.id = k.checkout_id;
            return;
        end if;
    end if;
    checkout_id := p_id;
    insert into checkouts (id, tenant_id, created_at) values (p_id, u.tenant_id, p_now) on conflict (id) do nothing;
    if p_key is not null then
        insert into checkout_keys (key, body, checkout_id, expires_at) values (p_key, p_body, p_id, p_key_expires);
    end if;
end
$$;

-- Links a new Stripe customer with its tenant. Returns the customer to use (one that came first counts), or null where the tenant is
-- gone: the new customer must then go as well.
create function billing_customer_link(p_now timestamp, p_tenant uuid, p_customer text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_customer text;
begin
    perform 1 from tenants where id = p_tenant for update;
    if not found then
        return null;
    end if;
    select id into v_customer from billing_customers where tenant_id = p_tenant;
    if v_customer is null then
        insert into billing_customers (id, tenant_id, created_at) values (p_customer, p_tenant, p_now);
        v_customer := p_customer;
    end if;
    return v_customer;
end
$$;

-- Notes the session that Stripe has made of a checkout.
create function checkout_done(p_id uuid, p_session text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    update checkouts set session = p_session where id = p_id;
    return found;
end
$$;

-- Forgets a checkout that came to nothing, and frees its key.
create function checkout_fail(p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    delete from checkouts where id = p_id and session is null;
    return found;
end
$$;

-- Redeems a gift code once. Outcomes: `unauthenticated`, `rate` (with seconds to wait), `invalid` (unknown, used or expired alike),
-- `redeemed` (with its kind, and until when a plan is given).
create function gift_redeem(
    p_now timestamp, p_session uuid, p_user uuid, p_code bytea, p_keys text[], p_max integer[], p_seconds integer[], p_id uuid,
    out outcome text, out wait integer, out kind text, out ends_at timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    v_tenant uuid;
    g gift_codes;
begin
    select r.tenant_id into v_tenant from session_read(p_now, p_session, p_user) r;
    if found then
        perform 1 from tenants t where t.id = v_tenant for update;
    end if;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    wait := limits_take(p_now, p_keys, p_max, p_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    select * into g from gift_codes where code = p_code for update;
    if g.redeemed_by = p_user then
        -- The same call again after its connection was lost.
        select p.ends_at into ends_at from plan_gifts p where p.id = p_id;
        if found or exists (select 1 from credit_ledger l where l.id = p_id) then
            outcome := 'redeemed';
            kind := g.kind;
            return;
        end if;
    end if;
    if g.code is null or g.redeemed_at is not null or g.expires_at <= p_now then
        outcome := 'invalid';
        return;
    end if;
    update gift_codes set redeemed_at = p_now, redeemed_by = p_user where code = p_code;
    outcome := 'redeemed';
    kind := g.kind;
    if g.kind like 'credits-%' then
        insert into credit_ledger (id, tenant_id, created_at, tokens, kind)
        values (p_id, v_tenant, p_now, split_part(g.kind, '-', 2)::bigint, 'gift');
    else
        -- A second gift of the same plan begins where the first ends.
        select greatest(p_now, max(ends_at)) into ends_at from plan_gifts
        where tenant_id = v_tenant and plan = split_part(g.kind, '-', 1);
        insert into plan_gifts (id, tenant_id, plan, begins_at, ends_at)
        values (p_id, v_tenant, split_part(g.kind, '-', 1), coalesce(ends_at, p_now),
                coalesce(ends_at, p_now) + make_interval(days => split_part(g.kind, '-', 2)::integer))
        returning plan_gifts.ends_at into ends_at;
        perform billing_entitle(p_now, v_tenant);
    end if;
end
$$;

-- The Stripe customer of a tenant, for its erasure; null where there is none.
create function billing_customer_of(p_tenant uuid) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
    select id from billing_customers where tenant_id = p_tenant
$$;

-- All that billing holds about a user and their tenant, for the export.
create function billing_export(p_user uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, public as $$
    select jsonb_build_object(
        'plan', t.plan,
        'downgraded_at', t.downgraded_at,
        'stripe_customer', c.id,
        'subscription_states', (select coalesce(jsonb_agg(to_jsonb(s) - 'tenant_id' order by s.created_at, s.rank, s.event_id), '[]')
                                from subscription_states s where s.tenant_id = t.id),
        'payments', (select coalesce(jsonb_agg(to_jsonb(r) order by r.booked_at, r.id), '[]') from billing_records r
                     where r.customer = c.id
                         or r.payment in (select b.payment from billing_records b where b.customer = c.id)),
        'credits', (select coalesce(jsonb_agg(to_jsonb(l) - 'tenant_id' order by l.created_at, l.id), '[]')
                    from credit_ledger l where l.tenant_id = t.id),
        'gifts', (select coalesce(jsonb_agg(jsonb_build_object('kind', g.kind, 'issued_at', g.issued_at, 'expires_at', g.expires_at,
                                                              'redeemed_at', g.redeemed_at) order by g.redeemed_at), '[]')
                  from gift_codes g where g.redeemed_by = u.id),
        'gift_plans', (select coalesce(jsonb_agg(to_jsonb(p) - 'tenant_id' order by p.begins_at), '[]') from plan_gifts p where p.tenant_id = t.id),
        'checkouts', (select coalesce(jsonb_agg(to_jsonb(k) - 'tenant_id' order by k.created_at), '[]') from checkouts k where k.tenant_id = t.id))
    from users u join tenants t on t.id = u.tenant_id left join billing_customers c on c.tenant_id = t.id
    where u.id = p_user
$$;

-- The lifecycle job's rules on these tables: one bounded batch each, 0 is the end.

-- Takes back plans whose gift has ended, of at most so many tenants.
create function sweep_plan_gifts(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_tenant uuid;
    v_seen integer := 0;
begin
    for v_tenant in
        select t.id from tenants t
        where exists (select 1 from plan_gifts g where g.tenant_id = t.id and g.ends_at <= p_now and not g.closed)
        order by t.id limit p_batch for update skip locked
    loop
        perform billing_entitle(p_now, v_tenant);
        update plan_gifts set closed = true where tenant_id = v_tenant and ends_at <= p_now;
        v_seen := v_seen + 1;
    end loop;
    return v_seen;
end
$$;

-- Checkouts of more than a day, and their keys (promise a23).
create function sweep_checkouts(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from checkouts where id in
        (select id from checkouts where created_at <= p_now - interval '1 day' order by id limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

-- Events of more than 90 days: Stripe repeats for 3, and an operator there for 30.
create function sweep_stripe_events(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from stripe_events where id in
        (select id from stripe_events where received_at <= p_now - interval '90 days' order by id limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

-- Gift codes, a year after they could last be redeemed (promise a33).
create function sweep_gift_codes(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from gift_codes where code in
        (select code from gift_codes where expires_at <= p_now - interval '1 year' order by code limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

-- The accountant's records after ten years (promise a46).
create function sweep_billing_records(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from billing_records where id in
        (select id from billing_records where booked_at <= p_now - interval '10 years' order by id limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

-- Customers of erased accounts that no record refers to any more, once no event of theirs can still come.
create function sweep_billing_customers(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from billing_customers where id in
        (select c.id from billing_customers c
         where c.tenant_id is null and c.created_at <= p_now - interval '90 days'
             and not exists (select 1 from billing_records r where r.customer = c.id)
         order by c.id limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

grant execute on function
    stripe_event_ignore(timestamp, text, text, timestamp, text),
    stripe_subscription(timestamp, text, text, timestamp, text, text, smallint, text, text, boolean, timestamp, boolean),
    stripe_money(timestamp, text, text, timestamp, text, text, text, text, text, text, bigint, bigint, text, uuid, uuid),
    billing_read(timestamp, uuid, uuid),
    checkout_begin(timestamp, uuid, uuid, uuid, text, text, timestamp, text, integer, integer),
    billing_customer_link(timestamp, uuid, text),
    checkout_done(uuid, text),
    checkout_fail(uuid),
    gift_redeem(timestamp, uuid, uuid, bytea, text[], integer[], integer[], uuid)
to billing;
grant execute on function billing_customer_of(uuid) to rights, lifecycle;
grant execute on function billing_export(uuid) to rights;
grant execute on function
    sweep_plan_gifts(timestamp, integer),
    sweep_checkouts(timestamp, integer),
    sweep_stripe_events(timestamp, integer),
    sweep_gift_codes(timestamp, integer),
    sweep_billing_records(timestamp, integer),
    sweep_billing_customers(timestamp, integer)
to lifecycle;
