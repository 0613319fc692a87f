//! Accounts that nobody uses (promise a48): warned, then closed.

use domain::UserId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Database, Error, statement::statements};

statements! {
    InactivityWarn for [Lifecycle]:
        "select api.inactivity_warn" => (now: Timestamp, before: Timestamp, batch: i32);
    InactivityDue for [Lifecycle]:
        "select user_id from api.inactivity_due" => (before: Timestamp, warned_before: Timestamp, batch: i32);
    InactivityClose for [Lifecycle]:
        "select api.inactivity_close" => (
            now: Timestamp, before: Timestamp, warned_before: Timestamp, user: UserId, id: Uuid, due: Timestamp,
            backups_expire: Timestamp, again: Timestamp
        );
}

/// Warns accounts that were last active by then (promise a48): the mail waits in the same statement. How many.
///
/// # Errors
/// As for any statement.
pub async fn warn(database: &Database, now: Timestamp, active_by: Timestamp, batch: i32) -> Result<i64, Error> {
    database.row(InactivityWarn { now, before: active_by, batch }).await?.take::<i32>().map(i64::from)
}

/// Accounts that were last active, and warned, by these times, and not active since.
///
/// # Errors
/// As for any statement.
pub async fn due(database: &Database, [active_by, warned_by]: [Timestamp; 2], batch: i32) -> Result<Vec<UserId>, Error> {
    let rows = database.rows(InactivityDue { before: active_by, warned_before: warned_by, batch }).await?;
    rows.into_iter().map(|mut row| row.take_id()).collect()
}

/// The times of an erasure that nobody asked for.
pub struct Closing {
    /// The erasure's id.
    pub id: Uuid,
    /// Until when it must be answered.
    pub due: Timestamp,
    /// When the last backup that holds the salt ends (promise a62).
    pub backups_expire: Timestamp,
    /// When the content steps are done once more.
    pub again: Timestamp,
}

/// Closes an inactive account through the journal of erasures, unless its person came back; whether it was closed.
///
/// # Errors
/// As for any statement.
pub async fn close(
    database: &Database,
    now: Timestamp,
    [active_by, warned_by]: [Timestamp; 2],
    user: UserId,
    closing: &Closing,
) -> Result<bool, Error> {
    let Closing { id, due, backups_expire, again } = *closing;
    database
        .row(InactivityClose { now, before: active_by, warned_before: warned_by, user, id, due, backups_expire, again })
        .await?
        .take()
}
