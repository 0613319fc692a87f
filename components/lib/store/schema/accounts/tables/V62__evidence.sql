-- Evidence for a serious breach of contract (promise a47).

-- Apart from everything: no role of a component has a right to it but to let it go in time. It outlives the account by the bare id.
create table evidence (
    id uuid primary key,
    user_id uuid not null,
    case_reference text not null check (case_reference <> ''),
    held_at timestamp not null,
    kept_until timestamp not null,
    -- Under a key that no component has.
    salt bytea not null check (octet_length(salt) = 32),
    envelope bytea not null
);
create index evidence_end on evidence (kept_until);
comment on column evidence.id is 'purpose: tells one piece of evidence from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.user_id is 'purpose: which account it is about; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.case_reference is 'purpose: which case it belongs to; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.held_at is 'purpose: when it was decided; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.kept_until is 'purpose: when it goes; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.salt is 'purpose: part of its key; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.envelope is 'purpose: what is strictly necessary for the case, encrypted; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';

create table evidence_log (
    id uuid primary key,
    evidence_id uuid not null,
    at timestamp not null,
    action text not null check (action in ('held', 'shown', 'ended')),
    done_by text not null,
    reason text not null check (reason <> '')
);
create index evidence_log_evidence on evidence_log (evidence_id, at);
comment on column evidence_log.id is 'purpose: tells one record from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.evidence_id is 'purpose: which evidence; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.at is 'purpose: when; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.action is 'purpose: what was done; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.done_by is 'purpose: who did it; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.reason is 'purpose: why; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';

-- What was recorded stays as it is: nobody changes a record, the owner included, and only what is past its time may go.
create function evidence_log_keep() returns trigger
language plpgsql set search_path = pg_catalog, public as $$
begin
    raise exception 'a record about evidence is not changed' using errcode = '42501';
end
$$;
create trigger evidence_log_keep before update on evidence_log for each row execute function evidence_log_keep();

create function evidence_hold(
    p_now timestamp, p_id uuid, p_user uuid, p_case text, p_by text, p_reason text, p_salt bytea, p_envelope bytea, p_until timestamp,
    p_log uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    insert into evidence_log (id, evidence_id, at, action, done_by, reason) values (p_log, p_id, p_now, 'held', p_by, p_reason);
    insert into evidence (id, user_id, case_reference, held_at, kept_until, salt, envelope)
    values (p_id, p_user, p_case, p_now, p_until, p_salt, p_envelope);
end
$$;

create function evidence_show(p_now timestamp, p_id uuid, p_by text, p_reason text, p_log uuid)
returns table (user_id uuid, salt bytea, envelope bytea)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
    perform 1 from evidence where id = p_id;
    if not found then
        return;
    end if;
    insert into evidence_log (id, evidence_id, at, action, done_by, reason) values (p_log, p_id, p_now, 'shown', p_by, p_reason);
    return query select e.user_id, e.salt, e.envelope from evidence e where e.id = p_id;
end
$$;

create function sweep_evidence(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    with gone as (
        delete from evidence where id in
            (select id from evidence where kept_until <= p_now order by id limit p_batch for update skip locked)
        returning id
    )
    insert into evidence_log (id, evidence_id, at, action, done_by, reason)
    select md5('ended' || id::text)::uuid, id, p_now, 'ended', 'lifecycle', 'its time is up' from gone;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

-- Records of evidence that is gone, as long as other proofs are kept.
create function sweep_evidence_log(p_before timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from evidence_log where id in (
        select l.id from evidence_log l
        where exists (select 1 from evidence_log e where e.evidence_id = l.evidence_id and e.action = 'ended' and e.at <= p_before)
        order by l.id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

grant execute on function sweep_evidence(timestamp, integer), sweep_evidence_log(timestamp, integer) to lifecycle;
