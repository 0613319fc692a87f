//! Generations: admission, delivery, failure, reading.

use domain::{GenerationId, SessionId, UserId, generation::Status};
use jiff::Timestamp;
use vault::UserSalt;

use super::{events::EventOrigin, parameters};
use crate::{Database, Error, value::Json, value::Row};

/// A request for a generation.
#[derive(Debug)]
pub struct Admission<'a> {
    /// The bearer's session.
    pub session: SessionId,
    /// The bearer.
    pub user: UserId,
    /// The new generation's id.
    pub id: GenerationId,
    /// Keyed hashes of idempotency key and body.
    pub key: Option<(&'a str, &'a str)>,
    /// When the key is forgotten.
    pub key_expires: Timestamp,
    /// Tokens to set aside.
    pub reserve: i64,
    /// When it counts as failed.
    pub deadline: Timestamp,
    /// Keyed hash under which the user's refused briefs are counted.
    pub refused_key: &'a str,
    /// Whether credits may pay what the quota does not.
    pub spend_credits: bool,
    /// Of the brief, 0 to 100 (promise a11).
    pub complexity: i32,
    /// JSON array of `{code, count, points}`.
    pub reasons: Vec<u8>,
    /// BCP 47 tag, if known.
    pub brief_language: Option<&'a str>,
    /// Identifier of the system prompt.
    pub prompt_version: &'a str,
    /// The line before the model host.
    pub line: Line,
}

/// The line before the model host.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// How many generations may call it at a time.
    pub max: i32,
    /// How long a place is kept unless it is renewed.
    pub until: Timestamp,
}

/// What became of a request for a generation.
pub enum Admitted {
    /// The session has ended.
    Unauthenticated,
    /// The key was used with another body.
    Conflict,
    /// The result of this key was deleted.
    Gone,
    /// The same request is running: wait for this generation.
    Wait(GenerationId),
    /// The same request was delivered: here it is.
    Replay(GenerationId),
    /// Too many in a minute; seconds to wait.
    Rate(i32),
    /// The phone is not verified.
    PhoneUnverified,
    /// Processing is restricted.
    Restricted,
    /// The day's tokens do not suffice.
    Quota {
        /// Tokens a day.
        quota: i64,
        /// Used and set aside today.
        used: i64,
        /// Credits that are left, in tokens.
        credits: i64,
        /// Credits that it would set aside, in tokens.
        credits_needed: i64,
    },
    /// It runs; the salt is that of the user's content key. The place is 0 where the model host may be called at once.
    Admitted(UserSalt, i32),
}

/// Admits a generation: rate, restriction, quota, idempotency and the row itself in one statement.
///
/// # Errors
/// As for any statement.
pub async fn admit(database: &Database, now: Timestamp, admission: Admission<'_>) -> Result<Admitted, Error> {
    let parameters = parameters![
        now,
        admission.session,
        admission.user,
        admission.id,
        admission.key.map(|(key, _)| key),
        admission.key.map(|(_, body)| body),
        admission.key_expires,
        admission.reserve,
        admission.deadline,
        domain::limits::GENERATIONS_PER_MINUTE,
        admission.refused_key,
        admission.spend_credits,
        admission.complexity,
        Json(admission.reasons),
        admission.brief_language,
        admission.prompt_version,
        admission.line.max,
        admission.line.until,
    ];
    let sql = "select outcome, generation_id, salt, quota, used, credits, credits_needed, wait, place \
               from generation_admit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let mut row = database.row(sql, parameters).await?;
    let outcome: String = row.take()?;
    let id = row.take::<Option<uuid::Uuid>>()?.map(GenerationId::from);
    let salt = row.take::<Option<Vec<u8>>>()?;
    let [quota, used, credits, credits_needed] =
        [row.take::<Option<i64>>()?, row.take()?, row.take()?, row.take()?].map(|number| number.unwrap_or(0));
    let wait = row.take::<Option<i32>>()?.unwrap_or(1);
    let place = row.take::<Option<i32>>()?;
    match outcome.as_str() {
        "unauthenticated" => Ok(Admitted::Unauthenticated),
        "conflict" => Ok(Admitted::Conflict),
        "gone" => Ok(Admitted::Gone),
        "wait" => id.map(Admitted::Wait).ok_or(Error::Decode),
        "replay" => id.map(Admitted::Replay).ok_or(Error::Decode),
        "rate" => Ok(Admitted::Rate(wait)),
        "phone" => Ok(Admitted::PhoneUnverified),
        "restricted" => Ok(Admitted::Restricted),
        "quota" => Ok(Admitted::Quota { quota, used, credits, credits_needed }),
        "admitted" => {
            let salt = salt.and_then(|salt| UserSalt::from_bytes(&salt)).ok_or(Error::Decode)?;
            Ok(Admitted::Admitted(salt, place.ok_or(Error::Decode)?))
        }
        _ => Err(Error::Decode),
    }
}

