-- The zones' roles, without passwords (`asknpic migrate` sets those), and nothing for anybody else.
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
    execute format('grant connect on database %I to generation, rights, lifecycle', current_database());
end
$$;

revoke all on schema public from public;
grant usage on schema public to generation, rights, lifecycle;
alter default privileges revoke execute on functions from public;
