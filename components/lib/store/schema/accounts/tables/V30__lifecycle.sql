-- The lifecycle job's rules on this database. Each function deals with one bounded batch and says how many rows that were; 0 is
-- the end. Batches lock in the order of ids and skip what is locked: the next run finds it.

-- Fails running generations whose deadline has passed, of at most so many tenants, and gives their reservations back.
create function sweep_stale_generations(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_tenant uuid;
    v_gone integer := 0;
begin
    for v_tenant in
        select t.id from tenants t
        where t.id in (select g.tenant_id from generations g where g.status = 'running' and g.deadline_at <= p_now)
        order by t.id limit p_batch for update of t skip locked
    loop
        v_gone := v_gone + generations_expire(p_now, v_tenant);
    end loop;
    return v_gone;
end
$$;

create function sweep_limits(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from limits where key in
        (select key from limits where expires_at <= p_now order by key limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

create function sweep_lockouts(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from lockouts where key in
        (select key from lockouts where expires_at <= p_now order by key limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

create function sweep_idempotency(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from idempotency where key in
        (select key from idempotency where expires_at <= p_now order by key limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

create function sweep_verifications(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_gone integer;
begin
    delete from verifications where id in
        (select id from verifications where expires_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_gone = row_count;
    return v_gone;
end
$$;

-- How far a rule that walks through the content databases has come: a run whose time is up is gone on with by the next.
create table sweeps (
    rule text primary key,
    after_id uuid
);
comment on column sweeps.rule is 'purpose: names a rule of the lifecycle job; basis: none, not personal; recipients: none; retention: overwritten by the next run';
comment on column sweeps.after_id is 'purpose: id of the last generation that a rule of the lifecycle job has looked at; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: overwritten by the next run';

create function sweep_position(p_rule text) returns uuid
language sql stable security definer set search_path = pg_catalog, public as $$
    select (select after_id from sweeps where rule = p_rule)
$$;

create function sweep_moved(p_rule text, p_after uuid) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
    insert into sweeps (rule, after_id) values (p_rule, p_after)
    on conflict (rule) do update set after_id = excluded.after_id
$$;

-- Which of these generations may have no content (any more): unknown ones, failed ones, and those whose content was deleted. A
-- generation's row is there before its first content, and these states are final, so what is an orphan stays one.
create function content_orphans(p_ids uuid[]) returns table (id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
    select i.id from unnest(p_ids) as i(id)
    left join generations g on g.id = i.id
    where g.id is null or g.status = 'failed' or g.content_deleted_at is not null
$$;

grant execute on function
    sweep_stale_generations(timestamp, integer),
    sweep_limits(timestamp, integer),
    sweep_lockouts(timestamp, integer),
    sweep_idempotency(timestamp, integer),
    sweep_verifications(timestamp, integer),
    sweep_position(text),
    sweep_moved(text, uuid),
    content_orphans(uuid[])
to lifecycle;
