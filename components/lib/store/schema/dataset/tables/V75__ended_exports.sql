-- How many exports `exports_end` would forget: for a dry run.
create function exports_ended(p_now timestamp) returns bigint
language sql stable security definer set search_path = pg_catalog, public as $$
    select count(*) from exports where ends_at <= p_now
$$;
grant execute on function exports_ended(timestamp) to lifecycle;
