create function api.exports_end(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_rows integer;
begin
    delete from exports where id in (select id from exports where ends_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;
grant execute on function api.exports_end to lifecycle;

-- How many exports `exports_end` would forget: for a dry run.
create function api.exports_ended(p_now timestamp) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return (
        select count(*) from exports where ends_at <= p_now);
end
$$;
grant execute on function api.exports_ended to lifecycle;
