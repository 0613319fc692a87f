-- The plans that are sold: tokens a day, and days that content is kept (null: as long as the account).
insert into plans (name, daily_tokens, retention_days)
values ('free', 20000, 7), ('starter', 100000, 30), ('pro', 500000, null), ('agency', 2000000, null);
