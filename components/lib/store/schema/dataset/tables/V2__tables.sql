-- Times are UTC without a zone and come from the components, never from the server (decision 4).

-- Encrypted copies of pairs that may be learnt from, under keys derived for the dataset (promises a18, a44). Filled by the
-- component `dataset`.
create table entries (
    id uuid primary key,
    user_id uuid not null,
    envelope bytea not null,
    prompt_version text not null,
    legal_basis text not null,
    created_at timestamp not null
);
create index entries_user on entries (user_id);

-- Exports of the dataset for fine-tuning: which entries each has, so that it can be told what to remove (promise a44).
create table exports (
    id uuid primary key,
    made_at timestamp not null,
    -- The files are to be deleted by then.
    ends_at timestamp not null,
    made_by text not null
);
create index exports_end on exports (ends_at);

create table export_entries (
    export_id uuid not null references exports on delete cascade,
    -- Outlives the entry: what is here and not in `entries` is the list of removals.
    entry_id uuid not null,
    primary key (export_id, entry_id)
);

grant select, insert, delete on entries to lifecycle;

-- Which function files `api` was made of (`asknpic migrate`): SHA-256 in hexadecimal digits. One row, none before the first time.
create table schema_functions (
    one boolean primary key default true check (one),
    hash text not null,
    applied_at timestamp not null
);
