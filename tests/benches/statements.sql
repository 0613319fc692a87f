-- Fills `accounts` for `./dev bench statements`: `:users` people, each with a tenant, two sessions, five generations, five security events,
-- a link, three days of use and a change of credits. Ids follow from the person's number, so that the bench can name any of them:
-- 00000000-0000-<kind>-8000-<number>, with the kinds below. It is 2030-01-01 there.
create function pg_temp.id(p_kind text, p_number bigint) returns uuid language sql immutable as $$
    select ('00000000-0000-' || p_kind || '-8000-' || lpad(to_hex(p_number), 12, '0'))::uuid
$$;
insert into tenants (id, created_at) select pg_temp.id('7001', n), '2029-01-01' from generate_series(1, :users) n;
insert into users (id, tenant_id, email, email_confirmed_at, password_hash, phone, phone_verified_at, language, policy_version, created_at, last_active_at)
select pg_temp.id('7002', n), pg_temp.id('7001', n), 'person' || n || '@example.com', '2029-01-01', 'hash', '+336' || lpad(n::text, 8, '0'),
    '2029-01-01', 'fr', '1', timestamp '2029-01-01' + n * interval '1 minute', '2029-12-31'
from generate_series(1, :users) n;
insert into user_keys (user_id, salt) select pg_temp.id('7002', n), sha256(n::text::bytea) from generate_series(1, :users) n;
insert into sessions (id, user_id, created_at, authenticated_at, token, rotated_at, token_expires_at, family_expires_at)
select pg_temp.id('7003', n * 2 + k), pg_temp.id('7002', n), '2029-12-31', '2030-01-01', sha256(('token' || n)::bytea), '2029-12-31',
    '2030-01-30', '2030-03-01'
from generate_series(1, :users) n, generate_series(0, 1) k;
insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, delivered_at, plan, brief_language, complexity, prompt_version,
    model_name, model_version, prompt_tokens, completion_tokens, quota_day)
select pg_temp.id('7004', n * 8 + k), pg_temp.id('7001', n), pg_temp.id('7002', n), timestamp '2029-12-20' + k * interval '2 days' + n * interval '1 second',
    timestamp '2029-12-20' + k * interval '2 days' + n * interval '1 second' + interval '5 minutes', 'delivered',
    timestamp '2029-12-20' + k * interval '2 days' + n * interval '1 second' + interval '1 minute', 'free', 'fr', 40, 'v1', 'mistral', 'sha256:0', 900, 1500,
    (timestamp '2029-12-20' + k * interval '2 days')::date
from generate_series(1, :users) n, generate_series(0, 4) k;
insert into security_events (id, user_id, at, kind, ip)
select pg_temp.id('7005', n * 8 + k), pg_temp.id('7002', n), timestamp '2029-12-01' + k * interval '5 days' + n * interval '1 second', 'sign-in', '192.0.2.1'
from generate_series(1, :users) n, generate_series(0, 4) k;
insert into links (provider, external_id, user_id, linked_at)
select 'google', 'google-' || n, pg_temp.id('7002', n), '2029-01-01' from generate_series(1, :users) n;
insert into usage_daily (tenant_id, day, used)
select pg_temp.id('7001', n), date '2029-12-29' + k, 2400 from generate_series(1, :users) n, generate_series(0, 2) k;
insert into credit_ledger (id, tenant_id, created_at, tokens, kind)
select pg_temp.id('7006', n), pg_temp.id('7001', n), '2029-12-01', 100000000000, 'gift' from generate_series(1, :users) n;
insert into limits (key, started_at, used, expires_at)
select 'signin-address:' || n, '2029-12-31', 1, '2030-01-02' from generate_series(1, :users) n;
insert into lockouts (key, failures, expires_at)
select 'signin-everywhere:' || n, 1, '2030-01-02' from generate_series(1, :users) n;
insert into idempotency (key, body, generation_id, expires_at)
select 'key' || n, 'body', pg_temp.id('7004', n * 8), '2030-01-02' from generate_series(1, :users) n;
analyze;
