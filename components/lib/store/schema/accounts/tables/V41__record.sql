-- The record of processing (promise a75): what each column of the first migrations is for. `asknpic ropa` prints the register of
-- Art. 30 from these comments; a column without one fails the build. `retention` names a rule of `domain::retention`.

comment on column plans.name is 'purpose: names a plan; basis: none, not personal; recipients: none; retention: installation';
comment on column plans.daily_tokens is 'purpose: tokens a tenant of the plan may use a day; basis: none, not personal; recipients: none; retention: installation';
comment on column plans.retention_days is 'purpose: days that content is kept; basis: none, not personal; recipients: none; retention: installation';

comment on column tenants.id is 'purpose: tells the account that is billed from others; basis: art. 6(1)(b) contract; recipients: Stripe; retention: account';
comment on column tenants.plan is 'purpose: what was subscribed to; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column tenants.time_zone is 'purpose: when the day of the quota begins; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column tenants.created_at is 'purpose: when the account was opened; basis: art. 6(1)(b) contract; recipients: none; retention: account';

comment on column users.id is 'purpose: tells one person from another; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.tenant_id is 'purpose: which tenant the person belongs to; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.email is 'purpose: to sign in, and for messages about the account; basis: art. 6(1)(b) contract; recipients: Brevo, Stripe; retention: account';
comment on column users.email_confirmed_at is 'purpose: when the address was proved; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.password_hash is 'purpose: to check a password without knowing it; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.phone is 'purpose: to send codes, against mass sign-ups; basis: art. 6(1)(b) contract; recipients: Brevo; retention: account';
comment on column users.phone_verified_at is 'purpose: when the phone was proved; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.phone_changed_at is 'purpose: a phone changed lately cannot authorise an erasure; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.first_name is 'purpose: to address the person, if given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.last_name is 'purpose: to address the person, if given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.language is 'purpose: language of messages and pages; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.policy_version is 'purpose: which privacy policy was accepted; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column users.role is 'purpose: what the person may do in the tenant; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.restricted_at is 'purpose: since when processing is restricted, GDPR art. 18; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column users.objected_at is 'purpose: since when the person objects to training, GDPR art. 21; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column users.blocked_at is 'purpose: since when the account is blocked; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: account';
comment on column users.otp_failures is 'purpose: wrong codes in a row, against guessing; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: account';
comment on column users.otp_lockouts is 'purpose: lockouts in a row, against guessing; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: account';
comment on column users.otp_locked_until is 'purpose: until when codes are refused; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: account';
comment on column users.created_at is 'purpose: when the person signed up; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column users.last_active_at is 'purpose: last sign-in or generation, to find abandoned accounts; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';

comment on column user_keys.user_id is 'purpose: whose salt it is; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column user_keys.salt is 'purpose: half of what derives the key of the content, so that deleting it is crypto-erasure; basis: art. 6(1)(b) contract; recipients: none; retention: account';

comment on column sessions.id is 'purpose: tells one session from another; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.user_id is 'purpose: whose session it is; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.created_at is 'purpose: when the person signed in; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.authenticated_at is 'purpose: last proof of presence, for what needs a recent one; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.token is 'purpose: keyed hash of the refresh token that is good now; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.previous_token is 'purpose: keyed hash of its predecessor, to notice a stolen one; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.rotated_at is 'purpose: when the token was renewed; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.token_expires_at is 'purpose: when the token ends; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.family_expires_at is 'purpose: when the session ends at the latest; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';
comment on column sessions.revoked_at is 'purpose: when the session was ended; basis: art. 6(1)(b) contract; recipients: none; retention: sessions';

comment on column verifications.id is 'purpose: keyed hash of the id that a code belongs to; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.purpose is 'purpose: what the code is for; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.user_id is 'purpose: whose code it is; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.session_id is 'purpose: which session asked for it; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.phone is 'purpose: a new phone that waits for its code; basis: art. 6(1)(b) contract; recipients: Brevo; retention: verifications';
comment on column verifications.phone_key is 'purpose: keyed hash of the phone, for limits; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: verifications';
comment on column verifications.country_key is 'purpose: keyed hash of the country, for limits; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: verifications';
comment on column verifications.code is 'purpose: keyed hash of the code; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.code_expires_at is 'purpose: when the code ends; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.language is 'purpose: language of the message; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.created_at is 'purpose: when it was asked for; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';
comment on column verifications.expires_at is 'purpose: when it goes; basis: art. 6(1)(b) contract; recipients: none; retention: verifications';

