-- Evidence for a serious breach of contract (promise a47). Called by `asknpic evidence` only: no zone has a right to any of it.

create function api.evidence_hold(
    p_now timestamp, p_id uuid, p_user uuid, p_case text, p_by text, p_reason text, p_salt bytea, p_envelope bytea, p_until timestamp,
    p_log uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
begin
    insert into evidence_log (id, evidence_id, at, action, done_by, reason) values (p_log, p_id, p_now, 'held', p_by, p_reason);
    insert into evidence (id, user_id, case_reference, held_at, kept_until, salt, envelope)
    values (p_id, p_user, p_case, p_now, p_until, p_salt, p_envelope);
end
$$;

create function api.evidence_show(p_now timestamp, p_id uuid, p_by text, p_reason text, p_log uuid)
returns table (user_id uuid, salt bytea, envelope bytea)
language plpgsql volatile security definer set search_path = pg_catalog, api, public, pg_temp as $$
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

-- What was recorded stays as it is: nobody changes a record, the owner included, and only what is past its time may go.
create function api.evidence_log_keep() returns trigger
language plpgsql set search_path = pg_catalog, api, public, pg_temp as $$
begin
    raise exception 'a record about evidence is not changed' using errcode = '42501';
end
$$;
create trigger evidence_log_keep before update on evidence_log for each row execute function api.evidence_log_keep();
