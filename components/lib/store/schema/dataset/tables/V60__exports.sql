-- Exports of the dataset for fine-tuning: which entries each has, so that it can be told what to remove (promise a44).
create table exports (
    id uuid primary key,
    made_at timestamp not null,
    -- The files are to be deleted by then.
    ends_at timestamp not null,
    made_by text not null
);
create index exports_end on exports (ends_at);
comment on column exports.id is 'purpose: tells one export from another; basis: none, not personal; recipients: none; retention: dataset-removals';
comment on column exports.made_at is 'purpose: when it was made; basis: none, not personal; recipients: none; retention: dataset-removals';
comment on column exports.ends_at is 'purpose: when it must be deleted; basis: none, not personal; recipients: none; retention: dataset-removals';
comment on column exports.made_by is 'purpose: who answers for it; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset-removals';

create table export_entries (
    export_id uuid not null references exports on delete cascade,
    -- Outlives the entry: what is here and not in `entries` is the list of removals.
    entry_id uuid not null,
    primary key (export_id, entry_id)
);
comment on column export_entries.export_id is 'purpose: which export; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset-removals';
comment on column export_entries.entry_id is 'purpose: what must be removed from it on objection; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset-removals';

create function exports_end(p_now timestamp, p_batch integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_rows integer;
begin
    delete from exports where id in (select id from exports where ends_at <= p_now order by id limit p_batch for update skip locked);
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;
grant execute on function exports_end(timestamp, integer) to lifecycle;
