-- A tenant's tokens by day, newest first, and what it has today. Always a row for today. Outcomes: `unauthenticated`, `found`.
create function api.usage_read(p_now timestamp, p_session uuid, p_user uuid, p_days integer)
returns table (outcome text, today text, quota bigint, credits bigint, day text, used bigint, paid bigint, reserved bigint)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    with tenant as (
        select t.id, (p_now at time zone 'UTC' at time zone t.time_zone)::date as today, p.daily_tokens
        from api.signed_in s join public.tenants t on t.id = s.tenant_id join public.plans p on p.name = t.plan
        where s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    )
    select case when t.id is null then 'unauthenticated' else 'found' end, t.today::text, t.daily_tokens,
        coalesce((select c.tokens from api.credits c where c.tenant_id = t.id), 0),
        d.day::text, coalesce(u.used, 0), coalesce(u.credits, 0), coalesce(u.reserved, 0)
    from (select 1) one
    left join tenant t on true
    left join lateral (
        select x.day from public.usage_daily x where x.tenant_id = t.id and x.day > t.today - p_days
        union select t.today
    ) d on true
    left join public.usage_daily u on u.tenant_id = t.id and u.day = d.day
    order by d.day desc;
end
$$;
grant execute on function api.usage_read to identity, generation, rights, billing;
