-- Times are UTC without a zone and come from the components, never from the server (decision 4).

-- Parametric files, encrypted under the user's key before they come here (promise a10): final (kind 3), raw where the file
-- was corrected (4, promise a13), rejected where the dataset may have it (5, promise a18).
create table files (
    generation_id uuid not null,
    kind smallint not null check (kind in (3, 4, 5)),
    user_id uuid not null,
    envelope bytea not null,
    created_at timestamp not null,
    primary key (generation_id, kind)
);
create index files_user on files (user_id);
alter table files alter column envelope set storage external;

grant select, insert, delete on files to generation;
grant select, delete on files to rights, lifecycle;

-- Which function files `api` was made of (`asknpic migrate`): SHA-256 in hexadecimal digits. One row, none before the first time.
create table schema_functions (
    one boolean primary key default true check (one),
    hash text not null,
    applied_at timestamp not null
);
