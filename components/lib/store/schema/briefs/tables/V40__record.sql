-- The record of processing (promise a75), as V41 of accounts says.
comment on column briefs.generation_id is 'purpose: which generation it belongs to; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column briefs.kind is 'purpose: what it is of it; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column briefs.user_id is 'purpose: whose content it is; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column briefs.envelope is 'purpose: encrypted brief or translated brief; basis: art. 6(1)(b) contract; recipients: none; retention: content';
comment on column briefs.created_at is 'purpose: when it was kept; basis: art. 6(1)(b) contract; recipients: none; retention: content';
