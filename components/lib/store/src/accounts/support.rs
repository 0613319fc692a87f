//! Support requests (promise a76): envelopes only.

use domain::{SessionId, UserId, generation::ContentKind};
use jiff::Timestamp;
use uuid::Uuid;
use vault::{Envelope, UserSalt};

use super::parameters;
use crate::{Database, Error, value::Row};

/// A request as it is stored.
pub struct Request {
    /// Its id.
    pub id: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was first answered.
    pub answered_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// A message of a request.
pub struct Message {
    /// Its id; part of what the envelope is bound to.
    pub id: Uuid,
    /// Whether the person or support wrote it, as the kind of its envelope.
    pub kind: ContentKind,
    /// When it was written.
    pub written_at: Timestamp,
    /// Its encrypted text.
    pub envelope: Envelope,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is kept.
    Made,
    /// Too many in a day; seconds to wait.
    Rate(i32),
    /// The session has ended.
    Unauthenticated,
}

/// The salt of the bearer's content key; `None` where the session has ended.
///
/// # Errors
/// As for any statement.
pub async fn salt(database: &Database, now: Timestamp, session: SessionId, user: UserId) -> Result<Option<UserSalt>, Error> {
    let rows = database.rows("select salt from support_salt($1, $2, $3)", parameters![now, session, user]).await?;
    rows.into_iter().next().map(|mut row| take_salt(&mut row)).transpose()
}

fn take_salt(row: &mut Row) -> Result<UserSalt, Error> {
    UserSalt::from_bytes(&row.take::<Vec<u8>>()?).ok_or(Error::Decode)
}

/// Keeps a request with its first message.
///
/// # Errors
/// As for any statement.
#[expect(clippy::too_many_arguments, reason = "one statement's parameters; grouping them further would only rename them")]
pub async fn ask(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    id: Uuid,
    message: Uuid,
    envelope: Envelope,
    per_day: i32,
) -> Result<Asked, Error> {
    let parameters = parameters![now, session, user, id, message, envelope.into_bytes(), per_day];
    let mut row = database.row("select outcome, wait from support_ask($1, $2, $3, $4, $5, $6, $7)", parameters).await?;
    match row.take::<String>()?.as_str() {
        "made" => Ok(Asked::Made),
        "rate" => Ok(Asked::Rate(row.take::<Option<i32>>()?.unwrap_or(1))),
        "unauthenticated" => Ok(Asked::Unauthenticated),
        _ => Err(Error::Decode),
    }
}

/// The bearer's requests, newest first, each with the envelope of its first message; `None` where the session has ended.
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
) -> Result<Option<Vec<(Request, UserSalt, Message)>>, Error> {
    let sql = "select outcome, salt, id, created_at, answered_at, closed_at, message_id, envelope \
               from support_list($1, $2, $3, $4, $5, $6)";
    let (after_time, after_id) = after.unzip();
    let mut found = Vec::new();
    for mut row in database.rows(sql, parameters![now, session, user, limit, after_time, after_id]).await? {
        match row.take::<String>()?.as_str() {
            "unauthenticated" => return Ok(None),
            "none" => {}
            "found" => {
                let salt = take_salt(&mut row)?;
                let request = take_request(&mut row)?;
                let written_at = request.created_at;
                let (id, envelope) = (row.take()?, Envelope::from_bytes(row.take()?));
                found.push((request, salt, Message { id, kind: ContentKind::SupportRequest, written_at, envelope }));
            }
            _ => return Err(Error::Decode),
        }
    }
    Ok(Some(found))
}

pub(super) fn take_request(row: &mut Row) -> Result<Request, Error> {
    Ok(Request { id: row.take()?, created_at: row.take()?, answered_at: row.take()?, closed_at: row.take()? })
}

/// Of the columns `message_id`, `author`, `envelope` and `written_at`.
pub(super) fn take_message(row: &mut Row) -> Result<Message, Error> {
    let (id, author) = (row.take()?, row.take::<String>()?);
    let kind = if author == "user" { ContentKind::SupportRequest } else { ContentKind::SupportAnswer };
    Ok(Message { id, kind, envelope: Envelope::from_bytes(row.take()?), written_at: row.take()? })
}

/// What was found of one request.
pub enum Found {
    /// The session has ended.
    Unauthenticated,
    /// There is none, or it is somebody else's.
    NotFound,
    /// The request and its messages, oldest first.
    Request(Request, UserSalt, Vec<Message>),
}

/// One request of the bearer's.
///
/// # Errors
/// As for any statement.
pub async fn read(database: &Database, now: Timestamp, session: SessionId, user: UserId, id: Uuid) -> Result<Found, Error> {
    let sql = "select outcome, salt, id, created_at, answered_at, closed_at, message_id, author, envelope, written_at \
               from support_read($1, $2, $3, $4)";
    let mut found = None;
    let mut messages = Vec::new();
    for mut row in database.rows(sql, parameters![now, session, user, id]).await? {
        match row.take::<String>()?.as_str() {
            "unauthenticated" => return Ok(Found::Unauthenticated),
            "none" => return Ok(Found::NotFound),
            "found" => {
                let salt = take_salt(&mut row)?;
                let request = take_request(&mut row)?;
                found.get_or_insert((request, salt));
                messages.push(take_message(&mut row)?);
            }
            _ => return Err(Error::Decode),
        }
    }
    found.map_or(Ok(Found::NotFound), |(request, salt)| Ok(Found::Request(request, salt, messages)))
}
