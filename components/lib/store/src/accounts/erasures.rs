//! Erasures and their journal (decision 7).

use domain::{Email, Language, SessionId, UserId, erasure::Step};
use jiff::Timestamp;
use uuid::Uuid;

use super::events::EventOrigin;
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Row,
};

statements! {
    ErasureBegin<'a> for [Rights] returns { outcome: ErasureBeginOutcome }:
        "select outcome, email, language from api.erasure_begin" => (
            now: Timestamp, session: SessionId, user: UserId, id: Uuid, recent_seconds: i32, due: Timestamp,
            backups_expire: Timestamp, again: Timestamp, event: Uuid, ip: Option<&'a str>
        );
    ErasureOpenSteps for [Rights, Lifecycle]:
        "select erasure_id, user_id, customer, name from api.erasure_open_steps" => (
            now: Timestamp, id: Option<Uuid>, limit: i32
        );
    ErasureStepDone<'a> for [Rights, Lifecycle]:
        "select api.erasure_step_done" => (now: Timestamp, id: Uuid, name: &'a str);
    ErasureMetadata for [Rights, Lifecycle]:
        "select api.erasure_metadata" => (id: Uuid, batch: i32, expires: Timestamp as "::timestamp::date");
    ErasureRead for [Rights]:
        "select requested_at, key_destroyed_at, backups_expire_at, completed_at, array_to_string(remains, ','), \
         evidence_until, name, done_at from api.erasure_read" => (id: Uuid);
}

names! {
    enum ErasureBeginOutcome {
        Unauthenticated = "unauthenticated",
        Stale = "stale",
        Erased = "erased",
    }
}

/// An erasure about to begin.
pub struct NewErasure<'a> {
    /// Its id, which is also the request's.
    pub id: Uuid,
    /// Until when the request must be answered.
    pub due: Timestamp,
    /// When the last backup that holds the salt ends (promise a62).
    pub backups_expire: Timestamp,
    /// When the content steps are done once more: after the longest generation deadline.
    pub again: Timestamp,
    /// Of its security event.
    pub event: &'a EventOrigin,
}

/// What became of a wish to be erased.
#[derive(Debug)]
pub enum Begun {
    /// The session has ended.
    Unauthenticated,
    /// The session is not recent enough.
    Stale,
    /// Key and account are gone. The address is for one confirming message; a repeat of the call has none.
    Erased(Option<(Email, Language)>),
}

/// Kills key and account and writes the journal.
///
/// # Errors
/// As for any statement.
pub async fn begin(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    recent_seconds: i32,
    erasure: &NewErasure<'_>,
) -> Result<Begun, Error> {
    let NewErasure { id, due, backups_expire, again, event } = *erasure;
    let mut row = database
        .row(ErasureBegin {
            now,
            session,
            user,
            id,
            recent_seconds,
            due,
            backups_expire,
            again,
            event: event.id,
            ip: event.ip.as_deref(),
        })
        .await?;
    match row.take::<ErasureBeginOutcome>()? {
        ErasureBeginOutcome::Unauthenticated => Ok(Begun::Unauthenticated),
        ErasureBeginOutcome::Stale => Ok(Begun::Stale),
        ErasureBeginOutcome::Erased => {
            let (email, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
            let email = email.and_then(|email| Email::parse(&email).ok());
            Ok(Begun::Erased(email.map(|email| (email, language.as_deref().and_then(Language::from_tag).unwrap_or_default()))))
        }
    }
}

/// A step that waits to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// Of which erasure.
    pub erasure: Uuid,
    /// Whose erasure it is.
    pub user: UserId,
    /// Stripe's id of the customer, for the step there.
    pub customer: Option<String>,
    /// Which step.
    pub step: Step,
}

/// Steps whose time has come: of one erasure, or of all.
///
/// # Errors
/// As for any statement.
pub async fn open_steps(database: &Database, now: Timestamp, erasure: Option<Uuid>, limit: i32) -> Result<Vec<OpenStep>, Error> {
    let rows = database.rows(ErasureOpenSteps { now, id: erasure, limit }).await?;
    rows.into_iter()
        .map(|mut row| {
            let (erasure, user, customer) = (row.take()?, row.take_id()?, row.take()?);
            let step = Step::from_name(&row.take::<String>()?).ok_or(Error::Decode)?;
            Ok(OpenStep { erasure, user, customer, step })
        })
        .collect()
}

/// Ticks a step off; true once the erasure is complete.
///
/// # Errors
/// As for any statement.
pub async fn step_done(database: &Database, now: Timestamp, erasure: Uuid, step: Step) -> Result<bool, Error> {
    database.row(ErasureStepDone { now, id: erasure, name: step.name() }).await?.take()
}

/// Removes a batch of an erased person's generations and keeps what is not personal until the day given; how many went. At 0 the
/// tenant is gone too, unless others are in it.
///
/// # Errors
/// As for any statement.
pub async fn remove_metadata(database: &Database, erasure: Uuid, batch: i32, expires: Timestamp) -> Result<i32, Error> {
    database.row(ErasureMetadata { id: erasure, batch, expires }).await?.take()
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the salt was deleted.
    pub key_destroyed_at: Timestamp,
    /// When the last backup that holds the salt ends.
    pub backups_expire_at: Timestamp,
    /// When the last step was done.
    pub completed_at: Option<Timestamp>,
    /// Names of what is kept beyond the account.
    pub remains: Vec<String>,
    /// When the last evidence about the account goes, where there is some.
    pub evidence_until: Option<Timestamp>,
    /// The steps in their order, each with the time it was done.
    pub steps: Vec<(String, Option<Timestamp>)>,
}

/// The journal's entry; `None` where there is none.
///
/// # Errors
/// As for any statement.
pub async fn read(database: &Database, id: Uuid) -> Result<Option<Journal>, Error> {
    // Arrays do not come back over Spin's interface in every version: as one text.
    let mut journal: Option<Journal> = None;
    for mut row in database.rows(ErasureRead { id }).await? {
        let entry = take_entry(&mut row)?;
        let step = (row.take()?, row.take()?);
        journal.get_or_insert(entry).steps.push(step);
    }
    Ok(journal)
}

fn take_entry(row: &mut Row) -> Result<Journal, Error> {
    Ok(Journal {
        requested_at: row.take()?,
        key_destroyed_at: row.take()?,
        backups_expire_at: row.take()?,
        completed_at: row.take()?,
        remains: row.take::<String>()?.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        evidence_until: row.take()?,
        steps: Vec::new(),
    })
}
