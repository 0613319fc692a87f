-- Waitlist (promise a01), beta candidacies (a07), support requests (a76), and mails that wait for the lifecycle job (a77). Their
-- components have a role of their own: what everybody may send forms to has no function of the identity zone.
do $$
begin
    begin
        create role contact nologin noinherit;
    exception when duplicate_object or unique_violation then
        null;
    end;
    alter role contact set statement_timeout = '10s';
    alter role contact set lock_timeout = '5s';
    alter role contact set idle_in_transaction_session_timeout = '10s';
    execute format('grant connect on database %I to contact', current_database());
end
$$;
grant usage on schema public to contact;

-- Asked for and not yet confirmed by the address's owner.
create table waitlist_pending (
    id uuid primary key,
    email text not null unique check (email = lower(email)),
    interest text not null check (interest in ('beta', 'launch')),
    language text not null check (language in ('en', 'fr')),
    consent_version text not null,
    asked_at timestamp not null,
    expires_at timestamp not null
);
create index waitlist_pending_expiry on waitlist_pending (expires_at);
comment on column waitlist_pending.id is 'purpose: stands for the row in the link that confirms it; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.email is 'purpose: to ask the owner of the address for their consent; basis: art. 6(1)(a) consent; recipients: Brevo; retention: waitlist-pending';
comment on column waitlist_pending.interest is 'purpose: what the person wants to hear about; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.language is 'purpose: to write in the language of the page; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.consent_version is 'purpose: proof of which text was agreed to; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.asked_at is 'purpose: proof of when it was asked for; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.expires_at is 'purpose: ends what nobody confirms; basis: none, not personal; recipients: none; retention: waitlist-pending';

-- Email, interest, language, dates and proof of consent, and nothing else (promise a01).
create table waitlist (
    id uuid primary key,
    email text not null unique check (email = lower(email)),
    interest text not null check (interest in ('beta', 'launch')),
    language text not null check (language in ('en', 'fr')),
    consent_version text not null,
    asked_at timestamp not null,
    confirmed_at timestamp not null,
    last_contact_at timestamp not null
);
create index waitlist_contact on waitlist (last_contact_at);
comment on column waitlist.id is 'purpose: stands for the row in the link that unsubscribes; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.email is 'purpose: to write about what was asked for; basis: art. 6(1)(a) consent; recipients: Brevo; retention: waitlist';
comment on column waitlist.interest is 'purpose: what the person wants to hear about; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.language is 'purpose: to write in the language of the page; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.consent_version is 'purpose: proof of which text was agreed to; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.asked_at is 'purpose: proof of when it was asked for; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.confirmed_at is 'purpose: proof of when it was confirmed; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.last_contact_at is 'purpose: when the time that it is kept begins; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';

