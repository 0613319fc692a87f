-- A walk in order begins at its place in the index. The planner knows no parameter's value inside this function, so "after nothing, or
-- after this" was a filter over everything before.

create or replace function content_batch(p_after uuid, p_limit integer) returns table (generation_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
    select distinct c.generation_id from files c
    where c.generation_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000'::uuid) order by 1 limit p_limit
$$;
