-- Tokens that a tenant's credits pay for: what the ledger says, less what running generations have set aside. The tenant's row must be locked
-- by whoever decides on it.
create view api.credits as
    select t.id as tenant_id,
        coalesce((select sum(l.tokens) from public.credit_ledger l where l.tenant_id = t.id), 0)::bigint
        - coalesce((select sum(g.credits_reserved) from public.generations g where g.tenant_id = t.id and g.status = 'running'), 0)::bigint
        as tokens
    from public.tenants t;

-- The overview of the bearer's tenant. No row: not signed in (any more).
create function api.billing_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (plan text, status text, period_end timestamp, ends_at_period_end boolean, credits bigint, quota bigint, used bigint,
    reserved bigint)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select t.plan, coalesce(s.status, case when g.ends_at is not null then 'gift' else 'none' end),
        coalesce(s.period_end, g.ends_at), coalesce(s.ends_at_period_end, g.ends_at is not null),
        coalesce((select sum(l.tokens) from public.credit_ledger l where l.tenant_id = t.id), 0)::bigint
            - coalesce((select sum(g.credits_reserved) from public.generations g where g.tenant_id = t.id and g.status = 'running'), 0)::bigint,
        p.daily_tokens, coalesce(d.used, 0), coalesce(d.reserved, 0)
    from api.signed_in r
    join public.tenants t on t.id = r.tenant_id
    join public.plans p on p.name = t.plan
    left join lateral (
        select l.status, l.period_end, l.ends_at_period_end from (
            select distinct on (subscription) * from public.subscription_states where tenant_id = t.id
            order by subscription, created_at desc, rank desc, period_end desc nulls last, event_id desc) l
        -- Of several the one that gives the plan, then the latest. What has ended while a gift runs is the gift's place.
        where l.entitled
            or not exists (select 1 from public.plan_gifts where tenant_id = t.id and begins_at <= p_now and ends_at > p_now)
        order by l.entitled desc, (l.plan is not distinct from t.plan) desc, l.created_at desc limit 1
    ) s on true
    left join lateral (
        select max(ends_at) as ends_at from public.plan_gifts
        where tenant_id = t.id and plan = t.plan and begins_at <= p_now and ends_at > p_now
    ) g on true
    left join public.usage_daily d on d.tenant_id = t.id and d.day = (p_now at time zone 'UTC' at time zone t.time_zone)::date
    where r.session_id = p_session and r.id = p_user and r.family_expires_at > p_now;
end
$$;
grant execute on function api.billing_read to billing;

