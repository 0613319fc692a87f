-- On which basis a person's pairs may be learnt from; null: not at all (promise a18). Of testers and of candidates of the beta test only a
-- consent will do; a candidate's own counts once the account has proved the address (promise a07).
create function api.training_basis(p_user uuid, p_opt_in boolean) returns text
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return (
        select case
            when u.objected_at is not null or u.restricted_at is not null then null
            when consent_holds(u.id, 'training') then 'consent'
            when u.email_confirmed_at is not null and b.training_at is not null then 'consent'
            when p_opt_in or consent_holds(u.id, 'beta') or b.status = 'accepted' then null
            else 'legitimate-interest'
        end
        from users u left join beta_candidacies b on b.email = u.email and b.confirmed_at is not null
        where u.id = p_user);
end
$$;

-- Whether what was rejected on the way to this generation may be kept for the dataset (promise a18): only of those who may be learnt from now.
create function api.generation_may_teach(p_id uuid, p_opt_in boolean) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    return coalesce((select training_basis(g.user_id, p_opt_in) is not null from generations g where g.id = p_id), false);
end
$$;
grant execute on function api.generation_may_teach to generation;

-- The next delivered generations with content after the given one, with what is needed to copy them where they may be learnt from: no
-- `basis`, no copy. Of those only the last is told, for the next call.
create function api.dataset_candidates(p_opt_in boolean, p_after uuid, p_limit integer)
returns table (id uuid, user_id uuid, basis text, salt bytea, prompt_version text, first_name text, last_name text)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with page as (
        select g.id, g.user_id, g.prompt_version from generations g
        where g.status = 'delivered' and g.content_deleted_at is null and g.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000'::uuid)
        order by g.id limit p_limit
    ), judged as (
        select w.id, w.user_id, w.prompt_version, training_basis(w.user_id, p_opt_in) as basis from page w
    )
    select j.id, j.user_id, j.basis, case when j.basis is not null then k.salt end, j.prompt_version, u.first_name, u.last_name
    from judged j join users u on u.id = j.user_id join user_keys k on k.user_id = j.user_id
    where j.basis is not null or j.id = (select max(w.id::text)::uuid from page w)
    order by j.id;
end
$$;
grant execute on function api.dataset_candidates to lifecycle;

-- Which of these people's entries have to go: erased, objecting, restricting, or without the consent that it takes.
create function api.dataset_unfounded(p_users uuid[], p_opt_in boolean) returns table (user_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select i.id from unnest(p_users) as i(id)
    where not exists (select 1 from users u where u.id = i.id and (u.restricted_at is not null or training_basis(u.id, p_opt_in) is not null));
end
$$;
grant execute on function api.dataset_unfounded to lifecycle;

-- Notes that a person's dataset entries have to go at once (promise a44).
create function api.dataset_removal_ask(p_now timestamp, p_user uuid) returns void
language plpgsql volatile set search_path = pg_catalog, api, public, pg_temp as $$
begin
    insert into dataset_removals (user_id, asked_at) values (p_user, p_now)
    on conflict (user_id) do update set asked_at = excluded.asked_at;
end
$$;

-- Persons whose dataset entries have to go, the oldest wish first.
create function api.dataset_removals_open(p_limit integer) returns table (user_id uuid, asked_at timestamp)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select user_id, asked_at from dataset_removals order by asked_at, user_id limit p_limit;
end
$$;
grant execute on function api.dataset_removals_open to lifecycle;

-- Their entries are gone; unless the wish was repeated since.
create function api.dataset_removal_done(p_now timestamp, p_user uuid, p_asked_at timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    delete from dataset_removals where user_id = p_user and asked_at = p_asked_at;
    if not found then
        return false;
    end if;
    update requests set answered_at = p_now
    where user_id = p_user and kind in ('objection', 'consent-withdrawal') and received_at <= p_asked_at and answered_at is null;
    return true;
end
$$;
grant execute on function api.dataset_removal_done to lifecycle;
