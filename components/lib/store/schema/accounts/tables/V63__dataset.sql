-- The way into the training dataset (promises a18, a44, c03).

-- Candidates of the beta test are asked like testers: for them, too, only a consent will do. Their own counts once the account has proved
-- the address (promises a07, a18). Replaces the function of V40.
create or replace function training_basis(p_user uuid, p_opt_in boolean) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
    select case
        when u.objected_at is not null or u.restricted_at is not null then null
        when consent_holds(u.id, 'training') then 'consent'
        when u.email_confirmed_at is not null and b.training_at is not null then 'consent'
        when p_opt_in or consent_holds(u.id, 'beta') or b.status = 'accepted' then null
        else 'legitimate-interest'
    end
    from users u left join beta_candidacies b on b.email = u.email and b.confirmed_at is not null
    where u.id = p_user
$$;

-- The next delivered generations with content after the given one, with what is needed to copy them where they may be learnt from: no
-- `basis`, no copy. Of those only the last is told, for the next call.
create function dataset_candidates(p_opt_in boolean, p_after uuid, p_limit integer)
returns table (id uuid, user_id uuid, basis text, salt bytea, prompt_version text, first_name text, last_name text)
language sql stable security definer set search_path = pg_catalog, public as $$
    with page as (
        select g.id, g.user_id, g.prompt_version from generations g
        where g.status = 'delivered' and g.content_deleted_at is null and (p_after is null or g.id > p_after)
        order by g.id limit p_limit
    ), judged as (
        select w.id, w.user_id, w.prompt_version, training_basis(w.user_id, p_opt_in) as basis from page w
    )
    select j.id, j.user_id, j.basis, case when j.basis is not null then k.salt end, j.prompt_version, u.first_name, u.last_name
    from judged j join users u on u.id = j.user_id join user_keys k on k.user_id = j.user_id
    where j.basis is not null or j.id = (select max(w.id::text)::uuid from page w)
    order by j.id
$$;

-- Which of these people's entries have to go: erased, objecting, restricting, or without the consent that it takes.
create function dataset_unfounded(p_users uuid[], p_opt_in boolean) returns table (user_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
    select i.id from unnest(p_users) as i(id)
    where not exists (select 1 from users u where u.id = i.id and (u.restricted_at is not null or training_basis(u.id, p_opt_in) is not null))
$$;

grant execute on function dataset_candidates(boolean, uuid, integer), dataset_unfounded(uuid[], boolean) to lifecycle;
