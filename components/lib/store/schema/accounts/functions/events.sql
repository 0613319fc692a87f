-- Notes a security event. Whatever makes a change that matters to security calls it within the same function, so that there is no change
-- without its event; sent twice with the same id it is noted once. A change of one's own details is the exercise of a right (GDPR,
-- Art. 16): it is entered in the register under the event's id, answered as it is made. A new address or number counts, and is entered,
-- once it was proved. The deadline is that of `domain::rights::ANSWER_SECONDS`, which the test of a70 compares.
create function api.security_event_add(p_id uuid, p_user uuid, p_at timestamp, p_kind text, p_ip text) returns void
language plpgsql volatile as $$
begin
    insert into security_events (id, user_id, at, kind, ip) values (p_id, p_user, p_at, p_kind, p_ip) on conflict (id) do nothing;
    if p_kind in ('details-changed', 'email-changed', 'phone-changed') then
        insert into requests (id, user_id, kind, channel, received_at, due_at, answered_at)
        values (p_id, p_user, 'rectification', 'account', p_at, p_at + interval '30 days', p_at)
        on conflict (id) do nothing;
    end if;
end
$$;

-- A person's own events, newest first, after the given one. Always a row; without an id there is nothing (more).
create function api.security_events_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp,
    p_after_id uuid)
returns table (outcome text, id uuid, at timestamp, kind text, ip text)
language plpgsql stable security definer as $$
#variable_conflict use_column
begin
    return query
    select case when s.id is null then 'unauthenticated' when e.id is null then 'none' else 'found' end,
        e.id, e.at, e.kind, e.ip
    from (select 1) one
    left join api.signed_in s on s.session_id = p_session and s.id = p_user and s.family_expires_at > p_now
    left join lateral (
        select * from public.security_events v
        where v.user_id = p_user and (v.at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.at desc, v.id desc limit p_limit
    ) e on s.id is not null
    order by e.at desc, e.id desc;
end
$$;
grant execute on function api.security_events_list to identity, rights;
