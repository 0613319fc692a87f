//! Generations: admission, delivery, failure, reading.

use domain::{
    GenerationId, SessionId, UserId,
    generation::Status,
    quota::{Day, Demand},
};
use jiff::Timestamp;
use uuid::Uuid;
use vault::UserSalt;

use super::events::EventOrigin;
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Json,
    value::Row,
};

statements! {
    GenerationAdmit<'a> for [Generation] returns { outcome: GenerationAdmitOutcome }:
        "select outcome, generation_id, salt, quota, used, held, credits, set_aside, wait, place from api.generation_admit" => (
            now: Timestamp, session: SessionId, user: UserId, id: GenerationId, key: Option<&'a str>, body: Option<&'a str>,
            key_expires: Timestamp, most: i64, least: i64, instructions: i64, deadline: Timestamp, per_minute: i32, refused_key: &'a str, spend: bool,
            complexity: i32, reasons: Json, brief_language: Option<&'a str>, prompt_version: &'a str, max_calls: i32,
            until: Timestamp
        );
    ModelLineTake for [Generation]:
        "select api.model_line_take" => (now: Timestamp, id: GenerationId, max: i32, until: Timestamp);
    BriefRefuse<'a> for [Generation] returns { outcome: BriefRefuseOutcome }:
        "select outcome, wait from api.brief_refuse" => (
            now: Timestamp, session: SessionId, user: UserId, generation: Option<GenerationId>, key: &'a str,
            per_minute: i32, event: Uuid, ip: Option<&'a str>
        );
    GenerationDeliver for [Generation]:
        "select api.generation_deliver" => (
            now: Timestamp, id: GenerationId, translated: bool, corrections: Json, model_name: Option<String>,
            model_version: Option<String>, prompt_tokens: i64, completion_tokens: i64, trace: Json
        );
    ContentHidden for [Generation]:
        "select downgraded_at, former_end from api.content_hidden" => (id: GenerationId);
    GenerationFail<'a> for [Generation]:
        "select api.generation_fail" => (
            now: Timestamp, id: GenerationId, problem: &'a str, model_name: Option<String>, model_version: Option<String>,
            prompt_tokens: i64, completion_tokens: i64, trace: Json
        );
    GenerationRead for [Generation] returns { outcome: ReadOutcome }:
        "select outcome, salt, content_expired, id, created_at, status, problem, brief_language, translated, complexity, \
         corrected, corrections, prompt_version, model_name, model_version, prompt_tokens, completion_tokens, expires_at \
         from api.generation_read" => (now: Timestamp, session: SessionId, user: UserId, id: GenerationId);
    GenerationList for [Generation] returns { outcome: ReadOutcome }:
        "select outcome, salt, content_expired, id, created_at, status, problem, brief_language, translated, complexity, \
         corrected, corrections, prompt_version, model_name, model_version, prompt_tokens, completion_tokens, expires_at \
         from api.generation_list" => (
            now: Timestamp, session: SessionId, user: UserId, limit: i32, after_time: Option<Timestamp>,
            after_id: Option<GenerationId>
        );
    GenerationForget for [Generation] returns { outcome: GenerationForgetOutcome }:
        "select api.generation_forget" => (now: Timestamp, session: SessionId, user: UserId, id: GenerationId);
}

names! {
    enum ReadOutcome {
        Unauthenticated = "unauthenticated",
        Phone = "phone",
        NotFound = "not-found",
        Found = "found",
    }
}

names! {
    enum GenerationAdmitOutcome {
        Unauthenticated = "unauthenticated",
        Conflict = "conflict",
        Gone = "gone",
        Wait = "wait",
        Replay = "replay",
        Rate = "rate",
        Phone = "phone",
        Restricted = "restricted",
        Reserved = "reserved",
        Quota = "quota",
        Admitted = "admitted",
    }
}

names! {
    enum BriefRefuseOutcome {
        Unauthenticated = "unauthenticated",
        Rate = "rate",
        Refused = "refused",
    }
}

names! {
    enum GenerationForgetOutcome {
        Unauthenticated = "unauthenticated",
        NotFound = "not-found",
        Running = "running",
        Found = "found",
    }
}

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
    /// Tokens to set aside, as far as they are there.
    pub demand: Demand,
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
    /// What running generations have set aside stands in the way; the day, and credits that are free, in tokens.
    Reserved(Day, i64),
    /// The day's tokens do not suffice; the day, and credits that are free, in tokens.
    Quota(Day, i64),
    /// It runs.
    Admitted {
        /// Of the user's content key.
        salt: UserSalt,
        /// 0 where the model host may be called at once.
        place: i32,
        /// Tokens of quota and credits that are set aside for it.
        set_aside: i64,
    },
}

