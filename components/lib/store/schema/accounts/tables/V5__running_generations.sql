-- Only the sweep looks for late generations of everybody. Few run at a time, so this index and `generations_running` cost the planner the
-- same, and it read this one, with the running generations of all tenants, for those of one. The second condition holds for each row, but
-- follows only from a condition on `deadline_at`: a question without one cannot use this index.
drop index generations_deadline;
create index generations_deadline on generations (deadline_at) where status = 'running' and deadline_at is not null;
