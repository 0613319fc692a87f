-- The record of processing (promise a75): what each column is for. `asknpic ropa` prints the register of Art. 30 from these comments; a
-- column without one fails the build. `retention` names a rule of `domain::retention`.

comment on column plans.name is 'purpose: names a plan; basis: none, not personal; recipients: none; retention: installation';
comment on column plans.daily_tokens is 'purpose: tokens a tenant of the plan may use a day; basis: none, not personal; recipients: none; retention: installation';
comment on column plans.retention_days is 'purpose: days that content is kept; basis: none, not personal; recipients: none; retention: installation';

comment on column tenants.id is 'purpose: tells the account that is billed from others; basis: art. 6(1)(b) contract; recipients: Stripe; retention: account';
comment on column tenants.plan is 'purpose: what was subscribed to; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column tenants.time_zone is 'purpose: when the day of the quota begins; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column tenants.created_at is 'purpose: when the account was opened; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column tenants.downgraded_at is 'purpose: when content beyond the plan became inaccessible, from which its last 12 months count; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column tenants.downgraded_from is 'purpose: how long content beyond the plan may be kept for an upgrade; basis: art. 6(1)(b) contract; recipients: none; retention: account';

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
comment on column users.inactivity_warned_at is 'purpose: that the person was warned before an unused account is erased; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: account';

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
comment on column generations.complexity_reasons is 'purpose: explains the complexity score, by codes and numbers; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column generations.trace is 'purpose: what was done when, so that the chain from brief to file can be followed; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: account';
comment on column generations.credits_reserved is 'purpose: credits set aside while the generation runs; basis: art. 6(1)(b) contract; recipients: none; retention: until the generation ends';
comment on column generations.credits_spent is 'purpose: credits that the generation cost; basis: art. 6(1)(b) contract; recipients: none; retention: account';

comment on column usage_daily.tenant_id is 'purpose: whose use it is; basis: art. 6(1)(b) contract; recipients: none; retention: usage';
comment on column usage_daily.day is 'purpose: on which day; basis: art. 6(1)(b) contract; recipients: none; retention: usage';
comment on column usage_daily.used is 'purpose: tokens used; basis: art. 6(1)(b) contract; recipients: none; retention: usage';
comment on column usage_daily.reserved is 'purpose: tokens set aside; basis: art. 6(1)(b) contract; recipients: none; retention: usage';
comment on column usage_daily.credits is 'purpose: tokens of the day that were paid for with credits; basis: art. 6(1)(b) contract; recipients: none; retention: 90 days';

comment on column credit_ledger.id is 'purpose: tells one entry from another; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.tenant_id is 'purpose: whose credits they are; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.created_at is 'purpose: when they were granted or spent; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.tokens is 'purpose: how many; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.kind is 'purpose: why; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.generation_id is 'purpose: on which generation they were spent; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column credit_ledger.payment is 'purpose: to grant a payment''s credits once and to take back what is refunded; basis: art. 6(1)(b) contract; recipients: none; retention: account';

comment on column idempotency.key is 'purpose: keyed hash of user, route and key of a call; basis: art. 6(1)(b) contract; recipients: none; retention: limits';
comment on column idempotency.body is 'purpose: keyed hash of the body of the call; basis: art. 6(1)(b) contract; recipients: none; retention: limits';
comment on column idempotency.generation_id is 'purpose: what the call made; basis: art. 6(1)(b) contract; recipients: none; retention: limits';
comment on column idempotency.expires_at is 'purpose: when the row goes; basis: art. 6(1)(b) contract; recipients: none; retention: limits';

comment on column security_events.id is 'purpose: tells one event from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: security-events';
comment on column security_events.user_id is 'purpose: whose account the event is about; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: security-events';
comment on column security_events.at is 'purpose: when it happened; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: security-events';
comment on column security_events.kind is 'purpose: what happened; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: security-events';
comment on column security_events.ip is 'purpose: where it came from, to find and prove misuse; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: security-events';

comment on column email_tokens.id is 'purpose: recognises a token that was sent by email, as a keyed hash; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.purpose is 'purpose: what the token is good for; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.user_id is 'purpose: whose account it is for; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.email is 'purpose: the address that the token proves; basis: art. 6(1)(b) contract; recipients: Brevo; retention: until it is used, 24 hours at most';
comment on column email_tokens.created_at is 'purpose: when it was sent; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column email_tokens.expires_at is 'purpose: when it ends; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';

