-- The record of processing (promise a75): what each column is for. `asknpic ropa` prints the register of Art. 30 from these comments; a
-- column without one fails the build. `retention` names a rule of `domain::retention`.

comment on column files.generation_id is 'purpose: which generation it belongs to; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.kind is 'purpose: what it is of it; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.user_id is 'purpose: whose content it is; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.envelope is 'purpose: encrypted final, raw or rejected file; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.created_at is 'purpose: when it was kept; basis: art. 6(1)(b) contract; recipients: none; retention: content';

comment on column schema_functions.one is 'purpose: there is one row; basis: none, not personal; recipients: none; retention: installation';
comment on column schema_functions.hash is 'purpose: tells whether the functions are those of the program; basis: none, not personal; recipients: none; retention: installation';
comment on column schema_functions.applied_at is 'purpose: when they were renewed; basis: none, not personal; recipients: none; retention: installation';
