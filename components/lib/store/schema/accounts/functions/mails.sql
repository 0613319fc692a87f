-- Takes some of the mails that wait, for so long, so that no other host sends them too. What is personal is looked up now.
create function api.mails_claim(p_now timestamp, p_until timestamp, p_batch integer)
returns table (id uuid, kind text, email text, language text, subject_id uuid, accepted boolean, texts jsonb, active_at timestamp,
    credits bigint)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with claimed as (
        update mails set claimed_until = p_until, tries = tries + 1 where id in (
            select m.id from mails m where m.claimed_until is null or m.claimed_until <= p_now
            order by m.created_at, m.id limit p_batch for update skip locked)
        returning mails.*
    )
    select c.id, c.kind, coalesce(u.email, w.email, b.email), coalesce(u.language, w.language, b.language),
        coalesce(c.user_id, c.waitlist_id, c.candidacy_id), b.status = 'accepted', a.texts, u.last_active_at,
        coalesce((select sum(l.tokens) from credit_ledger l where l.tenant_id = u.tenant_id), 0)::bigint
    from claimed c
    left join users u on u.id = c.user_id
    left join waitlist w on w.id = c.waitlist_id
    left join beta_candidacies b on b.id = c.candidacy_id
    left join announcements a on a.id = c.announcement_id
    order by c.created_at, c.id;
end
$$;
grant execute on function api.mails_claim to lifecycle;

-- One was sent, or never will be.
create function api.mail_done(p_now timestamp, p_id uuid, p_sent boolean) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
declare
    v mails;
begin
    delete from mails where id = p_id returning * into v;
    if v.waitlist_id is not null and p_sent then
        update waitlist set last_contact_at = greatest(last_contact_at, p_now) where id = v.waitlist_id;
    end if;
    return v.id is not null;
end
$$;
grant execute on function api.mail_done to lifecycle;