/// Takes or renews a place in the line before the model host: `Some(0)` may call it, `Some(n)` is the n-th of those who wait, `None`
/// no longer runs.
///
/// # Errors
/// As for any statement.
pub async fn line_take(database: &Database, now: Timestamp, id: GenerationId, line: Line) -> Result<Option<i32>, Error> {
    database.row("select model_line_take($1, $2, $3, $4)", parameters![now, id, line.max, line.until]).await?.take()
}

/// What became of a brief that moderation refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The session has ended.
    Unauthenticated,
    /// Too many in a minute; seconds to wait.
    Rate(i32),
    /// It is refused, and the event is noted.
    Refused,
}

/// Notes a refused brief, counts it under its user's key, and undoes the generation if it was admitted already.
///
/// # Errors
/// As for any statement.
pub async fn refuse(
    database: &Database,
    now: Timestamp,
    (session, user): (SessionId, UserId),
    id: Option<GenerationId>,
    key: &str,
    origin: &EventOrigin,
) -> Result<Refused, Error> {
    let per_minute = domain::limits::GENERATIONS_PER_MINUTE;
    let parameters = parameters![now, session, user, id, key, per_minute, origin.id, origin.ip.as_deref()];
    let mut row = database.row("select outcome, wait from brief_refuse($1, $2, $3, $4, $5, $6, $7, $8)", parameters).await?;
    let (outcome, wait) = (row.take::<String>()?, row.take::<Option<i32>>()?.unwrap_or(1));
    match outcome.as_str() {
        "unauthenticated" => Ok(Refused::Unauthenticated),
        "rate" => Ok(Refused::Rate(wait)),
        "refused" => Ok(Refused::Refused),
        _ => Err(Error::Decode),
    }
}

/// What the model's server said and counted, and what was done when: kept of a generation however it ends.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The model's name.
    pub model_name: Option<String>,
    /// The model's digest.
    pub model_version: Option<String>,
    /// Tokens of all prompts.
    pub prompt_tokens: i64,
    /// Tokens of all answers.
    pub completion_tokens: i64,
    /// JSON array of `{step, ms, …}`.
    pub trace: Vec<u8>,
}

/// Delivers a generation and settles its tokens; false where it no longer runs, and what was kept must go. `corrections` is a JSON
/// array of `{code, path, numbers}`.
///
/// # Errors
/// As for any statement.
pub async fn deliver(
    database: &Database,
    now: Timestamp,
    id: GenerationId,
    translated: bool,
    corrections: Vec<u8>,
    record: Record,
) -> Result<bool, Error> {
    let parameters = parameters![
        now,
        id,
        translated,
        Json(corrections),
        record.model_name,
        record.model_version,
        record.prompt_tokens,
        record.completion_tokens,
        Json(record.trace),
    ];
    database.row("select generation_deliver($1, $2, $3, $4, $5, $6, $7, $8, $9)", parameters).await?.take()
}

/// Content that a smaller plan hides, and that is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// When the plan became smaller.
    pub downgraded_at: Timestamp,
    /// When the plan of before would have let it go; `None` where that kept it as long as the account.
    pub former_end: Option<Timestamp>,
}

/// Why a generation's content cannot be seen, where that is because of the plan alone (promise a48).
///
/// # Errors
/// As for any statement.
pub async fn hidden(database: &Database, id: GenerationId) -> Result<Option<Hidden>, Error> {
    let rows = database.rows("select downgraded_at, former_end from content_hidden($1)", parameters![id]).await?;
    let hidden = rows.into_iter().next();
    hidden.map(|mut row| Ok(Hidden { downgraded_at: row.take()?, former_end: row.take()? })).transpose()
}

/// Whether what was rejected on the way to this generation may be kept for the dataset (promise a18).
///
/// # Errors
/// As for any statement.
pub async fn training_allowed(database: &Database, id: GenerationId, opt_in: bool) -> Result<bool, Error> {
    database.row("select generation_may_teach($1, $2)", parameters![id, opt_in]).await?.take()
}

/// Fails a generation with the name of a problem; nothing is charged.
///
/// # Errors
/// As for any statement.
pub async fn fail(database: &Database, now: Timestamp, id: GenerationId, problem: &str, record: Record) -> Result<bool, Error> {
    let parameters = parameters![
        now,
        id,
        problem,
        record.model_name,
        record.model_version,
        record.prompt_tokens,
        record.completion_tokens,
        Json(record.trace),
    ];
    database.row("select generation_fail($1, $2, $3, $4, $5, $6, $7, $8)", parameters).await?.take()
}

