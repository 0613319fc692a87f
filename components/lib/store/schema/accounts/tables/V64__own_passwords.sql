-- No password may be its owner's own email: whoever sets one has to know that email.

drop function password_read(timestamp, uuid, uuid, text, integer, integer);

-- As before, and the account's email with it. Outcomes: `unauthenticated`, `rate` (with seconds to wait), `read`.
create function password_read(
    p_now timestamp, p_session uuid, p_user uuid, p_key text, p_max integer, p_seconds integer,
    out outcome text, out wait integer, out password_hash text, out email text)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
    perform 1 from session_read(p_now, p_session, p_user);
    if not found then
        outcome := 'unauthenticated';
        return;
    end if;
    wait := limits_take(p_now, array[p_key], array[p_max], array[p_seconds]);
    if wait > 0 then
        outcome := 'rate';
        return;
    end if;
    select u.password_hash, u.email into password_hash, email from users u where u.id = p_user;
    outcome := 'read';
end
$$;

-- Whose token for a new password it is; null where it is good for nothing (any more). The token stays as it is.
create function password_reset_email(p_now timestamp, p_token text) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
    select u.email from email_tokens t join users u on u.id = t.user_id
    where t.id = p_token and t.purpose = 'reset' and t.expires_at > p_now and t.email = u.email
$$;

grant execute on function password_read(timestamp, uuid, uuid, text, integer, integer), password_reset_email(timestamp, text) to identity;
