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
