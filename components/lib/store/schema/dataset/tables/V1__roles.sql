-- The training dataset. No component of the public API may even connect (promise a63): only `lifecycle` has the right.
do $$
declare
    zone text;
begin
    foreach zone in array array['identity', 'generation', 'rights', 'billing', 'lifecycle'] loop
        begin
            execute format('create role %I nologin noinherit', zone);
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to lifecycle', current_database());
end
$$;

revoke all on schema public from public;
grant usage on schema public to lifecycle;
alter default privileges revoke execute on functions from public;

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
grant select, insert, delete on entries to lifecycle;