comment on column links.provider is 'purpose: with whom the person signs in; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';
comment on column links.external_id is 'purpose: recognises the person when the provider names them again; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';
comment on column links.user_id is 'purpose: whose link it is; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';
comment on column links.linked_at is 'purpose: since when, for the person to see; basis: art. 6(1)(b) contract; recipients: none; retention: account, or until the link is removed';

comment on column oauth_states.id is 'purpose: takes a provider''s answer once; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 10 minutes';
comment on column oauth_states.browser is 'purpose: takes a provider''s answer only from the browser that began, as a keyed hash; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: 10 minutes';
comment on column oauth_states.session_id is 'purpose: whose account gets the link; basis: art. 6(1)(b) contract; recipients: none; retention: 10 minutes';
comment on column oauth_states.expires_at is 'purpose: when it ends; basis: none, not personal; recipients: none; retention: 10 minutes';

comment on column oauth_claims.id is 'purpose: recognises a token that was sent by email, as a keyed hash; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.provider is 'purpose: with whom the person signs in; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.external_id is 'purpose: the link that waits for the address to be confirmed; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.email is 'purpose: the address that the token proves; basis: art. 6(1)(b) contract; recipients: Brevo; retention: until it is used, 24 hours at most';
comment on column oauth_claims.first_name is 'purpose: for a new account, if given; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.last_name is 'purpose: for a new account, if given; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.language is 'purpose: of a new account; basis: art. 6(1)(b) contract; recipients: none; retention: until it is used, 24 hours at most';
comment on column oauth_claims.expires_at is 'purpose: when it ends; basis: none, not personal; recipients: none; retention: until it is used, 24 hours at most';

comment on column sweeps.rule is 'purpose: names a rule of the lifecycle job; basis: none, not personal; recipients: none; retention: overwritten by the next run';
comment on column sweeps.after_id is 'purpose: id of the last generation that a rule of the lifecycle job has looked at; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: overwritten by the next run';
comment on column sweeps.ran_at is 'purpose: shows that a rule is run; basis: none, not personal; recipients: none; retention: installation';
comment on column sweeps.rows is 'purpose: shows what a rule did; basis: none, not personal; recipients: none; retention: installation';

comment on column model_line.generation_id is 'purpose: whose turn it is at the model host; basis: art. 6(1)(b) contract; recipients: none; retention: until the generation ends';
comment on column model_line.queued_at is 'purpose: the order in which generations come to the model host; basis: art. 6(1)(b) contract; recipients: none; retention: until the generation ends';
comment on column model_line.holds is 'purpose: whether the generation may call the model host; basis: art. 6(1)(b) contract; recipients: none; retention: until the generation ends';
comment on column model_line.until is 'purpose: when the place is given up unless it is renewed; basis: art. 6(1)(b) contract; recipients: none; retention: until the generation ends';

comment on column requests.id is 'purpose: tells one request from another; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.user_id is 'purpose: who asked, or nobody once the account is closed; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.kind is 'purpose: which right was exercised; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.channel is 'purpose: from the account or by email; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.received_at is 'purpose: when it was asked for; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.due_at is 'purpose: until when it must be answered; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.extended_at is 'purpose: when notice of a delay was given; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';
comment on column requests.answered_at is 'purpose: when it was answered; basis: art. 6(1)(c) legal obligation; recipients: none; retention: requests';

comment on column consents.id is 'purpose: tells one change from another; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.user_id is 'purpose: whose consent it is; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.purpose is 'purpose: what was consented to; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.granted is 'purpose: given or withdrawn; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.policy_version is 'purpose: version of the text agreed to; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';
comment on column consents.changed_at is 'purpose: when; basis: art. 6(1)(c) legal obligation; recipients: none; retention: account';

comment on column exports.id is 'purpose: tells one export from another; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.user_id is 'purpose: whose export it is; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.begun_at is 'purpose: when it began, for the limit of a day; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.lease_until is 'purpose: until when it counts as running; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';
comment on column exports.ended_at is 'purpose: when it ended; basis: art. 6(1)(c) legal obligation; recipients: none; retention: exports';

