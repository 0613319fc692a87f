-- The register of requests (promise a70) has what people change of themselves, and consents have an order that no clock can break.

-- Notes a security event. A change of one's own details is the exercise of a right (GDPR, Art. 16): it is entered in the register under the
-- event's id, answered as it is made. A new address or number counts, and is entered, once it was proved. The deadline is that of
-- `domain::rights::ANSWER_SECONDS`, which the test of a70 compares. Replaces the function of V10.
create or replace function security_event_add(p_id uuid, p_user uuid, p_at timestamp, p_kind text, p_ip text) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
    insert into security_events (id, user_id, at, kind, ip) values (p_id, p_user, p_at, p_kind, p_ip) on conflict (id) do nothing;
    insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
    select p_id, p_user, 'rectification', 'account', p_at, p_at + interval '30 days', p_at
    where p_kind in ('details-changed', 'email-changed', 'phone-changed')
    on conflict (id) do nothing;
$$;

drop function me_update(timestamp, uuid, uuid, boolean, text, boolean, text, text, text, text, integer, integer, text, integer, integer, text,
    timestamp, uuid, text);

-- Changes details of the caller's account; null leaves them (names: `p_set_…`). A new email waits for its proof, taken or not.
-- Outcomes: `unauthenticated`, `recent`, `rate` (with seconds to wait), `done`. `mail` says what to send to the new address: `confirm` (it
-- is the account's own), `change`, `taken` (in its owner's language), or null for nothing. `old_email` is told in `language`. As in V11; and
-- what was changed leaves an event of its own, `p_details`.
create function me_update(
    p_now timestamp, p_session uuid, p_user uuid, p_set_first boolean, p_first text, p_set_last boolean, p_last text, p_language text,
    p_email text, p_user_key text, p_user_max integer, p_user_seconds integer, p_mail_key text, p_mail_max integer,
    p_mail_seconds integer, p_token text, p_expires timestamp, p_event uuid, p_ip text, p_details uuid,
    out outcome text, out wait integer, out mail text, out mail_language text, out old_email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    v users;
    n users;
begin
    select * into u from users where id = p_user for update;
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    if p_email is not null and (p_email <> u.email or u.email_confirmed_at is null) then
        if p_email <> u.email and not session_is_recent(p_session, p_now) then
            outcome := 'recent';
            return;
        end if;
        wait := limits_take(p_now, array[p_user_key], array[p_user_max], array[p_user_seconds]);
        if wait > 0 then
            outcome := 'rate';
            return;
        end if;
        perform email_token_put(p_now, p_token, case when p_email = u.email then 'confirm' else 'change' end, p_user, p_email, p_expires);
        if p_email <> u.email then
            perform security_event_add(p_event, p_user, p_now, 'email-change-asked', p_ip);
            old_email := u.email;
        end if;
        -- Nobody is flooded with our mails, whoever asks for them.
        if limits_take(p_now, array['mail:' || p_mail_key], array[p_mail_max], array[p_mail_seconds]) = 0 then
            select * into v from users where email = p_email and id <> p_user;
            if p_email = u.email then
                mail := 'confirm';
            elsif found and (v.phone_verified_at is not null or v.email_confirmed_at is not null) then
                mail := 'taken';
            else
                mail := 'change';
            end if;
        end if;
    end if;
    update users set
        first_name = case when p_set_first then p_first else first_name end,
        last_name = case when p_set_last then p_last else last_name end,
        language = coalesce(p_language, language)
    where id = p_user
    returning * into n;
    if (n.first_name, n.last_name, n.language) is distinct from (u.first_name, u.last_name, u.language) then
        perform security_event_add(p_details, p_user, p_now, 'details-changed', p_ip);
    end if;
    language := n.language;
    mail_language := case when mail = 'taken' then v.language else language end;
    outcome := 'done';
end
$$;

grant execute on function
    me_update(timestamp, uuid, uuid, boolean, text, boolean, text, text, text, text, integer, integer, text, integer, integer, text,
              timestamp, uuid, text, uuid)
to identity;

-- Gives or withdraws a consent (promise b07). Setting it anew changes nothing. Outcomes: `unauthenticated`, `done`. As in V40; and a word is
-- always later than the one before it, even where the clock of another host is behind or both fall into one instant: the last word counts,
-- and a withdrawal must not be lost. The person's row is locked, so there is one word at a time.
create or replace function consent_set(
    p_now timestamp, p_session uuid, p_user uuid, p_id uuid, p_purpose text, p_granted boolean, p_policy_version text,
    p_request uuid, p_due timestamp, p_event uuid, p_ip text,
    out outcome text, out granted boolean, out policy_version text, out changed_at timestamp)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    u users;
    c consents;
    v_at timestamp;
begin
    u := user_of_session(p_now, p_session, p_user);
    if u.id is null then
        outcome := 'unauthenticated';
        return;
    end if;
    outcome := 'done';
    select * into c from consents where user_id = p_user and purpose = p_purpose order by changed_at desc, id desc limit 1;
    if coalesce(c.granted, false) <> p_granted or (p_granted and c.policy_version <> p_policy_version) then
        select greatest(p_now, max(o.changed_at) + interval '1 microsecond') into v_at from consents o where o.user_id = p_user;
        insert into consents (id, user_id, purpose, granted, policy_version, changed_at)
        values (p_id, p_user, p_purpose, p_granted, p_policy_version, v_at)
        returning * into c;
        perform security_event_add(p_event, p_user, v_at, case when p_granted then 'consent-given' else 'consent-withdrawn' end, p_ip);
        if not p_granted then
            insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
            values (p_request, p_user, 'consent-withdrawal', 'account', p_now, p_due, case when p_purpose <> 'training' then p_now end);
            if p_purpose = 'training' then
                perform dataset_removal_ask(p_now, p_user);
            end if;
        end if;
    end if;
    granted := coalesce(c.granted, false);
    policy_version := c.policy_version;
    changed_at := c.changed_at;
end
$$;
