-- The record of processing (promise a75), as V41 of accounts says.
comment on column entries.id is 'purpose: tells one entry from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.user_id is 'purpose: whose entry it is, so that it can go; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.envelope is 'purpose: encrypted pair that may be learnt from; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.prompt_version is 'purpose: system prompt that was used; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.legal_basis is 'purpose: basis in force when it was copied, consent or legitimate interest; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.created_at is 'purpose: when it was copied; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
