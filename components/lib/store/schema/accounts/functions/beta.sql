-- A candidacy that was never confirmed makes room for a newer one; a confirmed one stays as it is, and its owner gets the link to it. `id` is
-- of the candidacy that the mail is about.
create function api.beta_apply(
    p_now timestamp, p_id uuid, p_email text, p_profile text, p_country text, p_tools text, p_visuals text, p_frequency text,
    p_motivation text, p_language text, p_consent_version text, p_training boolean,
    p_keys text[], p_max integer[], p_seconds integer[],
    out wait integer, out id uuid, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
declare
    v beta_candidacies;
begin
    wait := limits_take(p_now, p_keys, p_max, p_seconds);
    if wait > 0 then
        return;
    end if;
    insert into beta_candidacies (id, email, profile, country, tools, visuals, frequency, motivation, language, consent_version,
                                  participation_at, training_at, created_at)
    values (p_id, p_email, p_profile, p_country, p_tools, p_visuals, p_frequency, p_motivation, p_language, p_consent_version,
            p_now, case when p_training then p_now end, p_now)
    on conflict (email) do update set id = excluded.id, profile = excluded.profile, country = excluded.country, tools = excluded.tools,
        visuals = excluded.visuals, frequency = excluded.frequency, motivation = excluded.motivation, language = excluded.language,
        consent_version = excluded.consent_version, participation_at = excluded.participation_at, training_at = excluded.training_at,
        created_at = excluded.created_at
    where beta_candidacies.confirmed_at is null
    returning * into v;
    if not found then
        select * into v from beta_candidacies where email = p_email;
    end if;
    id := coalesce(v.id, p_id);
    language := coalesce(v.language, p_language);
end
$$;
grant execute on function api.beta_apply to contact;

-- The owner of the address confirms. False: there is no such candidacy (any more).
create function api.beta_confirm(p_now timestamp, p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    update beta_candidacies set confirmed_at = coalesce(confirmed_at, p_now) where id = p_id;
    return found;
end
$$;
grant execute on function api.beta_confirm to contact;

-- Gives or withdraws each of the two consents. Who no longer agrees that generations improve the model is taken out of the training dataset.
-- No row: there is no such candidacy (any more).
create function api.beta_consents(p_now timestamp, p_id uuid, p_participation boolean, p_training boolean)
returns table (participation boolean, training boolean)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v beta_candidacies;
    v_user uuid;
begin
    select * into v from beta_candidacies where id = p_id and confirmed_at is not null for update;
    if not found then
        return;
    end if;
    update beta_candidacies set
        participation_at = case when p_participation then coalesce(participation_at, p_now) end,
        training_at = case when p_training then coalesce(training_at, p_now) end
    where id = p_id;
    if v.training_at is not null and not p_training then
        for v_user in select u.id from users u where u.email = v.email loop
            perform dataset_removal_ask(p_now, v_user);
        end loop;
    end if;
    return query select p_participation, p_training;
end
$$;
grant execute on function api.beta_consents to contact;

-- Outcomes: `unknown`, `unconfirmed`, `withdrawn` (no longer wants to take part), `decided`. A decision can be changed; each is told by mail.
create function api.beta_decide(p_now timestamp, p_id uuid, p_accepted boolean, p_by text, p_mail uuid) returns text
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v beta_candidacies;
begin
    select * into v from beta_candidacies where id = p_id for update;
    if not found then
        return 'unknown';
    elsif v.confirmed_at is null then
        return 'unconfirmed';
    elsif v.participation_at is null then
        return 'withdrawn';
    end if;
    update beta_candidacies set status = case when p_accepted then 'accepted' else 'declined' end, decided_at = p_now, decided_by = p_by
    where id = p_id;
    delete from mails where candidacy_id = p_id and kind = 'beta-decided';
    insert into mails (id, kind, candidacy_id, created_at) values (p_mail, 'beta-decided', p_id, p_now);
    return 'decided';
end
$$;
