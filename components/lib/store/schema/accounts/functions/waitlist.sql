-- One row for an address: a newer wish takes the place of an older one. Returns the seconds to wait, 0 where a mail may be sent. Whether the
-- address is on the list already makes no difference.
create function api.waitlist_ask(
    p_now timestamp, p_id uuid, p_email text, p_interest text, p_language text, p_consent_version text, p_expires timestamp,
    p_keys text[], p_max integer[], p_seconds integer[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_wait integer;
begin
    v_wait := limits_take(p_now, p_keys, p_max, p_seconds);
    if v_wait = 0 then
        insert into waitlist_pending (id, email, interest, language, consent_version, asked_at, expires_at)
        values (p_id, p_email, p_interest, p_language, p_consent_version, p_now, p_expires)
        on conflict (email) do update set id = excluded.id, interest = excluded.interest, language = excluded.language,
            consent_version = excluded.consent_version, asked_at = excluded.asked_at, expires_at = excluded.expires_at;
    end if;
    return v_wait;
end
$$;
grant execute on function api.waitlist_ask to contact;

-- The address's owner confirms; an entry of before is brought up to date. No row: unknown, used, replaced or too old.
create function api.waitlist_confirm(p_now timestamp, p_id uuid) returns table (id uuid, email text, interest text, language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    v waitlist_pending;
begin
    delete from waitlist_pending p where p.id = p_id and p.expires_at > p_now returning * into v;
    if not found then
        return;
    end if;
    return query
        insert into waitlist (id, email, interest, language, consent_version, asked_at, confirmed_at, last_contact_at)
        values (v.id, v.email, v.interest, v.language, v.consent_version, v.asked_at, p_now, p_now)
        on conflict (email) do update set interest = excluded.interest, language = excluded.language,
            consent_version = excluded.consent_version, asked_at = excluded.asked_at, confirmed_at = excluded.confirmed_at,
            last_contact_at = excluded.last_contact_at
        returning id, email, interest, language;
end
$$;
grant execute on function api.waitlist_confirm to contact;

-- Withdraws the consent: the entry is gone, and so is every mail to it that waits.
create function api.waitlist_leave(p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    delete from waitlist where id = p_id;
    return found;
end
$$;
grant execute on function api.waitlist_leave to contact;

-- An announcement to everybody on the waitlist, or to those with one interest (null: all). Returns how many mails now wait; the same call
-- again adds none.
create function api.announcement_make(p_now timestamp, p_id uuid, p_interest text, p_texts jsonb, p_by text) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v_rows integer;
begin
    insert into announcements (id, interest, texts, made_by, created_at) values (p_id, p_interest, p_texts, p_by, p_now)
    on conflict (id) do nothing;
    insert into mails (id, kind, waitlist_id, announcement_id, created_at)
    select md5(p_id::text || w.id::text)::uuid, 'announcement', w.id, p_id, p_now
    from waitlist w where p_interest is null or w.interest = p_interest
    on conflict do nothing;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;
