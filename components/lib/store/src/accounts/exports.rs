//! Exports: their limits, and what `accounts` holds of a person.

use domain::{GenerationId, Language, SessionId, UserId};
use jiff::Timestamp;
use uuid::Uuid;
use vault::UserSalt;

use super::{
    events::EventOrigin,
    support::{Message, Request, take_message, take_request},
};
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Json,
};

statements! {
    ExportBegin<'a> for [Rights] returns { outcome: ExportBeginOutcome }:
        "select outcome, wait, salt, language from api.export_begin" => (
            now: Timestamp, session: SessionId, user: UserId, id: Uuid, recent_seconds: i32, lease_until: Timestamp,
            per_day: i32, due: Timestamp, event: Uuid, ip: Option<&'a str>
        );
    ExportContinue for [Rights]:
        "select api.export_continue" => (now: Timestamp, session: SessionId, user: UserId, id: Uuid, lease_until: Timestamp);
    ExportEnd for [Rights]:
        "select api.export_end" => (now: Timestamp, id: Uuid, complete: bool);
    ExportDocuments for [Rights]:
        "select name, document from api.export_documents" => (now: Timestamp, session: SessionId, user: UserId);
    ExportSupport for [Rights]:
        "select id, created_at, answered_at, closed_at, message_id, author, envelope, written_at from api.export_support" => (
            now: Timestamp, session: SessionId, user: UserId, limit: i32, after_time: Option<Timestamp>,
            after_id: Option<Uuid>
        );
    ExportGenerations for [Rights]:
        "select id, created_at, document, corrections from api.export_generations" => (
            now: Timestamp, session: SessionId, user: UserId, limit: i32, after_time: Option<Timestamp>,
            after_id: Option<GenerationId>
        );
}

names! {
    enum ExportBeginOutcome {
        Unauthenticated = "unauthenticated",
        Stale = "stale",
        Running = "running",
        Rate = "rate",
        Admitted = "admitted",
    }
}

/// An export about to begin.
pub struct NewExport<'a> {
    /// Its id, which is also the request's.
    pub id: Uuid,
    /// Until when it counts as running unless it says otherwise.
    pub lease_until: Timestamp,
    /// Until when the request must be answered.
    pub due: Timestamp,
    /// Of its security event.
    pub event: &'a EventOrigin,
}

/// What became of a wish for an export.
pub enum Begun {
    /// The session has ended.
    Unauthenticated,
    /// The session is not recent enough.
    Stale,
    /// Another one is running; seconds until it counts as broken off.
    Running(i32),
    /// Too many today; seconds to wait.
    Rate(i32),
    /// It may begin, with the salt of the content key and the person's language.
    Admitted(UserSalt, Language),
}

/// Begins an export: at most `per_day` in 24 hours, one at a time.
///
/// # Errors
/// As for any statement.
pub async fn begin(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    recent_seconds: i32,
    per_day: i32,
    export: &NewExport<'_>,
) -> Result<Begun, Error> {
    let NewExport { id, lease_until, due, event } = *export;
    let mut row = database
        .row(ExportBegin {
            now,
            session,
            user,
            id,
            recent_seconds,
            lease_until,
            per_day,
            due,
            event: event.id,
            ip: event.ip.as_deref(),
        })
        .await?;
    let (outcome, wait) = (row.take::<ExportBeginOutcome>()?, row.take::<Option<i32>>()?.unwrap_or(1));
    match outcome {
        ExportBeginOutcome::Unauthenticated => Ok(Begun::Unauthenticated),
        ExportBeginOutcome::Stale => Ok(Begun::Stale),
        ExportBeginOutcome::Running => Ok(Begun::Running(wait)),
        ExportBeginOutcome::Rate => Ok(Begun::Rate(wait)),
        ExportBeginOutcome::Admitted => {
            let salt = UserSalt::from_bytes(&row.take::<Vec<u8>>()?).ok_or(Error::Decode)?;
            Ok(Begun::Admitted(salt, Language::from_tag(&row.take::<String>()?).unwrap_or_default()))
        }
    }
}

/// Whether the export may go on, its lease begun anew: false once its session has ended.
///
/// # Errors
/// As for any statement.
pub async fn go_on(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    export: Uuid,
    lease_until: Timestamp,
) -> Result<bool, Error> {
    database.row(ExportContinue { now, session, user, id: export, lease_until }).await?.take()
}

/// Ends an export, complete or broken off.
///
/// # Errors
/// As for any statement.
pub async fn end(database: &Database, now: Timestamp, export: Uuid, complete: bool) -> Result<(), Error> {
    database.row(ExportEnd { now, id: export, complete }).await.map(|_| ())
}

/// The small documents, JSON texts by the name of their entry; none where the session has ended.
///
/// # Errors
/// As for any statement.
pub async fn documents(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let rows = database.rows(ExportDocuments { now, session, user }).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take::<Json>()?.0))).collect()
}

/// A page of so many requests to support after the one given, newest first, each with its messages, oldest first.
///
/// # Errors
/// As for any statement.
pub async fn support(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    limit: i32,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Vec<(Request, Vec<Message>)>, Error> {
    let (after_time, after_id) = after.unzip();
    let mut page: Vec<(Request, Vec<Message>)> = Vec::new();
    for mut row in database.rows(ExportSupport { now, session, user, limit, after_time, after_id }).await? {
        let (request, message) = (take_request(&mut row)?, take_message(&mut row)?);
        match page.last_mut().filter(|(last, _)| last.id == request.id) {
            Some((_, messages)) => messages.push(message),
            None => page.push((request, vec![message])),
        }
    }
    Ok(page)
}

/// One generation's part of an export.
#[derive(Debug)]
pub struct Generation {
    /// Its id.
    pub id: GenerationId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// All its metadata, a JSON text.
    pub document: Vec<u8>,
    /// Its corrections, a JSON array.
    pub corrections: Vec<u8>,
}

/// A page of generations, newest first, after the one given.
///
/// # Errors
/// As for any statement.
pub async fn generations(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    limit: i32,
    after: Option<(Timestamp, GenerationId)>,
) -> Result<Vec<Generation>, Error> {
    let rows = database
        .rows(ExportGenerations {
            now,
            session,
            user,
            limit,
            after_time: after.map(|(time, _)| time),
            after_id: after.map(|(_, id)| id),
        })
        .await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Generation {
                id: row.take_id()?,
                created_at: row.take()?,
                document: row.take::<Json>()?.0,
                corrections: row.take::<Json>()?.0,
            })
        })
        .collect()
}
