-- Single refunds and what became of them, beside what was refunded of a charge in all: `re_…` of one, `re_…/failed` of one that failed or was
-- taken back. What follows from all rows of a payment is `domain::billing::reversed`.
alter table billing_records drop constraint billing_records_kind_check;
alter table billing_records add constraint billing_records_kind_check
    check (kind in ('invoice', 'pack', 'refund', 'refund-made', 'refund-failed', 'dispute', 'dispute-won'));

-- A customer that was deleted at Stripe keeps its row, so that its late events find their tenant; the newest of a tenant is the one in use.
alter table billing_customers drop constraint billing_customers_tenant_id_key;
create index billing_customers_tenant on billing_customers (tenant_id, created_at);