-- Begins a checkout, or finds the one that the same key began. Outcomes: `unauthenticated`, `conflict` (key used for another body),
-- `rate` (with seconds to wait), `begun`. `session` is set where Stripe has answered before; `subscription` where one is running, which is then changed and not
-- joined by a second.
create function api.checkout_begin(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_key text, p_body text, p_key_expires timestamp,
    p_limit_key text, p_limit_max integer, p_limit_seconds integer,
    out outcome text, out wait integer, out checkout_id uuid, out tenant_id uuid, out email text, out language text, out customer text,
    out subscription text, out session text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
    wait := limit_take(p_now, p_limit_key, p_limit_max, p_limit_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    outcome := 'begun';
    tenant_id := u.tenant_id;
    email := u.email;
    language := u.language;
    customer := billing_customer_of(u.tenant_id);
    select l.subscription into subscription from (
        select distinct on (s.subscription) s.* from subscription_states s where s.tenant_id = u.tenant_id
        order by s.subscription, s.created_at desc, s.rank desc, s.period_end desc nulls last, s.event_id desc) l
    -- `domain::billing::Standing::Over`.
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
grant execute on function api.checkout_begin to billing;

-- Notes the session that Stripe has made of a checkout.
create function api.checkout_done(p_id uuid, p_session text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    update checkouts set session = p_session where id = p_id;
    return found;
end
$$;
grant execute on function api.checkout_done to billing;

-- Forgets a checkout that came to nothing, and frees its key.
create function api.checkout_fail(p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    delete from checkouts where id = p_id and session is null;
    return found;
end
$$;
grant execute on function api.checkout_fail to billing;

-- Links a new Stripe customer with its tenant, which had none, or the one that it is there instead of. Returns the customer to use (one that
-- came first counts), or null where the tenant is gone: the new customer must then go as well. What it replaces stays linked, so that its
-- late events still find their tenant.
create function api.billing_customer_link(p_now timestamp, p_tenant uuid, p_customer text, p_instead text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_customer text;
begin
    perform 1 from tenants where id = p_tenant for update;
    if not found then
        return null;
    end if;
    v_customer := billing_customer_of(p_tenant);
    if v_customer is not distinct from p_instead then
        -- After what it replaces, whatever the clock says.
        insert into billing_customers (id, tenant_id, created_at)
        select p_customer, p_tenant, greatest(p_now, max(created_at) + interval '1 microsecond') from billing_customers where tenant_id = p_tenant
        on conflict (id) do nothing;
        v_customer := p_customer;
    end if;
    return v_customer;
end
$$;
grant execute on function api.billing_customer_link to billing;

-- The Stripe customer of a tenant, the newest of several; null where there is none.
create function api.billing_customer_of(p_tenant uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return (
        select id from billing_customers where tenant_id = p_tenant order by created_at desc, id desc limit 1);
end
$$;

-- Redeems a gift code once. Outcomes: `unauthenticated`, `rate` (with seconds to wait), `invalid` (unknown, used or expired alike),
-- `redeemed` (with its kind, and until when a plan is given).
create function api.gift_redeem(
    p_now timestamp, p_session uuid, p_user uuid, p_code bytea, p_keys text[], p_max integer[], p_seconds integer[], p_id uuid,
    out outcome text, out wait integer, out kind text, out ends_at timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    v_tenant uuid;
    g gift_codes;
begin
    select s.tenant_id into v_tenant from signed_in s
    where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now;
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
grant execute on function api.gift_redeem to billing;

-- Plan and downgrade from the facts. The tenant's row must be locked.
--
-- The plan is the best of those that subscriptions (by their latest states) and gifts give. `downgraded_at` is when content first
-- became inaccessible since the last time that nothing was: a plan that keeps content for less time than an earlier one makes it so,
-- and one that keeps it as long as any before ends it (promise a48).
create function api.billing_entitle(p_now timestamp, p_tenant uuid) returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
            select s.created_at as at, s.rank, s.period_end, s.event_id as id, s.subscription as source, case when s.entitled then s.plan end as plan
            from subscription_states s where s.tenant_id = p_tenant
            union all
            select g.begins_at, 0::smallint, null::timestamp, g.id::text, g.id::text, g.plan from plan_gifts g
            where g.tenant_id = p_tenant and g.begins_at <= p_now
            union all
            select g.ends_at, 0::smallint, null::timestamp, g.id::text, g.id::text, null from plan_gifts g
            where g.tenant_id = p_tenant and g.ends_at <= p_now) f
        order by f.at, f.rank, f.period_end nulls first, f.id collate "C", f.plan
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

-- The plan that content was kept under before it was cut short, so that an upgrade brings it back (promise a48).
create function api.tenant_downgraded() returns trigger
language plpgsql set search_path = pg_catalog, api, public, pg_temp as $$
begin
    if new.downgraded_at is null then
        new.downgraded_from := null;
    elsif old.downgraded_at is null then
        new.downgraded_from := old.plan;
    end if;
    return new;
end
$$;
create trigger tenant_downgraded before update of downgraded_at on tenants for each row execute function api.tenant_downgraded();

-- Grants a payment's credits once, and takes back what of them was refunded or disputed and is unspent. What a running generation has set
-- aside counts as spent; what it does not use in the end is settled when it ends. The tenant's row must be locked.
--
-- Credits are spent oldest first, so that what is unspent of one pack does not depend on packs bought after it. The two ids are those of
-- the ledger's rows, should it write any.
create function api.billing_settle(p_now timestamp, p_tenant uuid, p_payment text, p_grant uuid, p_refund uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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

    -- `domain::billing::reversed`. A refund that failed was made, also where only its failure was told; a claim that was turned down was
    -- one, likewise.
    select least(r.amount, greatest(0,
            coalesce(max(b.amount) filter (where b.kind = 'refund'), 0) - coalesce(sum(b.amount) filter (where b.kind = 'refund-failed'), 0),
            coalesce(sum(b.amount) filter (where b.kind = 'refund-made' and f.id is null), 0))
        + coalesce(sum(b.amount) filter (where b.kind = 'dispute' and f.id is null), 0))
    into v_reversed
    from billing_records b
    left join billing_records f on f.id = b.id || case b.kind when 'refund-made' then '/failed' when 'dispute' then '/won' end
    where b.payment = p_payment and b.kind <> 'pack';
    select -coalesce(sum(tokens), 0) into v_taken from credit_ledger
    where tenant_id = p_tenant and payment = p_payment and kind = 'refund';
    v_delta := case when r.amount = 0 then 0 else floor(v_tokens::numeric * v_reversed / r.amount)::bigint end - v_taken;
    if v_delta > 0 then
        select coalesce(sum(credits_reserved), 0) into v_spent from generations where tenant_id = p_tenant and status = 'running';
        select v_spent - coalesce(sum(tokens), 0) into v_spent from credit_ledger
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

-- A generation that had set credits aside has ended: what was refunded meanwhile and turned out to be unspent is taken back now. After
-- the statement's end, when the ledger has what the generation cost; its functions have locked the tenant. The ids follow from the
-- generation's, so that a repeat writes nothing; the time is that of the money's movement, since no clock is asked.
create function api.credits_released() returns trigger
language plpgsql security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v record;
begin
    for v in
        select l.payment, max(b.booked_at) as at from credit_ledger l join billing_records b on b.payment = l.payment
        where l.tenant_id = old.tenant_id and l.kind = 'purchase' and b.kind in ('refund', 'refund-made', 'dispute')
        group by l.payment, l.created_at order by l.created_at, l.payment
    loop
        perform billing_settle(v.at, old.tenant_id, v.payment, md5('grant' || v.payment)::uuid,
                               md5('released' || old.id::text || v.payment)::uuid);
    end loop;
    return null;
end
$$;
create constraint trigger credits_released after update on generations deferrable initially deferred
    for each row when (old.credits_reserved > 0 and new.credits_reserved = 0) execute function api.credits_released();
-- A brief that moderation refuses takes its generation with it.
create constraint trigger credits_released_with_it after delete on generations deferrable initially deferred
    for each row when (old.credits_reserved > 0) execute function api.credits_released();
