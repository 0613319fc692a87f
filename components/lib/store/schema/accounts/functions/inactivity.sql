-- Warns the next persons whose account was not used for so long (promise a48): a mail waits for each. A sign-in or a generation after the
-- warning makes it void.
create function api.inactivity_warn(p_now timestamp, p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_claimed tid[] := sweep_claim('inactive_warned', p_before, p_batch);
    v_rows integer;
begin
    with warned as (
        update users set inactivity_warned_at = p_now where ctid = any (v_claimed) returning id
    )
    insert into mails (id, kind, user_id, created_at)
    select md5('inactivity' || id::text || p_now::text)::uuid, 'inactivity', id, p_now from warned;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;
grant execute on function api.inactivity_warn to lifecycle;

-- Accounts whose warning has come to nothing.
create function api.inactivity_due(p_before timestamp, p_warned_before timestamp, p_batch integer) returns table (user_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select id from users
    where last_active_at <= p_before and restricted_at is null
        and inactivity_warned_at <= p_warned_before and inactivity_warned_at > last_active_at
    order by id limit p_batch;
end
$$;
grant execute on function api.inactivity_due to lifecycle;

-- Closes one of them as its owner would, unless they came back in between. False: nothing was closed.
create function api.inactivity_close(
    p_now timestamp, p_before timestamp, p_warned_before timestamp, p_user uuid, p_id uuid, p_due timestamp, p_backups_expire timestamp,
    p_again timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    perform 1 from tenants where id = (select tenant_id from users where id = p_user) for update;
    perform 1 from users where id = p_user and last_active_at <= p_before and restricted_at is null
        and inactivity_warned_at <= p_warned_before and inactivity_warned_at > last_active_at for update;
    if not found then
        return false;
    end if;
    return account_close(p_now, p_user, p_id, p_due, p_backups_expire, p_again) is not null;
end
$$;
grant execute on function api.inactivity_close to lifecycle;
