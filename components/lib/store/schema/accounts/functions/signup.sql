-- Outcomes: `rate` (with seconds to wait), `sent` (an account waits for its code), `taken` (a decoy; the owner is to be told, in
-- the owner's language).
create function api.signup_begin(
    p_now timestamp, p_user uuid, p_tenant uuid, p_salt bytea, p_email text, p_password_hash text, p_phone text,
    p_first_name text, p_last_name text, p_language text, p_policy_version text,
    p_verification text, p_code bytea, p_code_expires timestamp, p_expires timestamp,
    p_phone_key text, p_country_key text, p_address_key text, p_max integer[], p_seconds integer[],
    p_signup_max integer, p_signup_seconds integer, p_event uuid, p_ip text,
    out outcome text, out wait integer, out owner_language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v users;
begin
    -- The limit on sign-ups is in the same call, so that none is taken where another refuses.
    wait := limits_take(p_now,
        array['sms-phone-minute:' || p_phone_key, 'sms-phone-day:' || p_phone_key, 'sms-country:' || p_country_key,
              'sms-address:' || p_address_key, 'sms-all', 'signup-phone:' || p_phone_key],
        p_max || p_signup_max, p_seconds || p_signup_seconds);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;

    loop
        select * into v from users where email = p_email for update;
        if found and (v.phone_verified_at is not null or v.email_confirmed_at is not null) then
            insert into verifications (id, purpose, phone_key, country_key, code, code_expires_at, language, created_at, expires_at)
            values (p_verification, 'signup', p_phone_key, p_country_key, p_code, p_code_expires, p_language, p_now, p_expires);
            perform security_event_add(p_event, v.id, p_now, 'sign-up-attempted', p_ip);
            outcome := 'taken';
            owner_language := v.language;
            return;
        end if;
        if found then
            perform drop_unproved(v.id, v.tenant_id);
        end if;

        insert into tenants (id, created_at) values (p_tenant, p_now) on conflict (id) do nothing;
        insert into users (id, tenant_id, email, password_hash, phone, first_name, last_name, language, policy_version,
                           created_at, last_active_at)
        values (p_user, p_tenant, p_email, p_password_hash, p_phone, p_first_name, p_last_name, p_language, p_policy_version,
                p_now, p_now)
        on conflict (email) do nothing;
        -- Another sign-up with this email came in between: look again.
        exit when found;
        delete from tenants t where t.id = p_tenant and not exists (select 1 from users u where u.tenant_id = t.id);
    end loop;

    insert into user_keys (user_id, salt) values (p_user, p_salt);
    insert into verifications (id, purpose, user_id, phone_key, country_key, code, code_expires_at, language, created_at, expires_at)
    values (p_verification, 'signup', p_user, p_phone_key, p_country_key, p_code, p_code_expires, p_language, p_now, p_expires);
    perform security_event_add(p_event, p_user, p_now, 'sign-up', p_ip);
    perform limits_prune(p_now, 10), unproved_prune(p_now, 2);
    outcome := 'sent';
end
$$;
grant execute on function api.signup_begin to identity;

-- Whether an account that never proved phone or email still counts: it holds nobody's email for longer than a day (promise a67).
create function api.is_live(p_now timestamp, p_user users) returns boolean
language sql immutable as $$
    select p_user.phone_verified_at is not null or p_user.email_confirmed_at is not null
        or p_user.created_at > p_now - interval '1 day'
$$;

-- Removes an account that never proved anything, with its tenant.
create function api.drop_unproved(p_user uuid, p_tenant uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    delete from users where id = p_user;
    delete from tenants t where id = p_tenant and not exists (select 1 from users where tenant_id = t.id);
end
$$;

-- Removes accounts that never proved a phone within a day, a bounded number at a time.
create function api.unproved_prune(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v users;
    v_gone integer := 0;
begin
    for v in
        select * from users
        where phone_verified_at is null and email_confirmed_at is null and created_at <= p_now - interval '1 day'
        order by id limit p_batch for update skip locked
    loop
        perform drop_unproved(v.id, v.tenant_id);
        v_gone := v_gone + 1;
    end loop;
    return v_gone;
end
$$;

-- Brings an account in from elsewhere, with its hash as it is. Granted to nobody: the owner of the database runs it. Outcomes: `taken`,
-- `imported`.
create function api.account_import(
    p_now timestamp, p_user uuid, p_tenant uuid, p_salt bytea, p_email text, p_email_confirmed boolean, p_password_hash text, p_phone text,
    p_phone_verified boolean, p_first_name text, p_last_name text, p_language text, p_policy_version text, p_created timestamp)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v users;
begin
    select * into v from users where email = p_email for update;
    if found and is_live(p_now, v) then
        return 'taken';
    elsif found then
        perform drop_unproved(v.id, v.tenant_id);
    end if;
    insert into tenants (id, created_at) values (p_tenant, p_now);
    insert into users (id, tenant_id, email, email_confirmed_at, password_hash, phone, phone_verified_at, first_name, last_name, language,
                       policy_version, created_at, last_active_at)
    values (p_user, p_tenant, p_email, case when p_email_confirmed then p_now end, p_password_hash, p_phone,
            case when p_phone_verified then p_now end, p_first_name, p_last_name, p_language, p_policy_version, p_created, p_now);
    insert into user_keys (user_id, salt) values (p_user, p_salt);
    return 'imported';
end
$$;
