-- Records an event and locks whom it is about. `outcome`: `duplicate`, or that of the table `stripe_events`; `tenant_id` where it is
-- to be applied. The events of a customer wait for each other; those of different customers do not.
create function api.stripe_event_begin(
    p_now timestamp, p_event text, p_event_type text, p_created timestamp, p_customer text, p_wanted boolean,
    out outcome text, out tenant_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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
    insert into stripe_events (id, type, created_at, received_at, outcome) values (p_event, p_event_type, p_created, p_now, outcome)
    on conflict (id) do nothing;
    if not found then
        outcome := 'duplicate';
    elsif outcome = 'applied' then
        tenant_id := v_tenant;
    end if;
end
$$;

-- An event that changes nothing: of a type we do not use, or (`other-mode`) of Stripe's other mode.
create function api.stripe_event_ignore(p_now timestamp, p_event text, p_event_type text, p_created timestamp, p_outcome text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    insert into stripe_events (id, type, created_at, received_at, outcome) values (p_event, p_event_type, p_created, p_now, p_outcome)
    on conflict (id) do nothing;
    return case when found then p_outcome else 'duplicate' end;
end
$$;
grant execute on function api.stripe_event_ignore to billing;

-- A state of a subscription.
create function api.stripe_subscription(
    p_now timestamp, p_event text, p_event_type text, p_created timestamp, p_customer text,
    p_subscription text, p_rank smallint, p_status text, p_plan text, p_entitled boolean, p_period_end timestamp, p_ends boolean)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v record;
begin
    select * into v from stripe_event_begin(p_now, p_event, p_event_type, p_created, p_customer, true);
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
grant execute on function api.stripe_subscription to billing;

-- A movement of money. Its record is kept for an erased customer too: it is the accountant's, and leads to nobody.
create function api.stripe_money(
    p_now timestamp, p_event text, p_event_type text, p_created timestamp, p_customer text,
    p_id text, p_kind text, p_payment text, p_subscription text, p_item text, p_amount bigint, p_tax bigint, p_currency text,
    p_grant uuid, p_refund uuid)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v record;
    v_customer text := p_customer;
begin
    if v_customer is null and p_payment is not null then
        -- A dispute and a single refund name their payment only, and may come before what they are about.
        select customer into v_customer from billing_records where payment = p_payment and customer is not null limit 1;
    end if;
    select * into v from stripe_event_begin(p_now, p_event, p_event_type, p_created, v_customer, true);
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
grant execute on function api.stripe_money to billing;
