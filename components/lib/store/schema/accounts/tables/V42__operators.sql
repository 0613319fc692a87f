-- What operators do for people who write to them, and what must not spread on the disk.

-- `ANALYZE` keeps samples of values in `pg_statistic`; a target of 0 keeps these out. `asknpic rewrite` rewrites the tables that have
-- such a column (promise a62).
alter table users alter column email set statistics 0, alter column phone set statistics 0, alter column password_hash set statistics 0,
    alter column first_name set statistics 0, alter column last_name set statistics 0;
alter table user_keys alter column salt set statistics 0;
alter table verifications alter column phone set statistics 0;
alter table email_tokens alter column email set statistics 0;

-- Enters a request that came by email; the person was identified by the operator. False where there is no such account.
create function request_add(p_now timestamp, p_id uuid, p_user uuid, p_kind text, p_due timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    insert into requests (id, user_id, kind, channel, received_at, due_at)
    select p_id, u.id, p_kind, 'email', p_now, p_due from users u where u.id = p_user
    on conflict (id) do nothing;
    return found;
end
$$;

-- Answers a request. False where it is unknown or answered already.
create function request_answer(p_now timestamp, p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    update requests set answered_at = p_now where id = p_id and answered_at is null;
    return found;
end
$$;

-- Two more months, once, after the person was told. False where it is unknown, answered or extended already.
create function request_extend(p_now timestamp, p_id uuid, p_more integer) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    update requests set extended_at = p_now, due_at = due_at + make_interval(secs => p_more)
    where id = p_id and answered_at is null and extended_at is null;
    return found;
end
$$;

-- Rectifies an account for a person who wrote to support (promise a70). Null leaves a value as it is. A new address or number has to be
-- proved before it counts as confirmed or verified. Outcomes: `unknown`, `unproved` (a new number
-- needs a confirmed address that stays), `taken` (the address is another account's), `done`.
create function account_rectify(
    p_now timestamp, p_user uuid, p_first_name text, p_last_name text, p_language text, p_email text, p_phone text,
    p_request uuid, p_due timestamp, p_event uuid)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    u users;
begin
    select * into u from users where id = p_user for update;
    if not found then
        return 'unknown';
    end if;
    -- An account with neither proved would count as one that never proved anything, and go within a day.
    if p_phone is not null and (u.email_confirmed_at is null or p_email is not null) then
        return 'unproved';
    end if;
    perform 1 from users where email = lower(btrim(p_email)) and id <> p_user;
    if found then
        return 'taken';
    end if;
    update users set first_name = coalesce(p_first_name, first_name), last_name = coalesce(p_last_name, last_name),
        language = coalesce(p_language, language),
        email = coalesce(lower(btrim(p_email)), email),
        email_confirmed_at = case when p_email is null then email_confirmed_at end,
        phone = coalesce(p_phone, phone),
        phone_verified_at = case when p_phone is null then phone_verified_at end,
        phone_changed_at = case when p_phone is null then phone_changed_at else p_now end
    where id = p_user;
    insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
    values (p_request, p_user, 'rectification', 'email', p_now, p_due, p_now);
    perform security_event_add(p_event, p_user, p_now, 'account-rectified', null);
    return 'done';
end
$$;
