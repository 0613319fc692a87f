-- What the passing of time does: content by plan, inactivity, usage, sessions, and what V60 brought. Each function deals with one bounded
-- batch, in the order of ids and past what is locked, so that it can run often, on several hosts, and be stopped at any point.

-- With billing (V50) the column is there.
alter table tenants add column if not exists downgraded_at timestamp;

-- The plan that content was kept under before it was cut short, so that an upgrade brings it back (promise a48).
alter table tenants add column downgraded_from text references plans;
comment on column tenants.downgraded_from is 'purpose: how long content beyond the plan may be kept for an upgrade; basis: art. 6(1)(b) contract; recipients: none; retention: account';

create function tenant_downgraded() returns trigger
language plpgsql set search_path = pg_catalog, public as $$
begin
    if new.downgraded_at is null then
        new.downgraded_from := null;
    elsif old.downgraded_at is null then
        new.downgraded_from := old.plan;
    end if;
    return new;
end
$$;
create trigger tenant_downgraded before update of downgraded_at on tenants for each row execute function tenant_downgraded();

-- Delivered generations that still have content.
create index generations_content on generations (id) where status = 'delivered' and content_deleted_at is null;

-- The next delivered generations with content after the given one, and which of them have kept it long enough (promises a41, a48): past
-- their tenant's plan, and after a downgrade past the plan of before or `p_downgraded_before`, whichever comes first. While its owner has
-- restricted processing nothing is due (promise a79). Of those that are not due only the last is told, for the next call.
create function content_due(p_now timestamp, p_downgraded_before timestamp, p_after uuid, p_limit integer)
returns table (id uuid, due boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
    with page as (
        select g.id, g.tenant_id, g.user_id, g.created_at from generations g
        where g.status = 'delivered' and g.content_deleted_at is null and (p_after is null or g.id > p_after)
        order by g.id limit p_limit
    ), judged as (
        select w.id, u.restricted_at is null
            and coalesce(w.created_at + make_interval(days => p.retention_days) <= p_now, false)
            and not (t.downgraded_at is not null and t.downgraded_at > p_downgraded_before and w.created_at < t.downgraded_at
                and (b.retention_days is null or w.created_at + make_interval(days => b.retention_days) > p_now)) as due
        from page w join users u on u.id = w.user_id join tenants t on t.id = w.tenant_id join plans p on p.name = t.plan
        left join plans b on b.name = t.downgraded_from
    )
    select j.id, j.due from judged j where j.due or j.id = (select max(w.id::text)::uuid from page w) order by j.id
$$;

-- Their content is gone from `briefs` and `files`: the metadata stays (promise a43).
create function content_expired(p_now timestamp, p_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    update generations set content_deleted_at = p_now where id in (
        select g.id from generations g where g.id = any (p_ids) and g.content_deleted_at is null order by g.id for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

create index sessions_expiry on sessions (family_expires_at);

create function sweep_sessions(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from sessions where id in
        (select id from sessions where family_expires_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Tokens by month and plan, of nobody (promise a45).
create table usage_monthly (
    month date not null,
    plan text not null references plans,
    tokens bigint not null default 0,
    primary key (month, plan)
);
comment on column usage_monthly.month is 'purpose: to plan capacity; basis: none, not personal; recipients: none; retention: usage-summaries';
comment on column usage_monthly.plan is 'purpose: to plan capacity; basis: none, not personal; recipients: none; retention: usage-summaries';
comment on column usage_monthly.tokens is 'purpose: to plan capacity; basis: none, not personal; recipients: none; retention: usage-summaries';
create index usage_daily_day on usage_daily (day);

-- Days of use before the one given go into the sums of their month and plan.
create function sweep_usage(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    with old as (
        delete from usage_daily where (tenant_id, day) in (
            select tenant_id, day from usage_daily where day < p_before::date and reserved = 0
            order by tenant_id, day limit p_batch for update skip locked)
        returning tenant_id, day, used
    ), summed as (
        insert into usage_monthly (month, plan, tokens)
        select date_trunc('month', o.day)::date, t.plan, sum(o.used)::bigint
        from old o join tenants t on t.id = o.tenant_id where o.used > 0
        group by 1, 2 order by 1, 2
        on conflict (month, plan) do update set tokens = usage_monthly.tokens + excluded.tokens
    )
    select count(*) into v_rows from old;
    return v_rows;
end
$$;

create function sweep_usage_summaries(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from usage_monthly where (month, plan) in (
        select month, plan from usage_monthly where month + interval '1 month' <= p_before
        order by month, plan limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Inactivity (promise a48). A sign-in or a generation after the warning makes it void.
alter table users add column inactivity_warned_at timestamp;
comment on column users.inactivity_warned_at is 'purpose: that the person was warned before an unused account is erased; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: account';
create index users_activity on users (last_active_at);

create function inactivity_warn(p_now timestamp, p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    with warned as (
        update users set inactivity_warned_at = p_now where id in (
            select id from users
            where last_active_at <= p_before and restricted_at is null
                and (inactivity_warned_at is null or inactivity_warned_at < last_active_at)
            order by id limit p_batch for update skip locked)
        returning id
    )
    insert into mails (id, kind, user_id, created_at)
    select md5('inactivity' || id::text || p_now::text)::uuid, 'inactivity', id, p_now from warned;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

create function inactivity_due(p_before timestamp, p_warned_before timestamp, p_batch integer) returns table (user_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
    select id from users
    where last_active_at <= p_before and restricted_at is null
        and inactivity_warned_at <= p_warned_before and inactivity_warned_at > last_active_at
    order by id limit p_batch
$$;

-- Closes one of them as its owner would, unless they came back in between. False: nothing was closed.
create function inactivity_close(
    p_now timestamp, p_before timestamp, p_warned_before timestamp, p_user uuid, p_id uuid, p_due timestamp, p_backups_expire timestamp,
    p_again timestamp) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

create function sweep_waitlist_pending(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from waitlist_pending where id in
        (select id from waitlist_pending where expires_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

create function sweep_waitlist(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from waitlist where id in
        (select id from waitlist where last_contact_at <= p_before order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

create function sweep_beta_unconfirmed(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from beta_candidacies where id in (
        select id from beta_candidacies where confirmed_at is null and created_at <= p_before
        order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

create function sweep_beta(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from beta_candidacies where id in
        (select id from beta_candidacies where created_at <= p_before order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

create function sweep_support(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from support_requests where id in (
        select r.id from support_requests r join users u on u.id = r.user_id
        where r.closed_at <= p_before and u.restricted_at is null
        order by r.id limit p_batch for update of r skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Mails that could not be sent.
create function sweep_mails(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from mails where id in (select id from mails where created_at <= p_before order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Takes some of the mails that wait, for so long, so that no other host sends them too. What is personal is looked up now.
create function mails_claim(p_now timestamp, p_until timestamp, p_batch integer)
returns table (id uuid, kind text, email text, language text, subject_id uuid, accepted boolean, texts jsonb, active_at timestamp,
    credits bigint)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- One was sent, or never will be.
create function mail_done(p_now timestamp, p_id uuid, p_sent boolean) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
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

-- What the last run of each rule did, for the operator's report.
alter table sweeps add column ran_at timestamp;
alter table sweeps add column rows bigint;
comment on column sweeps.ran_at is 'purpose: shows that a rule is run; basis: none, not personal; recipients: none; retention: installation';
comment on column sweeps.rows is 'purpose: shows what a rule did; basis: none, not personal; recipients: none; retention: installation';

create function sweeps_ran(p_now timestamp, p_rules text[], p_rows text[]) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
    insert into sweeps (rule, ran_at, rows)
    select r, p_now, n::bigint from unnest(p_rules, p_rows) as t(r, n) order by r
    on conflict (rule) do update set ran_at = excluded.ran_at, rows = excluded.rows
$$;

grant execute on function
    content_due(timestamp, timestamp, uuid, integer),
    content_expired(timestamp, uuid[]),
    sweep_sessions(timestamp, integer),
    sweep_usage(timestamp, integer),
    sweep_usage_summaries(timestamp, integer),
    inactivity_warn(timestamp, timestamp, integer),
    inactivity_due(timestamp, timestamp, integer),
    inactivity_close(timestamp, timestamp, timestamp, uuid, uuid, timestamp, timestamp, timestamp),
    sweep_waitlist_pending(timestamp, integer),
    sweep_waitlist(timestamp, integer),
    sweep_beta_unconfirmed(timestamp, integer),
    sweep_beta(timestamp, integer),
    sweep_support(timestamp, integer),
    sweep_mails(timestamp, integer),
    mails_claim(timestamp, timestamp, integer),
    mail_done(timestamp, uuid, boolean),
    sweeps_ran(timestamp, text[], text[])
to lifecycle;
