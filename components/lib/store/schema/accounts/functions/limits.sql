-- Counting. As functions, since a statement that counted in a CTE would decide on a snapshot older than its lock (decision 3).

-- What holds for a counter of failures.
create type api.lock_state as (failures integer, lockouts integer, locked_until timestamp);

-- Takes one from a limit: 0 if it admitted it, else the seconds until it does. A window begins with its first take. A `max` of 0 or less
-- refuses. For the functions here that run as the owner; one statement where the limit has room.
create function api.limit_take(p_now timestamp, p_key text, p_max integer, p_seconds integer) returns integer
language plpgsql volatile as $$
declare
    v_wait integer;
begin
    if p_max <= 0 then
        return p_seconds;
    end if;
    insert into limits as l (key, started_at, used, expires_at) values (p_key, p_now, 1, p_now + make_interval(secs => p_seconds))
    on conflict (key) do update set
        used = case when l.expires_at <= p_now then 1 else l.used + 1 end,
        started_at = case when l.expires_at <= p_now then p_now else l.started_at end,
        expires_at = case when l.expires_at <= p_now then excluded.expires_at else l.expires_at end
    where l.expires_at <= p_now or l.used < p_max;
    if found then
        return 0;
    end if;
    select greatest(1, ceil(extract(epoch from expires_at - p_now)))::integer into v_wait from limits where key = p_key;
    return v_wait;
end
$$;

-- Takes one from each limit, or from none: 0 if all admitted it, else the seconds until the fullest one does. Rows are locked in the order
-- of their keys, so that two callers never wait for each other in a circle.
create function api.limits_take(p_now timestamp, p_keys text[], p_max integer[], p_seconds integer[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_wait integer := 0;
begin
    if cardinality(p_keys) = 1 then
        return limit_take(p_now, p_keys[1], p_max[1], p_seconds[1]);
    end if;

    -- A row that is there already is locked, whether its window has ended or not.
    insert into limits as l (key, started_at, used, expires_at)
    select distinct on (k) k, p_now, 0, p_now + make_interval(secs => s) from unnest(p_keys, p_seconds) as t(k, s) order by k
    on conflict (key) do update set used = 0, started_at = excluded.started_at, expires_at = excluded.expires_at
    where l.expires_at <= p_now;

    select coalesce(max(case
        when t.m <= 0 then t.s
        when l.used >= t.m then greatest(1, ceil(extract(epoch from l.expires_at - p_now)))::integer
    end), 0) into v_wait
    from unnest(p_keys, p_max, p_seconds) as t(k, m, s) left join limits l on l.key = t.k;

    if v_wait = 0 then
        update limits set used = used + 1 where key = any (p_keys);
    end if;
    return v_wait;
end
$$;
grant execute on function api.limits_take to identity, generation;

-- One SMS for a phone: counted per phone, country, address and in all, in this fixed order; further limits may follow.
-- `p_keys` are keyed hashes (promise a23): phone, country, address, all, and those of further limits.
create function api.sms_take(p_now timestamp, p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[])
returns integer
language plpgsql volatile as $$
begin
    return limits_take(p_now,
        array['sms-phone-minute:' || p_phone_key, 'sms-phone-day:' || p_phone_key, 'sms-country:' || p_country_key,
              'sms-address:' || p_address_key, 'sms-all'],
        p_max, p_seconds);
end
$$;

-- Wrong codes of a phone, or wrong passwords of an account, whoever gave them, decoys included. Locks the counter and returns what holds.
create function api.lockout_read(p_now timestamp, p_key text) returns lock_state
language plpgsql volatile as $$
declare
    v lock_state;
begin
    select failures, lockouts, locked_until into v from lockouts where key = p_key and expires_at > p_now for update;
    if not found then
        -- There is none, or its time is up. Or somebody has just made it, which then counts.
        insert into lockouts as l (key, expires_at) values (p_key, p_now + interval '1 day')
        on conflict (key) do update set
            failures = case when l.expires_at > p_now then l.failures else 0 end,
            lockouts = case when l.expires_at > p_now then l.lockouts else 0 end,
            locked_until = case when l.expires_at > p_now then l.locked_until end,
            expires_at = case when l.expires_at > p_now then l.expires_at else excluded.expires_at end
        returning l.failures, l.lockouts, l.locked_until into v;
    end if;
    return v;
end
$$;

-- Removes rows whose time is up, tokens sent by email included, a bounded number at a time. The oldest first, by the index on the time: in
-- the order of their keys each call would look at all that are still good. It waits for no row, so no order can end in a circle.
create function api.limits_prune(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile as $$
declare
    v_gone integer := 0;
    v_rows integer;
begin
    -- Most calls find nothing, and learn it from the first entry of each index. Not by `exists`, for which the planner, who expects a third
    -- of the rows, would read the table.
    if (least((select min(expires_at) from limits), (select min(expires_at) from lockouts), (select min(expires_at) from idempotency),
            (select min(expires_at) from verifications), (select min(expires_at) from email_tokens)) <= p_now) is not true then
        return 0;
    end if;
    delete from limits where ctid = any (array(
        select ctid from limits where expires_at <= p_now order by expires_at limit p_batch for update skip locked));
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from lockouts where ctid = any (array(
        select ctid from lockouts where expires_at <= p_now order by expires_at limit p_batch for update skip locked));
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from idempotency where ctid = any (array(
        select ctid from idempotency where expires_at <= p_now order by expires_at limit p_batch for update skip locked));
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from verifications where ctid = any (array(
        select ctid from verifications where expires_at <= p_now order by expires_at limit p_batch for update skip locked));
    get diagnostics v_rows = row_count;
    v_gone := v_gone + v_rows;
    delete from email_tokens where ctid = any (array(
        select ctid from email_tokens where expires_at <= p_now order by expires_at limit p_batch for update skip locked));
    get diagnostics v_rows = row_count;
    return v_gone + v_rows;
end
$$;
