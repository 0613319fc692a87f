-- Whether what was rejected on the way to this generation may be kept for the dataset (promise a18): only of those who may be learnt from now.
create function generation_may_teach(p_id uuid, p_opt_in boolean) returns boolean
language sql stable security definer set search_path = pg_catalog, public as $$
    select coalesce((select training_basis(g.user_id, p_opt_in) is not null from generations g where g.id = p_id), false)
$$;
grant execute on function generation_may_teach(uuid, boolean) to generation;
