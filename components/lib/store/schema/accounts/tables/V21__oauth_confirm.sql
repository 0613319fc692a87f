-- As before, and the provider with it: the owner is told which one was linked.
drop function oauth_confirm(timestamp, text, text, uuid, uuid, bytea, uuid, text);

create function oauth_confirm(
    p_now timestamp, p_id text, p_policy_version text, p_user uuid, p_tenant uuid, p_salt bytea, p_event uuid, p_ip text,
    out outcome text, out provider text, out email text, out language text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    c oauth_claims;
    v record;
begin
    delete from oauth_claims where id = p_id returning * into c;
    if not found or c.expires_at <= p_now then
        outcome := 'unknown';
        return;
    end if;
    select * into v from oauth_join(p_now, c.provider, c.external_id, c.email, c.first_name, c.last_name, c.language,
        p_policy_version, p_user, p_tenant, p_salt, p_event, p_ip);
    outcome := v.outcome;
    provider := c.provider;
    email := (v.account).email;
    language := (v.account).language;
end
$$;

grant execute on function oauth_confirm(timestamp, text, text, uuid, uuid, bytea, uuid, text) to identity;
