-- Pages, and walks in order, begin at their place in the index. The planner knows no parameter's value inside these functions, so
-- "after nothing, or after this" was a filter over everything before: a list of n pages cost n times n.

create or replace function generation_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, salt bytea, content_expired boolean, id uuid, created_at timestamp, status text, problem text,
    brief_language text, translated boolean, complexity integer, corrected boolean, corrections jsonb, prompt_version text,
    model_name text, model_version text, prompt_tokens bigint, completion_tokens bigint, expires_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when not s.phone_verified then 'phone'
                when g.id is null then 'not-found' else 'found' end,
        null::bytea, g.content_deleted_at is not null or coalesce(g.expires_at <= p_now, false),
        g.id, g.created_at,
        case when g.status = 'running' and g.deadline_at <= p_now then 'failed' else g.status end,
        case when g.status = 'running' and g.deadline_at <= p_now then 'unavailable' else g.problem end,
        g.brief_language, g.translated, g.complexity, g.corrected, null::jsonb, g.prompt_version,
        g.model_name, g.model_version, g.prompt_tokens, g.completion_tokens, g.expires_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join lateral (
        select * from generation_view v
        where v.user_id = p_user
            and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) g on s.tenant_id is not null
    order by g.created_at desc, g.id desc
$$;

create or replace function security_events_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp,
    p_after_id uuid)
returns table (outcome text, id uuid, at timestamp, kind text, ip text)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when e.id is null then 'none' else 'found' end,
        e.id, e.at, e.kind, e.ip
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join lateral (
        select * from security_events v
        where v.user_id = p_user and (v.at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.at desc, v.id desc limit p_limit
    ) e on s.tenant_id is not null
    order by e.at desc, e.id desc
$$;

create or replace function sessions_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, id uuid, created_at timestamp, authenticated_at timestamp, refreshed_at timestamp, expires_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when r.tenant_id is null then 'unauthenticated' when s.id is null then 'none' else 'found' end,
        s.id, s.created_at, s.authenticated_at, s.rotated_at, s.token_expires_at
    from (select 1) one
    left join session_read(p_now, p_session, p_user) r on true
    left join lateral (
        select * from sessions v
        where v.user_id = p_user and v.revoked_at is null and v.token_expires_at > p_now and v.family_expires_at > p_now
            and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) s on r.tenant_id is not null
    order by s.created_at desc, s.id desc
$$;

create or replace function export_generations(
    p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (id uuid, created_at timestamp, document jsonb, corrections jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
    select g.id, g.created_at,
        to_jsonb(g) - array['user_id', 'tenant_id', 'corrections', 'model_name', 'model_version', 'prompt_tokens', 'completion_tokens',
                            'reserved']
        || jsonb_build_object(
            'created_at', instant(g.created_at), 'deadline_at', instant(g.deadline_at), 'delivered_at', instant(g.delivered_at),
            'content_deleted_at', instant(g.content_deleted_at), 'ai_generated', true,
            'model', jsonb_build_object('name', g.model_name, 'version', g.model_version),
            'tokens', jsonb_build_object('prompt', g.prompt_tokens, 'completion', g.completion_tokens, 'reserved', g.reserved)),
        g.corrections
    from generations g
    where g.user_id = p_user and (g.created_at, g.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        and exists (select 1 from session_read(p_now, p_session, p_user))
    order by g.created_at desc, g.id desc limit p_limit
$$;

create or replace function support_list(p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (outcome text, salt bytea, id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid,
    envelope bytea)
language sql stable security definer set search_path = pg_catalog, public as $$
    select case when s.tenant_id is null then 'unauthenticated' when r.id is null then 'none' else 'found' end,
        k.salt, r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.envelope
    from (select 1) one
    left join session_read(p_now, p_session, p_user) s on true
    left join lateral (
        select * from support_requests v
        where v.user_id = p_user and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) r on s.tenant_id is not null
    left join user_keys k on k.user_id = r.user_id
    left join lateral (
        select * from support_messages v where v.request_id = r.id order by v.created_at, v.id limit 1
    ) m on true
    order by r.created_at desc, r.id desc
$$;

create or replace function content_due(p_now timestamp, p_downgraded_before timestamp, p_after uuid, p_limit integer)
returns table (id uuid, due boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
    with page as (
        select g.id, g.tenant_id, g.user_id, g.created_at from generations g
        where g.status = 'delivered' and g.content_deleted_at is null and g.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000'::uuid)
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

create or replace function dataset_candidates(p_opt_in boolean, p_after uuid, p_limit integer)
returns table (id uuid, user_id uuid, basis text, salt bytea, prompt_version text, first_name text, last_name text)
language sql stable security definer set search_path = pg_catalog, public as $$
    with page as (
        select g.id, g.user_id, g.prompt_version from generations g
        where g.status = 'delivered' and g.content_deleted_at is null and g.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000'::uuid)
        order by g.id limit p_limit
    ), judged as (
        select w.id, w.user_id, w.prompt_version, training_basis(w.user_id, p_opt_in) as basis from page w
    )
    select j.id, j.user_id, j.basis, case when j.basis is not null then k.salt end, j.prompt_version, u.first_name, u.last_name
    from judged j join users u on u.id = j.user_id join user_keys k on k.user_id = j.user_id
    where j.basis is not null or j.id = (select max(w.id::text)::uuid from page w)
    order by j.id
$$;

create or replace function export_support(
    p_now timestamp, p_session uuid, p_user uuid, p_limit integer, p_after_time timestamp, p_after_id uuid)
returns table (id uuid, created_at timestamp, answered_at timestamp, closed_at timestamp, message_id uuid, author text, envelope bytea,
    written_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select r.id, r.created_at, r.answered_at, r.closed_at, m.id, m.author, m.envelope, m.created_at
    from (
        select * from support_requests v
        where v.user_id = p_user and (v.created_at, v.id)
            < (coalesce(p_after_time, 'infinity'::timestamp), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        order by v.created_at desc, v.id desc limit p_limit
    ) r join support_messages m on m.request_id = r.id
    where exists (select 1 from session_read(p_now, p_session, p_user))
    order by r.created_at desc, r.id desc, m.created_at, m.id
$$;