/// Admits a generation: rate, restriction, quota, idempotency and the row itself in one statement.
///
/// # Errors
/// As for any statement.
pub async fn admit(database: &Database, now: Timestamp, admission: Admission<'_>) -> Result<Admitted, Error> {
    let mut row = database
        .row(GenerationAdmit {
            now,
            session: admission.session,
            user: admission.user,
            id: admission.id,
            key: admission.key.map(|(key, _)| key),
            body: admission.key.map(|(_, body)| body),
            key_expires: admission.key_expires,
            most: admission.demand.most,
            least: admission.demand.least,
            instructions: admission.demand.instructions,
            deadline: admission.deadline,
            per_minute: domain::limits::GENERATIONS_PER_MINUTE,
            refused_key: admission.refused_key,
            spend: admission.spend_credits,
            complexity: admission.complexity,
            reasons: Json(admission.reasons),
            brief_language: admission.brief_language,
            prompt_version: admission.prompt_version,
            max_calls: admission.line.max,
            until: admission.line.until,
        })
        .await?;
    let outcome: GenerationAdmitOutcome = row.take()?;
    let id = row.take::<Option<uuid::Uuid>>()?.map(GenerationId::from);
    let salt = row.take::<Option<Vec<u8>>>()?;
    let [quota, used, reserved, credits, set_aside] =
        [row.take::<Option<i64>>()?, row.take()?, row.take()?, row.take()?, row.take()?].map(|number| number.unwrap_or(0));
    let day = Day { quota, used, reserved };
    let wait = row.take::<Option<i32>>()?.unwrap_or(1);
    let place = row.take::<Option<i32>>()?;
    match outcome {
        GenerationAdmitOutcome::Unauthenticated => Ok(Admitted::Unauthenticated),
        GenerationAdmitOutcome::Conflict => Ok(Admitted::Conflict),
        GenerationAdmitOutcome::Gone => Ok(Admitted::Gone),
        GenerationAdmitOutcome::Wait => id.map(Admitted::Wait).ok_or(Error::Decode),
        GenerationAdmitOutcome::Replay => id.map(Admitted::Replay).ok_or(Error::Decode),
        GenerationAdmitOutcome::Rate => Ok(Admitted::Rate(wait)),
        GenerationAdmitOutcome::Phone => Ok(Admitted::PhoneUnverified),
        GenerationAdmitOutcome::Restricted => Ok(Admitted::Restricted),
        GenerationAdmitOutcome::Reserved => Ok(Admitted::Reserved(day, credits)),
        GenerationAdmitOutcome::Quota => Ok(Admitted::Quota(day, credits)),
        GenerationAdmitOutcome::Admitted => {
            let salt = salt.and_then(|salt| UserSalt::from_bytes(&salt)).ok_or(Error::Decode)?;
            Ok(Admitted::Admitted { salt, place: place.ok_or(Error::Decode)?, set_aside })
        }
    }
}

/// Takes or renews a place in the line before the model host: `Some(0)` may call it, `Some(n)` is the n-th of those who wait, `None`
/// no longer runs.
///
/// # Errors
/// As for any statement.
pub async fn line_take(database: &Database, now: Timestamp, id: GenerationId, line: Line) -> Result<Option<i32>, Error> {
    database.row(ModelLineTake { now, id, max: line.max, until: line.until }).await?.take()
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
    let mut row = database
        .row(BriefRefuse { now, session, user, generation: id, key, per_minute, event: origin.id, ip: origin.ip.as_deref() })
        .await?;
    let (outcome, wait) = (row.take::<BriefRefuseOutcome>()?, row.take::<Option<i32>>()?.unwrap_or(1));
    match outcome {
        BriefRefuseOutcome::Unauthenticated => Ok(Refused::Unauthenticated),
        BriefRefuseOutcome::Rate => Ok(Refused::Rate(wait)),
        BriefRefuseOutcome::Refused => Ok(Refused::Refused),
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
    database
        .row(GenerationDeliver {
            now,
            id,
            translated,
            corrections: Json(corrections),
            model_name: record.model_name,
            model_version: record.model_version,
            prompt_tokens: record.prompt_tokens,
            completion_tokens: record.completion_tokens,
            trace: Json(record.trace),
        })
        .await?
        .take()
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
    let rows = database.rows(ContentHidden { id }).await?;
    let hidden = rows.into_iter().next();
    hidden.map(|mut row| Ok(Hidden { downgraded_at: row.take()?, former_end: row.take()? })).transpose()
}

/// Fails a generation with the name of a problem; nothing is charged.
///
/// # Errors
/// As for any statement.
pub async fn fail(database: &Database, now: Timestamp, id: GenerationId, problem: &str, record: Record) -> Result<bool, Error> {
    database
        .row(GenerationFail {
            now,
            id,
            problem,
            model_name: record.model_name,
            model_version: record.model_version,
            prompt_tokens: record.prompt_tokens,
            completion_tokens: record.completion_tokens,
            trace: Json(record.trace),
        })
        .await?
        .take()
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
    let row = database.row(GenerationRead { now, session, user, id }).await?;
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
    let mut found = Vec::new();
    for row in database
        .rows(GenerationList {
            now,
            session,
            user,
            limit,
            after_time: after.map(|(time, _)| time),
            after_id: after.map(|(_, id)| id),
        })
        .await?
    {
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
    let mut row = database.row(GenerationForget { now, session, user, id }).await?;
    match row.take::<GenerationForgetOutcome>()? {
        GenerationForgetOutcome::Unauthenticated => Ok(Forgotten::Unauthenticated),
        GenerationForgetOutcome::NotFound => Ok(Forgotten::NotFound),
        GenerationForgetOutcome::Running => Ok(Forgotten::Running),
        GenerationForgetOutcome::Found => Ok(Forgotten::Done),
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
    match row.take()? {
        ReadOutcome::Unauthenticated => return Ok(Read::Unauthenticated),
        ReadOutcome::Phone => return Ok(Read::PhoneUnverified),
        ReadOutcome::NotFound => return Ok(Read::NotFound),
        ReadOutcome::Found => {}
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
