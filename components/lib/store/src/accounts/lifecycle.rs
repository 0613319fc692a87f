//! The lifecycle job's statements: one bounded batch each.

use domain::GenerationId;
use jiff::Timestamp;

use super::parameters;
use crate::{Database, Error};

/// Deals with at most `batch` of a rule's rows that are due by `before` (of tenants, where a rule is about those); how many rows. The
/// rules are those of the function `retention_rules`.
///
/// # Errors
/// As for any statement.
pub async fn sweep(database: &Database, rule: &str, before: Timestamp, batch: i32) -> Result<i64, Error> {
    database.row("select sweep($1, $2, $3)", parameters![rule, before, batch]).await?.take::<i32>().map(i64::from)
}

/// How many of a rule's rows are due by `before`, by the very condition that [`sweep`] deletes by.
///
/// # Errors
/// As for any statement.
pub async fn due(database: &Database, rule: &str, before: Timestamp) -> Result<i64, Error> {
    database.row("select sweep_due($1, $2)", parameters![rule, before]).await?.take()
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
