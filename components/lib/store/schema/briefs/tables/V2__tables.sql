-- Times are UTC without a zone and come from the components, never from the server (decision 4).

-- Briefs (kind 1) and translated briefs (kind 2), encrypted under the user's key before they come here (promises a10, a12).
create table briefs (
    generation_id uuid not null,
    kind smallint not null check (kind in (1, 2)),
    user_id uuid not null,
    envelope bytea not null,
    created_at timestamp not null,
    primary key (generation_id, kind)
);
create index briefs_user on briefs (user_id);
-- Already compressed and encrypted bytes do not get smaller.
alter table briefs alter column envelope set storage external;

grant select, insert, delete on briefs to generation;
grant select, delete on briefs to rights, lifecycle;

-- Which function files `api` was made of (`asknpic migrate`): SHA-256 in hexadecimal digits. One row, none before the first time.
create table schema_functions (
    one boolean primary key default true check (one),
    hash text not null,
    applied_at timestamp not null
);
