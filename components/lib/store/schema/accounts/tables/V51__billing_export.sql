-- What the export says of billing, with times as the rest of it has them.
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
