-- The record of processing (promise a75), as V41 of accounts says.
comment on column files.generation_id is 'purpose: which generation it belongs to; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.kind is 'purpose: what it is of it; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.user_id is 'purpose: whose content it is; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.envelope is 'purpose: encrypted final, raw or rejected file; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column files.created_at is 'purpose: when it was kept; basis: art. 6(1)(b) contract; recipients: none; retention: content';
