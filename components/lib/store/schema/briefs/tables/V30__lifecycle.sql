-- What the lifecycle job needs to find and remove content whose generation may have none (any more).

-- The ids of the generations that have content here, after the given one.
create function content_batch(p_after uuid, p_limit integer) returns table (generation_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
    select distinct c.generation_id from briefs c
    where p_after is null or c.generation_id > p_after order by 1 limit p_limit
$$;

-- Removes the content of these generations. In the order of their keys, so that two sweeps never wait for each other in a circle.
create function content_remove(p_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

grant execute on function content_batch(uuid, integer), content_remove(uuid[]) to lifecycle;
