-- A tenant's tokens by day, newest first, and what it has today. Always a row for today. Outcomes: `unauthenticated`, `found`.
create function api.usage_read(p_now timestamp, p_session uuid, p_user uuid, p_days integer)
returns table (outcome text, today text, quota bigint, credits bigint, day text, used bigint, paid bigint, reserved bigint)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when t.id is null then 'unauthenticated' else 'found' end, t.today::text, t.daily_tokens,
        coalesce(t.credits, 0),
        d.day::text, d.used, d.credits, d.reserved
    from (select 1) one
    left join (
        select t0.id, (p_now at time zone 'UTC' at time zone t0.time_zone)::date as today, p.daily_tokens,
            coalesce((select sum(l.tokens) from public.credit_ledger l where l.tenant_id = t0.id), 0)::bigint
            - coalesce((select sum(g.credits_reserved) from public.generations g where g.tenant_id = t0.id and g.status = 'running'), 0)::bigint
            as credits
        from public.sessions s join public.users u on u.id = s.user_id
        join public.tenants t0 on t0.id = u.tenant_id join public.plans p on p.name = t0.plan
        where s.id = p_session and u.id = p_user and s.revoked_at is null and s.family_expires_at > p_now and u.blocked_at is null
        -- Computed once, and not for each day.
        offset 0
    ) t on true
    left join lateral (
        select x.day, x.used, x.credits, x.reserved from public.usage_daily x where x.tenant_id = t.id and x.day > t.today - greatest(p_days, 1)
        union all
        select t.today, 0, 0, 0 where not exists (select from public.usage_daily x where x.tenant_id = t.id and x.day = t.today)
    ) d on true
    order by d.day desc;
end
$$;
grant execute on function api.usage_read to identity, generation, rights, billing;
