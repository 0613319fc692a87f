//! Objection, restriction, consents, and the register of requests.

use domain::{SessionId, UserId, rights::Purpose};
use jiff::Timestamp;
use uuid::Uuid;

use super::events::EventOrigin;
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Row,
};

statements! {
    ObjectionSet<'a> for [Identity] returns { outcome: SwitchOutcome }:
        "select outcome, since from api.objection_set" => (
            now: Timestamp, session: SessionId, user: UserId, objecting: bool, request: Uuid, due: Timestamp, event: Uuid,
            ip: Option<&'a str>
        );
    RestrictionSet<'a> for [Identity] returns { outcome: SwitchOutcome }:
        "select outcome, since from api.restriction_set" => (
            now: Timestamp, session: SessionId, user: UserId, restricted: bool, request: Uuid, due: Timestamp, event: Uuid,
            ip: Option<&'a str>
        );
    ConsentSet<'a> for [Identity] returns { outcome: ConsentSetOutcome }:
        "select outcome, granted, policy_version, changed_at from api.consent_set" => (
            now: Timestamp, session: SessionId, user: UserId, id: Uuid, purpose: &'a str, granted: bool,
            policy_version: &'a str, request: Uuid, due: Timestamp, event: Uuid, ip: Option<&'a str>
        );
    ConsentsRead for [Identity]:
        "select signed_in, purpose, granted, policy_version, changed_at from api.consents_read" => (
            now: Timestamp, session: SessionId, user: UserId
        );
    RequestsRead for [Identity]:
        "select signed_in, id, kind, channel, received_at, due_at, extended_at, answered_at from api.requests_read" => (
            now: Timestamp, session: SessionId, user: UserId
        );
}

names! {
    enum SwitchOutcome {
        Unauthenticated = "unauthenticated",
        Done = "done",
    }
}

names! {
    enum ConsentSetOutcome {
        Unauthenticated = "unauthenticated",
        Done = "done",
    }
}

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
    let Change { session, user, request, due, event: EventOrigin { id: event, ip } } = *change;
    let query = ObjectionSet { now, session, user, objecting, request, due, event: *event, ip: ip.as_deref() };
    switched(database.row(query).await?)
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
    let Change { session, user, request, due, event: EventOrigin { id: event, ip } } = *change;
    let query = RestrictionSet { now, session, user, restricted, request, due, event: *event, ip: ip.as_deref() };
    switched(database.row(query).await?)
}

fn switched(mut row: Row) -> Result<Switched, Error> {
    match row.take()? {
        SwitchOutcome::Unauthenticated => Ok(Switched::Unauthenticated),
        SwitchOutcome::Done => Ok(row.take::<Option<Timestamp>>()?.map_or(Switched::Off, Switched::Since)),
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
    let mut row = database
        .row(ConsentSet {
            now,
            session,
            user,
            id,
            purpose: purpose.name(),
            granted,
            policy_version,
            request,
            due,
            event: event.id,
            ip: event.ip.as_deref(),
        })
        .await?;
    match row.take::<ConsentSetOutcome>()? {
        ConsentSetOutcome::Unauthenticated => Ok(None),
        ConsentSetOutcome::Done => {
            Ok(Some(Consent { purpose, granted: row.take()?, policy_version: row.take()?, changed_at: row.take()? }))
        }
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
    let mut found = Vec::new();
    for mut row in database.rows(ConsentsRead { now, session, user }).await? {
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
    let mut found = Vec::new();
    for mut row in database.rows(RequestsRead { now, session, user }).await? {
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