comment on column limits.key is 'purpose: keyed hash of what is counted; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';
comment on column limits.started_at is 'purpose: when the window began; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';
comment on column limits.used is 'purpose: how often in the window; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';
comment on column limits.expires_at is 'purpose: when the window ends; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';

comment on column lockouts.key is 'purpose: keyed hash of what is counted; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';
comment on column lockouts.failures is 'purpose: wrong tries in a row; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';
comment on column lockouts.lockouts is 'purpose: lockouts in a row; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';
comment on column lockouts.locked_until is 'purpose: until when tries are refused; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';
comment on column lockouts.expires_at is 'purpose: when the row goes; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: limits';

comment on column generations.id is 'purpose: tells one generation from another; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.tenant_id is 'purpose: whose quota it used; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.user_id is 'purpose: whose generation it is; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.created_at is 'purpose: when it was asked for; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.deadline_at is 'purpose: when a running one counts as failed; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.status is 'purpose: whether it runs, was delivered or failed; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.problem is 'purpose: why it failed; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.delivered_at is 'purpose: when it was delivered; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.plan is 'purpose: plan at that time; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.brief_language is 'purpose: language of the brief; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.translated is 'purpose: whether the brief was translated; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.complexity is 'purpose: how much the brief asked for, from 0 to 100; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.corrected is 'purpose: whether the file was corrected; basis: art. 6(1)(c) legal obligation; recipients: none; retention: metadata';
comment on column generations.corrections is 'purpose: what was corrected, without text of the person; basis: art. 6(1)(c) legal obligation; recipients: none; retention: corrections';
comment on column generations.prompt_version is 'purpose: system prompt that was used, to trace the output; basis: art. 6(1)(c) legal obligation; recipients: none; retention: metadata';
comment on column generations.model_name is 'purpose: model that was used, to trace the output; basis: art. 6(1)(c) legal obligation; recipients: none; retention: metadata';
comment on column generations.model_version is 'purpose: version of that model, to trace the output; basis: art. 6(1)(c) legal obligation; recipients: none; retention: metadata';
comment on column generations.prompt_tokens is 'purpose: tokens of the prompts; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.completion_tokens is 'purpose: tokens of the answers; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.reserved is 'purpose: tokens set aside while it runs; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.quota_day is 'purpose: day whose quota it used; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';
comment on column generations.content_deleted_at is 'purpose: when its content was deleted; basis: art. 6(1)(b) contract; recipients: none; retention: metadata';

comment on column usage_daily.tenant_id is 'purpose: whose use it is; basis: art. 6(1)(b) contract; recipients: none; retention: usage';
comment on column usage_daily.day is 'purpose: on which day; basis: art. 6(1)(b) contract; recipients: none; retention: usage';
comment on column usage_daily.used is 'purpose: tokens used; basis: art. 6(1)(b) contract; recipients: none; retention: usage';
comment on column usage_daily.reserved is 'purpose: tokens set aside; basis: art. 6(1)(b) contract; recipients: none; retention: usage';

comment on column credit_ledger.id is 'purpose: tells one entry from another; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.tenant_id is 'purpose: whose credits they are; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.created_at is 'purpose: when they were granted or spent; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.tokens is 'purpose: how many; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.kind is 'purpose: why; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.generation_id is 'purpose: on which generation they were spent; basis: art. 6(1)(b) contract; recipients: none; retention: account';

comment on column idempotency.key is 'purpose: keyed hash of user, route and key of a call; basis: art. 6(1)(b) contract; recipients: none; retention: limits';
comment on column idempotency.body is 'purpose: keyed hash of the body of the call; basis: art. 6(1)(b) contract; recipients: none; retention: limits';
comment on column idempotency.generation_id is 'purpose: what the call made; basis: art. 6(1)(b) contract; recipients: none; retention: limits';
comment on column idempotency.expires_at is 'purpose: when the row goes; basis: art. 6(1)(b) contract; recipients: none; retention: limits';