-- One row for an address: a newer wish takes the place of an older one. Returns the seconds to wait, 0 where a mail may be sent. Whether the
-- address is on the list already makes no difference.
create function waitlist_ask(
    p_now timestamp, p_id uuid, p_email text, p_interest text, p_language text, p_consent_version text, p_expires timestamp,
    p_keys text[], p_max integer[], p_seconds integer[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- The address's owner confirms; an entry of before is brought up to date. No row: unknown, used, replaced or too old.
create function waitlist_confirm(p_now timestamp, p_id uuid) returns table (id uuid, email text, interest text, language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Withdraws the consent: the entry is gone, and so is every mail to it that waits.
create function waitlist_leave(p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    delete from waitlist where id = p_id;
    return found;
end
$$;

-- Candidacies for the beta test. A person selects; no function of a component does (promise a07).
create table beta_candidacies (
    id uuid primary key,
    email text not null unique check (email = lower(email)),
    profile text not null,
    country text not null check (country ~ '^[A-Z]{2}$'),
    tools text,
    visuals text,
    frequency text,
    motivation text,
    language text not null check (language in ('en', 'fr')),
    consent_version text not null,
    -- Two consents, each by itself: taking part, and that generations may improve the model.
    participation_at timestamp,
    training_at timestamp,
    created_at timestamp not null,
    confirmed_at timestamp,
    status text not null default 'open' check (status in ('open', 'accepted', 'declined')),
    decided_at timestamp,
    decided_by text
);
create index beta_candidacies_age on beta_candidacies (created_at);
comment on column beta_candidacies.id is 'purpose: stands for the row in the link that confirms and changes it; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.email is 'purpose: to answer the candidacy; basis: art. 6(1)(a) consent; recipients: Brevo; retention: beta-candidacies';
comment on column beta_candidacies.profile is 'purpose: to choose testers of different trades; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.country is 'purpose: to choose testers of different countries; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.tools is 'purpose: to choose testers who know other tools; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.visuals is 'purpose: to choose testers of different kinds of visuals; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.frequency is 'purpose: to choose testers who will test; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.motivation is 'purpose: to understand why somebody wants to test; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.language is 'purpose: to write in the language of the page; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.consent_version is 'purpose: proof of which texts were agreed to; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.participation_at is 'purpose: consent to take part, since when; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.training_at is 'purpose: consent to let generations improve the model, since when; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.created_at is 'purpose: when the time that it is kept begins; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.confirmed_at is 'purpose: proof that the owner of the address wants it; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.status is 'purpose: what a person decided; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.decided_at is 'purpose: when it was decided; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.decided_by is 'purpose: which person decided; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: beta-candidacies';

-- A candidacy that was never confirmed makes room for a newer one; a confirmed one stays as it is, and its owner gets the link to it. `id` is
-- of the candidacy that the mail is about.
create function beta_apply(
    p_now timestamp, p_id uuid, p_email text, p_profile text, p_country text, p_tools text, p_visuals text, p_frequency text,
    p_motivation text, p_language text, p_consent_version text, p_training boolean,
    p_keys text[], p_max integer[], p_seconds integer[],
    out wait integer, out id uuid, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- The owner of the address confirms. False: there is no such candidacy (any more).
create function beta_confirm(p_now timestamp, p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    update beta_candidacies set confirmed_at = coalesce(confirmed_at, p_now) where id = p_id;
    return found;
end
$$;

-- Gives or withdraws each of the two consents. Who no longer agrees that generations improve the model is taken out of the training dataset.
-- No row: there is no such candidacy (any more).
create function beta_consents(p_now timestamp, p_id uuid, p_participation boolean, p_training boolean)
returns table (participation boolean, training boolean)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Support requests and their messages, encrypted under the user's content key (promise a76).
create table support_requests (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    created_at timestamp not null,
    answered_at timestamp,
    closed_at timestamp
);
create index support_requests_user on support_requests (user_id, created_at desc, id desc);
create index support_requests_closed on support_requests (closed_at) where closed_at is not null;
comment on column support_requests.id is 'purpose: tells one request from another; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.user_id is 'purpose: whose request it is; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.created_at is 'purpose: when it was made; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.answered_at is 'purpose: when it was first answered; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.closed_at is 'purpose: when the time that it is kept begins; basis: art. 6(1)(b) contract; recipients: none; retention: support';

create table support_messages (
    id uuid primary key,
    request_id uuid not null references support_requests on delete cascade,
    author text not null check (author in ('user', 'support')),
    -- JSON, under the user's content key: of a request `{subject, message}` (kind 6), of an answer `{message}` (kind 7).
    envelope bytea not null,
    created_at timestamp not null
);
create index support_messages_request on support_messages (request_id, created_at, id);
comment on column support_messages.id is 'purpose: tells one message from another; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.request_id is 'purpose: the request it belongs to; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.author is 'purpose: who wrote it, the person or we; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.envelope is 'purpose: what was written, encrypted; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.created_at is 'purpose: when it was written; basis: art. 6(1)(b) contract; recipients: none; retention: support';

-- The salt of the bearer's content key. No row: not signed in (any more).
create function support_salt(p_now timestamp, p_session uuid, p_user uuid) returns table (salt bytea)
language sql stable security definer set search_path = pg_catalog, public as $$
    select k.salt from session_read(p_now, p_session, p_user) s join user_keys k on k.user_id = p_user
$$;

-- Outcomes: `unauthenticated`, `rate` (with seconds to wait), `made`. The same call again changes nothing.
create function support_ask(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_message uuid, p_envelope bytea, p_per_day integer,
    out outcome text, out wait integer)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_first timestamp;
begin
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    perform 1 from users where id = p_user for no key update;
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'made';
    perform 1 from support_requests where id = p_id and user_id = p_user;
    if found then
        return;
    end if;
    select min(created_at) into v_first from (
        select created_at from support_requests where user_id = p_user and created_at > p_now - interval '1 day'
        order by created_at desc limit p_per_day) recent
    having count(*) >= p_per_day;
    if v_first is not null then
        outcome := 'rate';
        wait := greatest(1, ceil(extract(epoch from v_first + interval '1 day' - p_now)))::integer;
        return;
    end if;
    insert into support_requests (id, user_id, created_at) values (p_id, p_user, p_now);
    insert into support_messages (id, request_id, author, envelope, created_at) values (p_message, p_id, 'user', p_envelope, p_now);
end
$$;

-- The bearer's requests, newest first, each with its first message; after the given one. Always a row: without an id there is nothing (more).
create function support_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, salt bytea, id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid,
    envelope bytea)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when r.id is null then 'none' else 'found' end,
        k.salt, r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.envelope
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join lateral (
        select * from support_requests v
        where v.user_id = p_user and (p_after_id is null or (v.created_at, v.id) < (p_after_time, p_after_id))
        order by v.created_at desc, v.id desc limit p_limit
    ) r on s.tenant_id is not null
    left join user_keys k on k.user_id = r.user_id
    left join lateral (
        select * from support_messages v where v.request_id = r.id order by v.created_at, v.id limit 1
    ) m on true
    order by r.created_at desc, r.id desc
$$;

-- One request of the bearer's with all its messages, oldest first. Always a row: without an id there is no such request, or it is
-- somebody else's.
create function support_read(p_now timestamp, p_session uuid, p_user uuid, p_id uuid)
returns table (outcome text, salt bytea, id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid,
    author text, envelope bytea, written_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when r.id is null then 'none' else 'found' end,
        k.salt, r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.author, m.envelope, m.created_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join support_requests r on r.id = p_id and r.user_id = p_user and s.tenant_id is not null
    left join user_keys k on k.user_id = r.user_id
    left join support_messages m on m.request_id = r.id
    order by m.created_at, m.id
$$;

-- Mails that wait for the lifecycle job. No address is copied: it is looked up when the mail is sent, so that who left gets none.
create table announcements (
    id uuid primary key,
    interest text check (interest in ('beta', 'launch')),
    -- {"en": {"subject", "text"}, "fr": {…}}
    texts jsonb not null,
    made_by text not null,
    created_at timestamp not null
);
comment on column announcements.id is 'purpose: tells one announcement from another; basis: none, not personal; recipients: none; retention: installation';
comment on column announcements.interest is 'purpose: which part of the waitlist it goes to; basis: none, not personal; recipients: none; retention: installation';
comment on column announcements.texts is 'purpose: what is sent; basis: none, not personal; recipients: Brevo; retention: installation';
comment on column announcements.made_by is 'purpose: which operator made it; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: installation';
comment on column announcements.created_at is 'purpose: when it was made; basis: none, not personal; recipients: none; retention: installation';

create table mails (
    id uuid primary key,
    kind text not null check (kind in ('announcement', 'beta-decided', 'support-answered', 'inactivity')),
    user_id uuid references users on delete cascade,
    waitlist_id uuid references waitlist on delete cascade,
    candidacy_id uuid references beta_candidacies on delete cascade,
    announcement_id uuid references announcements on delete cascade,
    created_at timestamp not null,
    -- Somebody is sending it until then.
    claimed_until timestamp,
    tries integer not null default 0,
    check (num_nonnulls(user_id, waitlist_id, candidacy_id) = 1),
    unique (waitlist_id, announcement_id)
);
create index mails_waiting on mails (created_at, id);
create index mails_user on mails (user_id) where user_id is not null;
create index mails_candidacy on mails (candidacy_id) where candidacy_id is not null;
create index mails_announcement on mails (announcement_id) where announcement_id is not null;
comment on column mails.id is 'purpose: tells one mail from another; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.kind is 'purpose: what is to be written; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: mails';
comment on column mails.user_id is 'purpose: whom to write to; basis: art. 6(1)(b) contract; recipients: none; retention: mails';
comment on column mails.waitlist_id is 'purpose: whom to write to; basis: art. 6(1)(a) consent; recipients: none; retention: mails';
comment on column mails.candidacy_id is 'purpose: whom to write to; basis: art. 6(1)(a) consent; recipients: none; retention: mails';
comment on column mails.announcement_id is 'purpose: what is to be written; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.created_at is 'purpose: which comes first; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.claimed_until is 'purpose: keeps two hosts from sending one mail; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.tries is 'purpose: ends mails that cannot be sent; basis: none, not personal; recipients: none; retention: mails';

-- What operators do with `asknpic`; no zone may.

-- Outcomes: `unknown`, `unconfirmed`, `withdrawn` (no longer wants to take part), `decided`. A decision can be changed; each is told by mail.
create function beta_decide(p_now timestamp, p_id uuid, p_accepted boolean, p_by text, p_mail uuid) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- Answers a request, and closes it where that is wanted; the person is told by mail that there is an answer. False: no such request.
create function support_answer(p_now timestamp, p_request uuid, p_message uuid, p_envelope bytea, p_close boolean, p_mail uuid)
returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_user uuid;
begin
    update support_requests set answered_at = coalesce(answered_at, p_now),
        closed_at = case when p_close then coalesce(closed_at, p_now) else closed_at end
    where id = p_request returning user_id into v_user;
    if not found then
        return false;
    end if;
    insert into support_messages (id, request_id, author, envelope, created_at) values (p_message, p_request, 'support', p_envelope, p_now);
    insert into mails (id, kind, user_id, created_at) values (p_mail, 'support-answered', v_user, p_now);
    return true;
end
$$;

-- An announcement to everybody on the waitlist, or to those with one interest (null: all). Returns how many mails now wait; the same call
-- again adds none.
create function announcement_make(p_now timestamp, p_id uuid, p_interest text, p_texts jsonb, p_by text) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

grant execute on function
    session_read(timestamp, uuid, uuid),
    waitlist_ask(timestamp, uuid, text, text, text, text, timestamp, text[], integer[], integer[]),
    waitlist_confirm(timestamp, uuid),
    waitlist_leave(uuid),
    beta_apply(timestamp, uuid, text, text, text, text, text, text, text, text, text, boolean, text[], integer[], integer[]),
    beta_confirm(timestamp, uuid),
    beta_consents(timestamp, uuid, boolean, boolean),
    support_salt(timestamp, uuid, uuid),
    support_ask(timestamp, uuid, uuid, uuid, uuid, bytea, integer),
    support_list(timestamp, uuid, uuid, integer, timestamp, uuid),
    support_read(timestamp, uuid, uuid, uuid)
to contact;
