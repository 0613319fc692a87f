//! Security events (promise a21). They are written by the functions that make the change; here they are read.

use domain::{SessionId, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    SecurityEventsList for [Identity, Rights] returns { outcome: SecurityEventsListOutcome }:
        "select outcome, id, at, kind, ip from api.security_events_list" => (
            now: Timestamp, session: SessionId, user: UserId, limit: i32, after_time: Option<Timestamp>,
            after_id: Option<Uuid>
        );
}

names! {
    enum SecurityEventsListOutcome {
        Unauthenticated = "unauthenticated",
        Found = "found",
        None = "none",
    }
}

/// What a function that makes a change needs to note its event: pass both to `security_event_add`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventOrigin {
    /// Id of the event, `UUIDv7`; a statement that is sent twice notes it once.
    pub id: Uuid,
    /// The caller's address as canonical text; `None` where the host does not say.
    pub ip: Option<String>,
}

impl EventOrigin {
    /// The address, as a statement takes it.
    pub(crate) fn ip(&self) -> Option<&str> {
        self.ip.as_deref()
    }
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What: words with hyphens.
    pub kind: String,
    /// From which address, if known.
    pub ip: Option<String>,
}

/// The caller's events, newest first, after the given one; `None` where the session ended.
///
/// # Errors
/// As for any statement.
pub async fn list(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    limit: i32,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Option<Vec<Event>>, Error> {
    let (time, id) = after.unzip();
    let mut events = Vec::new();
    for mut row in database.rows(SecurityEventsList { now, session, user, limit, after_time: time, after_id: id }).await? {
        match row.take::<SecurityEventsListOutcome>()? {
            SecurityEventsListOutcome::Unauthenticated => return Ok(None),
            SecurityEventsListOutcome::Found => {
                events.push(Event { id: row.take()?, at: row.take()?, kind: row.take()?, ip: row.take()? });
            }
            SecurityEventsListOutcome::None => {}
        }
    }
    Ok(Some(events))
}
