//! Support requests (promise a76): envelopes only.

use domain::{SessionId, UserId, generation::ContentKind};
use jiff::Timestamp;
use uuid::Uuid;
use vault::{Envelope, UserSalt};

use crate::{
    Database, Error,
    statement::{names, statements},
    value::Row,
};

statements! {
    SupportSalt for [Contact]:
        "select salt from api.support_salt" => (now: Timestamp, session: SessionId, user: UserId);
    SupportAsk for [Contact] returns { outcome: SupportAskOutcome }:
        "select outcome, wait from api.support_ask" => (
            now: Timestamp, session: SessionId, user: UserId, id: Uuid, message: Uuid, envelope: Vec<u8>, per_day: i32
        );
    SupportList for [Contact] returns { outcome: SupportListOutcome }:
        "select outcome, salt, id, created_at, answered_at, closed_at, message_id, envelope from api.support_list" => (
            now: Timestamp, session: SessionId, user: UserId, limit: i32, after_time: Option<Timestamp>,
            after_id: Option<Uuid>
        );
    SupportRead for [Contact] returns { outcome: SupportReadOutcome }:
        "select outcome, salt, id, created_at, answered_at, closed_at, message_id, author, envelope, written_at from \
         api.support_read" => (now: Timestamp, session: SessionId, user: UserId, id: Uuid);
}

names! {
    enum SupportAskOutcome {
        Made = "made",
        Rate = "rate",
        Unauthenticated = "unauthenticated",
    }
}

names! {
    enum SupportListOutcome {
        Unauthenticated = "unauthenticated",
        None = "none",
        Found = "found",
    }
}

names! {
    enum SupportReadOutcome {
        Unauthenticated = "unauthenticated",
        None = "none",
        Found = "found",
    }
}

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
    let rows = database.rows(SupportSalt { now, session, user }).await?;
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
    let mut row = database.row(SupportAsk { now, session, user, id, message, envelope: envelope.into_bytes(), per_day }).await?;
    match row.take::<SupportAskOutcome>()? {
        SupportAskOutcome::Made => Ok(Asked::Made),
        SupportAskOutcome::Rate => Ok(Asked::Rate(row.take::<Option<i32>>()?.unwrap_or(1))),
        SupportAskOutcome::Unauthenticated => Ok(Asked::Unauthenticated),
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
    let (after_time, after_id) = after.unzip();
    let mut found = Vec::new();
    for mut row in database.rows(SupportList { now, session, user, limit, after_time, after_id }).await? {
        match row.take::<SupportListOutcome>()? {
            SupportListOutcome::Unauthenticated => return Ok(None),
            SupportListOutcome::None => {}
            SupportListOutcome::Found => {
                let salt = take_salt(&mut row)?;
                let request = take_request(&mut row)?;
                let written_at = request.created_at;
                let (id, envelope) = (row.take()?, Envelope::from_bytes(row.take()?));
                found.push((request, salt, Message { id, kind: ContentKind::SupportRequest, written_at, envelope }));
            }
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
    let mut found = None;
    let mut messages = Vec::new();
    for mut row in database.rows(SupportRead { now, session, user, id }).await? {
        match row.take::<SupportReadOutcome>()? {
            SupportReadOutcome::Unauthenticated => return Ok(Found::Unauthenticated),
            SupportReadOutcome::None => return Ok(Found::NotFound),
            SupportReadOutcome::Found => {
                let salt = take_salt(&mut row)?;
                let request = take_request(&mut row)?;
                found.get_or_insert((request, salt));
                messages.push(take_message(&mut row)?);
            }
        }
    }
    found.map_or(Ok(Found::NotFound), |(request, salt)| Ok(Found::Request(request, salt, messages)))
}
