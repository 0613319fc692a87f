-- Credits that a running generation has set aside are spent as far as money is concerned: they are not shown as there to spend, and a
-- refund or a dispute does not take them. What of them is not used in the end is settled when the generation ends. Replaces two
-- functions of V50, from before there were reservations (V31).

-- Grants a payment's credits once, and takes back what of them was refunded or disputed and is unspent. The tenant's row must be locked.
--
-- Credits are spent oldest first, so that what is unspent of one pack does not depend on packs bought after it. The two ids are those of
-- the ledger's rows, should it write any.
create or replace function billing_settle(p_now timestamp, p_tenant uuid, p_payment text, p_grant uuid, p_refund uuid) returns void
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
create function credits_released() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v record;
begin
    for v in
        select l.payment, max(b.booked_at) as at from credit_ledger l join billing_records b on b.payment = l.payment
        where l.tenant_id = old.tenant_id and l.kind = 'purchase' and b.kind in ('refund', 'dispute')
        group by l.payment, l.created_at order by l.created_at, l.payment
    loop
        perform billing_settle(v.at, old.tenant_id, v.payment, md5('grant' || v.payment)::uuid,
                               md5('released' || old.id::text || v.payment)::uuid);
    end loop;
    return null;
end
$$;
create constraint trigger credits_released after update on generations deferrable initially deferred
    for each row when (old.credits_reserved > 0 and new.credits_reserved = 0) execute function credits_released();
-- A brief that moderation refuses takes its generation with it.
create constraint trigger credits_released_with_it after delete on generations deferrable initially deferred
    for each row when (old.credits_reserved > 0) execute function credits_released();

-- The overview of the bearer's tenant. No row: not signed in (any more).
create or replace function billing_read(p_now timestamp, p_session uuid, p_user uuid)
returns table (plan text, status text, period_end timestamp, ends_at_period_end boolean, credits bigint, quota bigint, used bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select t.plan, coalesce(s.status, case when g.ends_at is not null then 'gift' else 'none' end),
        coalesce(s.period_end, g.ends_at), coalesce(s.ends_at_period_end, g.ends_at is not null),
        credits_available(t.id), p.daily_tokens, coalesce(d.used + d.reserved, 0)
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
