-- Content of a generation that its plan hides but that is still kept for an upgrade (promise a48): since when, and when the plan of before
-- would have let it go. No row where it is gone for good, or not hidden.
create function content_hidden(p_id uuid) returns table (downgraded_at timestamp, former_end timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select t.downgraded_at, g.created_at + make_interval(days => b.retention_days)
    from generations g join tenants t on t.id = g.tenant_id left join plans b on b.name = t.downgraded_from
    where g.id = p_id and g.status = 'delivered' and g.content_deleted_at is null and g.created_at < t.downgraded_at
$$;
grant execute on function content_hidden(uuid) to generation;