/// A generation's metadata as its owner sees it.
#[derive(Debug)]
pub struct Generation {
    /// Its id.
    pub id: GenerationId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Where it is.
    pub status: Status,
    /// Name of the problem of a failed one.
    pub problem: Option<String>,
    /// BCP 47 tag of the brief, if known.
    pub brief_language: Option<String>,
    /// Whether a translated brief was made.
    pub translated: bool,
    /// Of the brief, 0 to 100.
    pub complexity: Option<i32>,
    /// Whether the file was corrected.
    pub corrected: bool,
    /// JSON array of the corrections; empty in lists.
    pub corrections: Vec<u8>,
    /// Identifier of the system prompt.
    pub prompt_version: Option<String>,
    /// The model's name.
    pub model_name: Option<String>,
    /// The model's digest.
    pub model_version: Option<String>,
    /// Tokens of all prompts.
    pub prompt_tokens: i64,
    /// Tokens of all answers.
    pub completion_tokens: i64,
    /// When its content goes; `None`: with the account.
    pub expires_at: Option<Timestamp>,
    /// Whether its content is gone or past its time.
    pub content_expired: bool,
}

/// What a reader may see.
pub enum Read<T> {
    /// The session has ended.
    Unauthenticated,
    /// The phone is not verified.
    PhoneUnverified,
    /// There is no such thing, or it is somebody else's.
    NotFound,
    /// Here it is.
    Found(T),
}

/// One generation of the bearer's, with the salt of the content key.
///
/// # Errors
/// As for any statement.
pub async fn read(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    id: GenerationId,
) -> Result<Read<(Generation, UserSalt)>, Error> {
    const SQL: &str = "select outcome, salt, content_expired, id, created_at, status, problem, brief_language, translated, \
                       complexity, corrected, corrections, prompt_version, model_name, model_version, prompt_tokens, \
                       completion_tokens, expires_at from generation_read($1, $2, $3, $4)";
    let row = database.row(SQL, parameters![now, session, user, id]).await?;
    match take(row)? {
        Read::Found((generation, Some(salt))) => Ok(Read::Found((generation, salt))),
        Read::Found((_, None)) => Err(Error::Decode),
        Read::Unauthenticated => Ok(Read::Unauthenticated),
        Read::PhoneUnverified => Ok(Read::PhoneUnverified),
        Read::NotFound => Ok(Read::NotFound),
    }
}

/// The bearer's generations, newest first, at most `limit` of them after the one given.
///
/// # Errors
/// As for any statement.
pub async fn list(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    limit: i32,
    after: Option<(Timestamp, GenerationId)>,
) -> Result<Read<Vec<Generation>>, Error> {
    const SQL: &str = "select outcome, salt, content_expired, id, created_at, status, problem, brief_language, translated, \
                       complexity, corrected, corrections, prompt_version, model_name, model_version, prompt_tokens, \
                       completion_tokens, expires_at from generation_list($1, $2, $3, $4, $5, $6)";
    let parameters = parameters![now, session, user, limit, after.map(|(time, _)| time), after.map(|(_, id)| id)];
    let mut found = Vec::new();
    for row in database.rows(SQL, parameters).await? {
        match take(row)? {
            Read::Found((generation, _)) => found.push(generation),
            Read::NotFound => {}
            Read::Unauthenticated => return Ok(Read::Unauthenticated),
            Read::PhoneUnverified => return Ok(Read::PhoneUnverified),
        }
    }
    Ok(Read::Found(found))
}

/// Marks a generation's content as deleted; the caller then removes it from the content databases.
///
/// # Errors
/// As for any statement.
pub async fn forget(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    id: GenerationId,
) -> Result<Forgotten, Error> {
    let mut row = database.row("select generation_forget($1, $2, $3, $4)", parameters![now, session, user, id]).await?;
    match row.take::<String>()?.as_str() {
        "unauthenticated" => Ok(Forgotten::Unauthenticated),
        "not-found" => Ok(Forgotten::NotFound),
        "running" => Ok(Forgotten::Running),
        "found" => Ok(Forgotten::Done),
        _ => Err(Error::Decode),
    }
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// The session has ended.
    Unauthenticated,
    /// There is no such thing, or it is somebody else's.
    NotFound,
    /// It still runs.
    Running,
    /// Its content may be removed.
    Done,
}

fn take(mut row: Row) -> Result<Read<(Generation, Option<UserSalt>)>, Error> {
    match row.take::<String>()?.as_str() {
        "unauthenticated" => return Ok(Read::Unauthenticated),
        "phone" => return Ok(Read::PhoneUnverified),
        "not-found" => return Ok(Read::NotFound),
        "found" => {}
        _ => return Err(Error::Decode),
    }
    let salt = row.take::<Option<Vec<u8>>>()?.and_then(|salt| UserSalt::from_bytes(&salt));
    let content_expired = row.take()?;
    let generation = Generation {
        id: row.take_id()?,
        created_at: row.take()?,
        status: Status::from_name(&row.take::<String>()?).ok_or(Error::Decode)?,
        problem: row.take()?,
        brief_language: row.take()?,
        translated: row.take()?,
        complexity: row.take()?,
        corrected: row.take()?,
        corrections: row.take::<Option<Json>>()?.map(|json| json.0).unwrap_or_default(),
        prompt_version: row.take()?,
        model_name: row.take()?,
        model_version: row.take()?,
        prompt_tokens: row.take()?,
        completion_tokens: row.take()?,
        expires_at: row.take()?,
        content_expired,
    };
    Ok(Read::Found((generation, salt)))
}
