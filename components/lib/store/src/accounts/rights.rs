//! Objection, restriction, consents, and the register of requests.

use domain::{SessionId, UserId, rights::Purpose};
use jiff::Timestamp;
use uuid::Uuid;

use super::{events::EventOrigin, parameters};
use crate::{Database, Error, value::Row};

/// The ids and times that a change of this kind brings along.
pub struct Change<'a> {
    /// Who asks.
    pub session: SessionId,
    /// Who that is.
    pub user: UserId,
    /// Id of the entry in the register of requests, where the change makes one.
    pub request: Uuid,
    /// Until when that request must be answered.
    pub due: Timestamp,
    /// Of its security event.
    pub event: &'a EventOrigin,
}

/// What holds after a change of an objection or a restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switched {
    /// Nothing was changed: the session has ended.
    Unauthenticated,
    /// It does not hold.
    Off,
    /// It holds since.
    Since(Timestamp),
}

/// Objects to the training dataset, or no longer.
///
/// # Errors
/// As for any statement.
pub async fn set_objection(database: &Database, now: Timestamp, objecting: bool, change: &Change<'_>) -> Result<Switched, Error> {
    let sql = "select outcome, since from objection_set($1, $2, $3, $4, $5, $6, $7, $8)";
    since(database.row(sql, switch(now, objecting, change)).await?)
}

/// Restricts the processing, or lifts the restriction.
///
/// # Errors
/// As for any statement.
pub async fn set_restriction(
    database: &Database,
    now: Timestamp,
    restricted: bool,
    change: &Change<'_>,
) -> Result<Switched, Error> {
    let sql = "select outcome, since from restriction_set($1, $2, $3, $4, $5, $6, $7, $8)";
    since(database.row(sql, switch(now, restricted, change)).await?)
}

fn switch(now: Timestamp, on: bool, change: &Change<'_>) -> Vec<spin_sdk::pg::ParameterValue> {
    parameters![now, change.session, change.user, on, change.request, change.due, change.event.id, change.event.ip.as_deref()]
}

fn since(mut row: Row) -> Result<Switched, Error> {
    match row.take::<String>()?.as_str() {
        "unauthenticated" => Ok(Switched::Unauthenticated),
        "done" => Ok(row.take::<Option<Timestamp>>()?.map_or(Switched::Off, Switched::Since)),
        _ => Err(Error::Decode),
    }
}

/// One change of a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// For what.
    pub purpose: Purpose,
    /// Given, or withdrawn.
    pub granted: bool,
    /// The version of the text agreed to, or of the time of the withdrawal; `None` where nothing was ever said.
    pub policy_version: Option<String>,
    /// When.
    pub changed_at: Option<Timestamp>,
}

/// Gives or withdraws a consent; what holds now. `None` where the session has ended.
///
/// # Errors
/// As for any statement.
pub async fn set_consent(
    database: &Database,
    now: Timestamp,
    id: Uuid,
    purpose: Purpose,
    granted: bool,
    policy_version: &str,
    change: &Change<'_>,
) -> Result<Option<Consent>, Error> {
    let Change { session, user, request, due, event } = *change;
    let parameters =
        parameters![now, session, user, id, purpose.name(), granted, policy_version, request, due, event.id, event.ip.as_deref()];
    let sql =
        "select outcome, granted, policy_version, changed_at from consent_set($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let mut row = database.row(sql, parameters).await?;
    match row.take::<String>()?.as_str() {
        "unauthenticated" => Ok(None),
        "done" => Ok(Some(Consent { purpose, granted: row.take()?, policy_version: row.take()?, changed_at: row.take()? })),
        _ => Err(Error::Decode),
    }
}

/// Every change of the bearer's consents, oldest first. `None` where the session has ended.
///
/// # Errors
/// As for any statement.
pub async fn consents(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
) -> Result<Option<Vec<Consent>>, Error> {
    let sql = "select signed_in, purpose, granted, policy_version, changed_at from consents_read($1, $2, $3)";
    let mut found = Vec::new();
    for mut row in database.rows(sql, parameters![now, session, user]).await? {
        if !row.take::<bool>()? {
            return Ok(None);
        }
        let Some(purpose) = row.take::<Option<String>>()? else { continue };
        found.push(Consent {
            purpose: Purpose::from_name(&purpose).ok_or(Error::Decode)?,
            granted: row.take()?,
            policy_version: row.take()?,
            changed_at: row.take()?,
        });
    }
    Ok(Some(found))
}

/// A right that was exercised (promise a70).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id; that of an erasure or export is the same.
    pub id: Uuid,
    /// `access`, `rectification`, `erasure`, `restriction`, `portability`, `objection` or `consent-withdrawal`.
    pub kind: String,
    /// `account` or `email`.
    pub channel: String,
    /// When it was asked for.
    pub received_at: Timestamp,
    /// Until when it must be answered.
    pub due_at: Timestamp,
    /// When the person was told that it takes longer.
    pub extended_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

/// The bearer's requests, newest first. `None` where the session has ended.
///
/// # Errors
/// As for any statement.
pub async fn requests(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
) -> Result<Option<Vec<Request>>, Error> {
    let sql = "select signed_in, id, kind, channel, received_at, due_at, extended_at, answered_at from requests_read($1, $2, $3)";
    let mut found = Vec::new();
    for mut row in database.rows(sql, parameters![now, session, user]).await? {
        if !row.take::<bool>()? {
            return Ok(None);
        }
        let Some(id) = row.take::<Option<Uuid>>()? else { continue };
        found.push(Request {
            id,
            kind: row.take()?,
            channel: row.take()?,
            received_at: row.take()?,
            due_at: row.take()?,
            extended_at: row.take()?,
            answered_at: row.take()?,
        });
    }
    Ok(Some(found))
}

/// Persons whose dataset entries have to go, with the time of their wish.
///
/// # Errors
/// As for any statement.
pub async fn dataset_removals(database: &Database, limit: i32) -> Result<Vec<(UserId, Timestamp)>, Error> {
    let rows = database.rows("select user_id, asked_at from dataset_removals_open($1)", parameters![limit]).await?;
    rows.into_iter().map(|mut row| Ok((row.take_id()?, row.take()?))).collect()
}

/// A person's dataset entries are gone; false where the wish was repeated meanwhile.
///
/// # Errors
/// As for any statement.
pub async fn dataset_removed(database: &Database, now: Timestamp, user: UserId, asked_at: Timestamp) -> Result<bool, Error> {
    database.row("select dataset_removal_done($1, $2, $3)", parameters![now, user, asked_at]).await?.take()
}
