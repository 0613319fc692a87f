-- The record of processing (promise a75): what each column is for. `asknpic ropa` prints the register of Art. 30 from these comments; a
-- column without one fails the build. `retention` names a rule of `domain::retention`.

comment on column entries.id is 'purpose: tells one entry from another; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.user_id is 'purpose: whose entry it is, so that it can go; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.envelope is 'purpose: encrypted pair that may be learnt from; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.prompt_version is 'purpose: system prompt that was used; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.legal_basis is 'purpose: basis in force when it was copied, consent or legitimate interest; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';
comment on column entries.created_at is 'purpose: when it was copied; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset';

comment on column exports.id is 'purpose: tells one export from another; basis: none, not personal; recipients: none; retention: dataset-removals';
comment on column exports.made_at is 'purpose: when it was made; basis: none, not personal; recipients: none; retention: dataset-removals';
comment on column exports.ends_at is 'purpose: when it must be deleted; basis: none, not personal; recipients: none; retention: dataset-removals';
comment on column exports.made_by is 'purpose: who answers for it; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset-removals';

comment on column export_entries.export_id is 'purpose: which export; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset-removals';
comment on column export_entries.entry_id is 'purpose: what must be removed from it on objection; basis: art. 6(1)(f) legitimate interest; recipients: none; retention: dataset-removals';

comment on column schema_functions.one is 'purpose: there is one row; basis: none, not personal; recipients: none; retention: installation';
comment on column schema_functions.hash is 'purpose: tells whether the functions are those of the program; basis: none, not personal; recipients: none; retention: installation';
comment on column schema_functions.applied_at is 'purpose: when they were renewed; basis: none, not personal; recipients: none; retention: installation';
