//! The lifecycle job's statements: one bounded batch each.

use domain::GenerationId;
use jiff::Timestamp;

use super::parameters;
use crate::{Database, Error};

/// A batch of a rule that only looks at this database. Repeated until it deals with no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Running generations past their deadline fail, and their reservations are given back.
    StaleGenerations,
    /// Counters whose window has ended (promise a23).
    Limits,
    /// Lockouts that have ended (promise a23).
    Lockouts,
    /// Idempotency keys of more than a day (promise a23).
    Idempotency,
    /// Codes that can no longer be entered.
    Verifications,
    /// Sign-ins with a provider, and addresses that were to confirm one, whose time is up.
    Oauth,
    /// Accounts that never proved anything within a day (promise a67).
    Unproved,
    /// Plans whose gift has ended are taken back; counted in tenants.
    PlanGifts,
    /// Checkouts of more than a day, and their idempotency keys (promise a23).
    Checkouts,
    /// Stripe's events of more than 90 days.
    StripeEvents,
    /// Gift codes, a year after they could last be redeemed (promise a33).
    GiftCodes,
    /// The accountant's records of more than ten years (promise a46).
    BillingRecords,
    /// Stripe customers of erased accounts that no record refers to.
    BillingCustomers,
    /// What was left of erased accounts' generations, after its time (promise a43).
    AnonymousMetadata,
}

/// Deals with at most `batch` rows (of tenants, for stale generations); how many it dealt with.
///
/// # Errors
/// As for any statement.
pub async fn sweep(database: &Database, now: Timestamp, sweep: Sweep, batch: i32) -> Result<i64, Error> {
    let sql = match sweep {
        Sweep::StaleGenerations => "select sweep_stale_generations($1, $2)",
        Sweep::Limits => "select sweep_limits($1, $2)",
        Sweep::Lockouts => "select sweep_lockouts($1, $2)",
        Sweep::Idempotency => "select sweep_idempotency($1, $2)",
        Sweep::Verifications => "select sweep_verifications($1, $2)",
        Sweep::Oauth => "select oauth_prune($1, $2)",
        Sweep::Unproved => "select unproved_prune($1, $2)",
        Sweep::PlanGifts => "select sweep_plan_gifts($1, $2)",
        Sweep::Checkouts => "select sweep_checkouts($1, $2)",
        Sweep::StripeEvents => "select sweep_stripe_events($1, $2)",
        Sweep::GiftCodes => "select sweep_gift_codes($1, $2)",
        Sweep::BillingRecords => "select sweep_billing_records($1, $2)",
        Sweep::BillingCustomers => "select sweep_billing_customers($1, $2)",
        Sweep::AnonymousMetadata => "select anonymous_generations_prune($1::timestamp::date, $2)",
    };
    database.row(sql, parameters![now, batch]).await?.take::<i32>().map(i64::from)
}

/// How far a rule that walks through a content database has come; `None`: it begins.
///
/// # Errors
/// As for any statement.
pub async fn position(database: &Database, rule: &str) -> Result<Option<GenerationId>, Error> {
    let id = database.row("select sweep_position($1)", parameters![rule]).await?.take::<Option<uuid::Uuid>>()?;
    Ok(id.map(GenerationId::from))
}

/// Notes how far a rule has come.
///
/// # Errors
/// As for any statement.
pub async fn moved(database: &Database, rule: &str, after: Option<GenerationId>) -> Result<(), Error> {
    database.rows("select sweep_moved($1, $2)", parameters![rule, after]).await.map(|_| ())
}

/// Which of these generations may have no content (any more): unknown, failed, or deleted.
///
/// # Errors
/// As for any statement.
pub async fn orphans(database: &Database, ids: &[GenerationId]) -> Result<Vec<GenerationId>, Error> {
    let rows = database.rows("select id from content_orphans($1::text[]::uuid[])", parameters![ids]).await?;
    rows.into_iter().map(|mut row| row.take_id()).collect()
}