comment on column erasures.id is 'purpose: tells one erasure from another, and opens its receipt; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.user_id is 'purpose: whose data the steps remove, also from a restored backup; basis: art. 6(1)(c) legal obligation; recipients: none; retention: erasure-ids';
comment on column erasures.tenant_id is 'purpose: which tenant goes with the person; basis: art. 6(1)(c) legal obligation; recipients: none; retention: erasure-ids';
comment on column erasures.requested_at is 'purpose: when it was asked for; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.key_destroyed_at is 'purpose: when the salt was deleted; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.backups_expire_at is 'purpose: when the last backup with the salt ends; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.completed_at is 'purpose: when the last step was done; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.remains is 'purpose: names of what the law makes us keep; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasures.customer is 'purpose: which customer Stripe has to erase; basis: art. 6(1)(c) legal obligation; recipients: Stripe; retention: erasure-ids';
comment on column erasures.evidence_until is 'purpose: when the last evidence about the closed account goes; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';

comment on column erasure_steps.erasure_id is 'purpose: of which erasure; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.position is 'purpose: in which order; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.name is 'purpose: which step; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.not_before is 'purpose: when its time comes; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';
comment on column erasure_steps.done_at is 'purpose: when it was done; basis: art. 6(1)(c) legal obligation; recipients: none; retention: proofs';

comment on column dataset_removals.user_id is 'purpose: whose dataset entries have to go; basis: art. 6(1)(c) legal obligation; recipients: none; retention: dataset-removals';
comment on column dataset_removals.asked_at is 'purpose: since when; basis: art. 6(1)(c) legal obligation; recipients: none; retention: dataset-removals';

comment on column anonymous_generations.day is 'purpose: day of a generation of an erased account; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.plan is 'purpose: its plan; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.status is 'purpose: how it ended; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.problem is 'purpose: why it failed; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.brief_language is 'purpose: language of its brief; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.translated is 'purpose: whether it was translated; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.complexity is 'purpose: how much was asked for; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.corrected is 'purpose: whether it was corrected; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.prompt_version is 'purpose: its system prompt; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.model_name is 'purpose: its model; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.model_version is 'purpose: the version of its model; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.prompt_tokens is 'purpose: tokens of its prompts; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.completion_tokens is 'purpose: tokens of its answers; basis: none, not personal; recipients: none; retention: anonymous-metadata';
comment on column anonymous_generations.expires_on is 'purpose: when the row goes; basis: none, not personal; recipients: none; retention: anonymous-metadata';

comment on column billing_customers.id is 'purpose: Stripe''s id of the customer, the only link between account and payments; basis: art. 6(1)(c) legal obligation; recipients: Stripe; retention: billing-records';
comment on column billing_customers.tenant_id is 'purpose: which account pays as this customer; basis: art. 6(1)(b) contract; recipients: Stripe; retention: account';
comment on column billing_customers.created_at is 'purpose: when the customer was made; basis: art. 6(1)(c) legal obligation; recipients: none; retention: billing-records';

comment on column subscription_states.event_id is 'purpose: the event that told of the state, so that a repeat changes nothing; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.subscription is 'purpose: Stripe''s id of the subscription; basis: art. 6(1)(b) contract; recipients: Stripe; retention: account';
comment on column subscription_states.tenant_id is 'purpose: whose subscription it is; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.created_at is 'purpose: when the state began, to order states; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.rank is 'purpose: to order states of one second; basis: none, not personal; recipients: none; retention: account';
comment on column subscription_states.status is 'purpose: what the plan follows from; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.plan is 'purpose: the plan paid for; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.entitled is 'purpose: whether the state gives the plan; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.period_end is 'purpose: until when is paid, for the overview; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column subscription_states.ends_at_period_end is 'purpose: whether it was cancelled for the end of the period; basis: art. 6(1)(b) contract; recipients: none; retention: account';

comment on column plan_gifts.id is 'purpose: to tell gifts apart; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.tenant_id is 'purpose: who was given the plan; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.plan is 'purpose: the plan given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.begins_at is 'purpose: from when it is given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.ends_at is 'purpose: until when it is given; basis: art. 6(1)(b) contract; recipients: none; retention: account';
comment on column plan_gifts.closed is 'purpose: to compute the plan anew once after the end; basis: none, not personal; recipients: none; retention: account';

comment on column stripe_events.id is 'purpose: to apply each event once; basis: art. 6(1)(c) legal obligation; recipients: none; retention: stripe-events';
comment on column stripe_events.type is 'purpose: to trace what was delivered; basis: none, not personal; recipients: none; retention: stripe-events';
comment on column stripe_events.created_at is 'purpose: to trace what was delivered; basis: none, not personal; recipients: none; retention: stripe-events';
comment on column stripe_events.received_at is 'purpose: to trace what was delivered, and the end of the 90 days; basis: none, not personal; recipients: none; retention: stripe-events';
comment on column stripe_events.outcome is 'purpose: to trace what came of it; basis: none, not personal; recipients: none; retention: stripe-events';

