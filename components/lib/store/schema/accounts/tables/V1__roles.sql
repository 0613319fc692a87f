-- The zones' roles, without passwords (`asknpic migrate` sets those), and nothing for anybody else.
-- `contact` is apart from `identity`: what everybody may send forms to has no function of the identity zone.
-- Roles belong to the whole server, so each database's first migration makes sure of them and none fails where they exist.
do $$
declare
    zone text;
begin
    foreach zone in array array['identity', 'generation', 'rights', 'billing', 'lifecycle', 'contact'] loop
        begin
            execute format('create role %I nologin noinherit', zone);
        exception when duplicate_object or unique_violation then
            null;
        end;
        -- A component's request never needs longer; and a transaction that a dropped connection left open ends by itself.
        execute format('alter role %I set statement_timeout = ''10s''', zone);
        execute format('alter role %I set lock_timeout = ''5s''', zone);
        execute format('alter role %I set idle_in_transaction_session_timeout = ''10s''', zone);
    end loop;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to identity, generation, rights, billing, lifecycle, contact', current_database());
end
$$;

revoke all on schema public from public;
grant usage on schema public to identity, generation, rights, billing, lifecycle, contact;
alter default privileges revoke execute on functions from public;
