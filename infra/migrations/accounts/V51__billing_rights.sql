-- Billing, where it meets the rights: an erasure takes the Stripe customer with it, and the export has all that billing holds.

-- The customer that an erasure has to remove at Stripe, until that is done.
create table erasure_customers (
    erasure_id uuid primary key references erasures on delete cascade,
    customer text not null
);
comment on column erasure_customers.erasure_id is 'purpose: of which erasure; basis: art. 6(1)(c) legal obligation; recipients: none; retention: until the customer is removed at Stripe';
comment on column erasure_customers.customer is 'purpose: whom to remove at Stripe; basis: art. 6(1)(c) legal obligation; recipients: Stripe; retention: until the customer is removed at Stripe';

-- An erasure of the last person of a tenant that has a Stripe customer gets the step `stripe`, and its receipt says that the
-- accountant's records remain where there are some.
create function erasure_keeps_billing() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform 1 from billing_records r join billing_customers c on c.id = r.customer where c.tenant_id = new.tenant_id;
    if found then
        new.remains := array['billing-records'] || new.remains;
    end if;
    return new;
end
$$;
create trigger erasure_keeps_billing before insert on erasures for each row execute function erasure_keeps_billing();

create function erasure_removes_customer() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_customer text;
begin
    select id into v_customer from billing_customers where tenant_id = new.tenant_id;
    if v_customer is not null and not exists (select 1 from users where tenant_id = new.tenant_id and id <> new.user_id) then
        insert into erasure_customers (erasure_id, customer) values (new.id, v_customer);
        insert into erasure_steps (erasure_id, position, name, not_before) values (new.id, 9, 'stripe', new.requested_at);
    end if;
    return new;
end
$$;
create trigger erasure_removes_customer after insert on erasures for each row execute function erasure_removes_customer();

-- Whom an erasure still has to remove at Stripe; null once that is done.
create function erasure_customer(p_erasure uuid) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
    select customer from erasure_customers where erasure_id = p_erasure
$$;

-- Forgets whom, once it is done.
create function erasure_customer_removed(p_erasure uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    delete from erasure_customers where erasure_id = p_erasure;
    return found;
end
$$;

-- As before, with times as the rest of the export has them.
create or replace function billing_export(p_user uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, public as $$
    select jsonb_build_object(
        'plan', t.plan,
        'downgraded_at', instant(t.downgraded_at),
        'stripe_customer', c.id,
        'subscription_states', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'subscription', s.subscription, 'at', instant(s.created_at), 'status', s.status, 'plan', s.plan,
                'period_end', instant(s.period_end), 'ends_at_period_end', s.ends_at_period_end)
                order by s.created_at, s.rank, s.event_id), '[]')
            from subscription_states s where s.tenant_id = t.id),
        'payments', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', r.id, 'kind', r.kind, 'payment', r.payment, 'subscription', r.subscription, 'item', r.item,
                'amount', r.amount, 'tax', r.tax, 'currency', r.currency, 'booked_at', instant(r.booked_at))
                order by r.booked_at, r.id), '[]')
            from billing_records r
            where r.customer = c.id or r.payment in (select b.payment from billing_records b where b.customer = c.id)),
        'credits', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', l.id, 'created_at', instant(l.created_at), 'kind', l.kind, 'tokens', l.tokens, 'generation_id', l.generation_id,
                'payment', l.payment) order by l.created_at, l.id), '[]')
            from credit_ledger l where l.tenant_id = t.id),
        'gifts', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'kind', g.kind, 'issued_at', instant(g.issued_at), 'expires_at', instant(g.expires_at),
                'redeemed_at', instant(g.redeemed_at)) order by g.redeemed_at), '[]')
            from gift_codes g where g.redeemed_by = u.id),
        'gift_plans', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'plan', p.plan, 'begins_at', instant(p.begins_at), 'ends_at', instant(p.ends_at)) order by p.begins_at), '[]')
            from plan_gifts p where p.tenant_id = t.id),
        'checkouts', (
            select coalesce(jsonb_agg(jsonb_build_object('session', k.session, 'created_at', instant(k.created_at))
                order by k.created_at), '[]')
            from checkouts k where k.tenant_id = t.id))
    from users u join tenants t on t.id = u.tenant_id left join billing_customers c on c.tenant_id = t.id
    where u.id = p_user
$$;

-- The documents of an export: those of before, with all of billing in the place of the ledger alone.
alter function export_documents_of(uuid) rename to export_documents_besides_billing;
create function export_documents_of(p_user uuid) returns table (name text, document jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
    select d.name, d.document from export_documents_besides_billing(p_user) d where d.name <> 'billing'
    union all
    select 'billing', billing_export(p_user)
$$;

grant execute on function erasure_customer(uuid), erasure_customer_removed(uuid) to lifecycle, rights;