comment on column billing_records.id is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.kind is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.customer is 'purpose: accounting, by Stripe''s id alone; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.payment is 'purpose: accounting, and what a refund is of; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.subscription is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.item is 'purpose: accounting, what was bought; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.amount is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.tax is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.currency is 'purpose: accounting; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';
comment on column billing_records.booked_at is 'purpose: accounting, and the end of the ten years; basis: art. 6(1)(c) legal obligation; recipients: accountant; retention: billing-records';

comment on column checkouts.id is 'purpose: to make one session of repeated requests; basis: art. 6(1)(b) contract; recipients: Stripe; retention: checkouts';
comment on column checkouts.tenant_id is 'purpose: whose checkout it is; basis: art. 6(1)(b) contract; recipients: none; retention: checkouts';
comment on column checkouts.session is 'purpose: Stripe''s id of the session, to answer a repeat with; basis: art. 6(1)(b) contract; recipients: Stripe; retention: checkouts';
comment on column checkouts.created_at is 'purpose: the end of the 24 hours; basis: art. 6(1)(b) contract; recipients: none; retention: checkouts';

comment on column checkout_keys.key is 'purpose: to know a repeated request; basis: art. 6(1)(b) contract; recipients: none; retention: checkouts';
comment on column checkout_keys.body is 'purpose: to know that its body is the same; basis: art. 6(1)(b) contract; recipients: none; retention: checkouts';
comment on column checkout_keys.checkout_id is 'purpose: what it began; basis: art. 6(1)(b) contract; recipients: none; retention: checkouts';
comment on column checkout_keys.expires_at is 'purpose: the end of the 24 hours; basis: none, not personal; recipients: none; retention: checkouts';

comment on column gift_codes.code is 'purpose: to know the code again, as a keyed hash; basis: art. 6(1)(b) contract; recipients: none; retention: gift-codes';
comment on column gift_codes.kind is 'purpose: what the code gives; basis: none, not personal; recipients: none; retention: gift-codes';
comment on column gift_codes.issued_at is 'purpose: to trace gifts; basis: none, not personal; recipients: none; retention: gift-codes';
comment on column gift_codes.expires_at is 'purpose: until when it can be redeemed; basis: none, not personal; recipients: none; retention: gift-codes';
comment on column gift_codes.redeemed_at is 'purpose: that it is used; basis: art. 6(1)(b) contract; recipients: none; retention: gift-codes';
comment on column gift_codes.redeemed_by is 'purpose: who was given it, to settle disputes; basis: art. 6(1)(b) contract; recipients: none; retention: gift-codes';

comment on column waitlist_pending.id is 'purpose: stands for the row in the link that confirms it; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.email is 'purpose: to ask the owner of the address for their consent; basis: art. 6(1)(a) consent; recipients: Brevo; retention: waitlist-pending';
comment on column waitlist_pending.interest is 'purpose: what the person wants to hear about; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.language is 'purpose: to write in the language of the page; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.consent_version is 'purpose: proof of which text was agreed to; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.asked_at is 'purpose: proof of when it was asked for; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist-pending';
comment on column waitlist_pending.expires_at is 'purpose: ends what nobody confirms; basis: none, not personal; recipients: none; retention: waitlist-pending';

comment on column waitlist.id is 'purpose: stands for the row in the link that unsubscribes; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.email is 'purpose: to write about what was asked for; basis: art. 6(1)(a) consent; recipients: Brevo; retention: waitlist';
comment on column waitlist.interest is 'purpose: what the person wants to hear about; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.language is 'purpose: to write in the language of the page; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.consent_version is 'purpose: proof of which text was agreed to; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.asked_at is 'purpose: proof of when it was asked for; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.confirmed_at is 'purpose: proof of when it was confirmed; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';
comment on column waitlist.last_contact_at is 'purpose: when the time that it is kept begins; basis: art. 6(1)(a) consent; recipients: none; retention: waitlist';

