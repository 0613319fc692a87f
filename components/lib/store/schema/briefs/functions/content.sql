-- The ids of the generations that have content here, after the given one.
create function api.content_batch(p_after uuid, p_limit integer) returns table (generation_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select distinct c.generation_id from briefs c
    where c.generation_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000'::uuid) order by 1 limit p_limit;
end
$$;
grant execute on function api.content_batch to lifecycle;

-- Removes the content of these generations. In the order of their keys, so that two sweeps never wait for each other in a circle.
create function api.content_remove(p_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_gone integer;
begin
    delete from briefs where (generation_id, kind) in (
        select c.generation_id, c.kind from briefs c where c.generation_id = any (p_ids)
        order by c.generation_id, c.kind for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;
grant execute on function api.content_remove to lifecycle;
