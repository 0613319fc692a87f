-- A receipt says that evidence remains, and until when (promise a49).

alter table erasures add column evidence_until timestamp;
comment on column erasures.evidence_until is 'purpose: when the last evidence about the closed account goes; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';

create function erasure_notes_evidence() returns trigger
language plpgsql set search_path = pg_catalog, public as $$
begin
    select max(kept_until) into new.evidence_until from evidence where user_id = new.user_id;
    if new.evidence_until is not null then
        new.remains := new.remains || 'evidence'::text;
    end if;
    return new;
end
$$;
create trigger erasure_notes_evidence before insert on erasures for each row execute function erasure_notes_evidence();
-- The journal's statement must take the same time however much evidence there is about others.
create index evidence_user on evidence (user_id);

drop function erasure_read(uuid);

-- The journal's entry with its steps, one row a step, in their order.
create function erasure_read(p_id uuid)
returns table (requested_at timestamp, key_destroyed_at timestamp, backups_expire_at timestamp, completed_at timestamp, remains text[],
    evidence_until timestamp, name text, done_at timestamp)
language sql stable security definer set search_path = pg_catalog, public as $$
    select e.requested_at, e.key_destroyed_at, e.backups_expire_at, e.completed_at, e.remains, e.evidence_until, s.name, s.done_at
    from erasures e join erasure_steps s on s.erasure_id = e.id where e.id = p_id order by s.position
$$;
grant execute on function erasure_read(uuid) to rights;