comment on column beta_candidacies.id is 'purpose: stands for the row in the link that confirms and changes it; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.email is 'purpose: to answer the candidacy; basis: art. 6(1)(a) consent; recipients: Brevo; retention: beta-candidacies';
comment on column beta_candidacies.profile is 'purpose: to choose testers of different trades; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.country is 'purpose: to choose testers of different countries; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.tools is 'purpose: to choose testers who know other tools; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.visuals is 'purpose: to choose testers of different kinds of visuals; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.frequency is 'purpose: to choose testers who will test; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.motivation is 'purpose: to understand why somebody wants to test; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.language is 'purpose: to write in the language of the page; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.consent_version is 'purpose: proof of which texts were agreed to; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.participation_at is 'purpose: consent to take part, since when; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.training_at is 'purpose: consent to let generations improve the model, since when; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.created_at is 'purpose: when the time that it is kept begins; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.confirmed_at is 'purpose: proof that the owner of the address wants it; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.status is 'purpose: what a person decided; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.decided_at is 'purpose: when it was decided; basis: art. 6(1)(a) consent; recipients: none; retention: beta-candidacies';
comment on column beta_candidacies.decided_by is 'purpose: which person decided; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: beta-candidacies';

comment on column support_requests.id is 'purpose: tells one request from another; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.user_id is 'purpose: whose request it is; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.created_at is 'purpose: when it was made; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.answered_at is 'purpose: when it was first answered; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_requests.closed_at is 'purpose: when the time that it is kept begins; basis: art. 6(1)(b) contract; recipients: none; retention: support';

comment on column support_messages.id is 'purpose: tells one message from another; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.request_id is 'purpose: the request it belongs to; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.author is 'purpose: who wrote it, the person or we; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.envelope is 'purpose: what was written, encrypted; basis: art. 6(1)(b) contract; recipients: none; retention: support';
comment on column support_messages.created_at is 'purpose: when it was written; basis: art. 6(1)(b) contract; recipients: none; retention: support';

comment on column announcements.id is 'purpose: tells one announcement from another; basis: none, not personal; recipients: none; retention: installation';
comment on column announcements.interest is 'purpose: which part of the waitlist it goes to; basis: none, not personal; recipients: none; retention: installation';
comment on column announcements.texts is 'purpose: what is sent; basis: none, not personal; recipients: Brevo; retention: installation';
comment on column announcements.made_by is 'purpose: which operator made it; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: installation';
comment on column announcements.created_at is 'purpose: when it was made; basis: none, not personal; recipients: none; retention: installation';

comment on column mails.id is 'purpose: tells one mail from another; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.kind is 'purpose: what is to be written; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: mails';
comment on column mails.user_id is 'purpose: whom to write to; basis: art. 6(1)(b) contract; recipients: none; retention: mails';
comment on column mails.waitlist_id is 'purpose: whom to write to; basis: art. 6(1)(a) consent; recipients: none; retention: mails';
comment on column mails.candidacy_id is 'purpose: whom to write to; basis: art. 6(1)(a) consent; recipients: none; retention: mails';
comment on column mails.announcement_id is 'purpose: what is to be written; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.created_at is 'purpose: which comes first; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.claimed_until is 'purpose: keeps two hosts from sending one mail; basis: none, not personal; recipients: none; retention: mails';
comment on column mails.tries is 'purpose: ends mails that cannot be sent; basis: none, not personal; recipients: none; retention: mails';

comment on column usage_monthly.month is 'purpose: to plan capacity; basis: none, not personal; recipients: none; retention: usage-summaries';
comment on column usage_monthly.plan is 'purpose: to plan capacity; basis: none, not personal; recipients: none; retention: usage-summaries';
comment on column usage_monthly.tokens is 'purpose: to plan capacity; basis: none, not personal; recipients: none; retention: usage-summaries';

comment on column evidence.id is 'purpose: tells one piece of evidence from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.user_id is 'purpose: which account it is about; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.case_reference is 'purpose: which case it belongs to; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.held_at is 'purpose: when it was decided; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.kept_until is 'purpose: when it goes; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.salt is 'purpose: part of its key; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';
comment on column evidence.envelope is 'purpose: what is strictly necessary for the case, encrypted; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: evidence';

comment on column evidence_log.id is 'purpose: tells one record from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.evidence_id is 'purpose: which evidence; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.at is 'purpose: when; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.action is 'purpose: what was done; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.done_by is 'purpose: who did it; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';
comment on column evidence_log.reason is 'purpose: why; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: proofs';

comment on column schema_functions.one is 'purpose: there is one row; basis: none, not personal; recipients: none; retention: installation';
comment on column schema_functions.hash is 'purpose: tells whether the functions are those of the program; basis: none, not personal; recipients: none; retention: installation';
comment on column schema_functions.applied_at is 'purpose: when they were renewed; basis: none, not personal; recipients: none; retention: installation';
