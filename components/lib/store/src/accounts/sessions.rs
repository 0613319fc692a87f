//! Sessions: refresh, list, end; and who the bearer of one is.

use domain::{Email, Language, Phone, SessionId, TenantId, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use super::events::EventOrigin;
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Row,
};

statements! {
    SessionRefresh<'a> for [Identity] returns { outcome: SessionRefreshOutcome }:
        "select outcome, owner_email, owner_language, phone_verified, expires, user_id, tenant_id, role, language from \
         api.session_refresh" => (
            now: Timestamp, session: SessionId, presented: &'a [u8], successor: &'a [u8], token_expires: Timestamp,
            repeat_seconds: i32, event: Uuid, ip: Option<&'a str>
        );
    SessionEnd<'a> for [Identity]:
        "select api.session_end" => (
            now: Timestamp, session: SessionId, presented: &'a [u8], event: Uuid, ip: Option<&'a str>
        );
    SessionsList for [Identity] returns { outcome: SessionsListOutcome }:
        "select outcome, id, created_at, authenticated_at, refreshed_at, expires_at from api.sessions_list" => (
            now: Timestamp, session: SessionId, user: UserId, limit: i32, after_time: Option<Timestamp>,
            after_id: Option<Uuid>
        );
    SessionRevoke<'a> for [Identity] returns { outcome: SessionRevokeOutcome }:
        "select api.session_revoke" => (
            now: Timestamp, session: SessionId, user: UserId, id: Option<SessionId>, event: Uuid, ip: Option<&'a str>
        );
    SessionRead for [Identity, Generation, Rights, Billing, Contact]:
        "select phone_verified, tenant_id, role, language, phone, restricted, authenticated_at from \
         api.session_read" => (now: Timestamp, session: SessionId, user: UserId);
}

names! {
    enum SessionRefreshOutcome {
        Invalid = "invalid",
        Reused = "reused",
        Rotated = "rotated",
        Repeated = "repeated",
    }
}

names! {
    enum SessionsListOutcome {
        Unauthenticated = "unauthenticated",
        Found = "found",
        None = "none",
    }
}

names! {
    enum SessionRevokeOutcome {
        Unauthenticated = "unauthenticated",
        NotFound = "not-found",
        Revoked = "revoked",
    }
}

/// A session to be opened.
pub struct NewSession<'a> {
    /// Its id.
    pub id: SessionId,
    /// Keyed hash of its first refresh token.
    pub token: &'a [u8],
    /// When that token ends.
    pub token_expires: Timestamp,
    /// When the family ends.
    pub family_expires: Timestamp,
}

/// Whose session it is: what an access token says.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The user.
    pub user: UserId,
    /// The tenant.
    pub tenant: TenantId,
    /// Role in the tenant.
    pub role: String,
    /// Preferred language.
    pub language: Language,
    /// Whether the phone is verified.
    pub phone_verified: bool,
}

impl Holder {
    /// Of the columns `user_id`, `tenant_id`, `role` and `language`.
    pub(crate) fn take(row: &mut Row, phone_verified: bool) -> Result<Self, Error> {
        let user = row.take_id()?;
        Self::of(user, row, phone_verified)
    }

    /// Of the columns `tenant_id`, `role` and `language` of a user.
    pub(crate) fn of(user: UserId, row: &mut Row, phone_verified: bool) -> Result<Self, Error> {
        Ok(Self {
            user,
            tenant: row.take_id()?,
            role: row.take()?,
            language: Language::from_tag(&row.take::<String>()?).unwrap_or_default(),
            phone_verified,
        })
    }
}

/// What became of a refresh token that was presented.
#[derive(Debug)]
pub enum Refresh {
    /// Unknown, revoked or too old.
    Invalid,
    /// Used before: its family is revoked now, and its owner is to be told.
    Reused(Owner),
    /// The successor is good until the time given, now or once more.
    Refreshed(Holder, Timestamp),
}

/// Whom to tell.
#[derive(Debug)]
pub struct Owner {
    /// Their address.
    pub email: Email,
    /// Preferred language.
    pub language: Language,
}

/// Rotates a refresh token.
///
/// # Errors
/// As for any statement.
pub async fn refresh(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    presented: &[u8],
    successor: &[u8],
    token_expires: Timestamp,
    origin: &EventOrigin,
) -> Result<Refresh, Error> {
    let repeat = i32::try_from(domain::session::REPEAT_SECONDS).unwrap_or(i32::MAX);
    let mut row = database
        .row(SessionRefresh {
            now,
            session,
            presented,
            successor,
            token_expires,
            repeat_seconds: repeat,
            event: origin.id,
            ip: origin.ip(),
        })
        .await?;
    let outcome: SessionRefreshOutcome = row.take()?;
    let (email, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    let (phone_verified, expires) = (row.take::<Option<bool>>()?, row.take::<Option<Timestamp>>()?);
    match outcome {
        SessionRefreshOutcome::Invalid => Ok(Refresh::Invalid),
        SessionRefreshOutcome::Reused => Ok(Refresh::Reused(Owner {
            email: email.and_then(|email| Email::parse(&email).ok()).ok_or(Error::Decode)?,
            language: language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
        })),
        SessionRefreshOutcome::Rotated | SessionRefreshOutcome::Repeated => {
            let holder = Holder::take(&mut row, phone_verified.unwrap_or(false))?;
            Ok(Refresh::Refreshed(holder, expires.ok_or(Error::Decode)?))
        }
    }
}

/// Ends a session by one of its refresh tokens; false where there was nothing to end.
///
/// # Errors
/// As for any statement.
pub async fn end(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    presented: &[u8],
    origin: &EventOrigin,
) -> Result<bool, Error> {
    database.row(SessionEnd { now, session, presented, event: origin.id, ip: origin.ip() }).await?.take()
}

/// One of a person's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its id.
    pub id: SessionId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Last sign-in or code.
    pub authenticated_at: Timestamp,
    /// When its refresh token was last used, or made.
    pub refreshed_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
}

/// The caller's open sessions, newest first, after the given one; `None` where the caller's own ended.
///
/// # Errors
/// As for any statement.
pub async fn list(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    limit: i32,
    after: Option<(Timestamp, uuid::Uuid)>,
) -> Result<Option<Vec<Open>>, Error> {
    let (time, id) = after.unzip();
    let mut open = Vec::new();
    for mut row in database.rows(SessionsList { now, session, user, limit, after_time: time, after_id: id }).await? {
        match row.take::<SessionsListOutcome>()? {
            SessionsListOutcome::Unauthenticated => return Ok(None),
            SessionsListOutcome::Found => open.push(Open {
                id: row.take_id()?,
                created_at: row.take()?,
                authenticated_at: row.take()?,
                refreshed_at: row.take()?,
                expires_at: row.take()?,
            }),
            SessionsListOutcome::None => {}
        }
    }
    Ok(Some(open))
}

/// What became of a session that its owner wanted to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The caller's own session ended.
    Unauthenticated,
    /// The caller has no such session.
    NotFound,
    /// It has ended.
    Revoked,
}

/// Ends one of the caller's sessions, or all of them where none is given.
///
/// # Errors
/// As for any statement.
pub async fn revoke(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    id: Option<SessionId>,
    origin: &EventOrigin,
) -> Result<Revoked, Error> {
    let outcome: SessionRevokeOutcome =
        database.row(SessionRevoke { now, session, user, id, event: origin.id, ip: origin.ip() }).await?.take()?;
    match outcome {
        SessionRevokeOutcome::Unauthenticated => Ok(Revoked::Unauthenticated),
        SessionRevokeOutcome::NotFound => Ok(Revoked::NotFound),
        SessionRevokeOutcome::Revoked => Ok(Revoked::Revoked),
    }
}

/// A session that is good, with what the database says of its account (decision 10).
#[derive(Clone, Debug)]
pub struct Session {
    /// The account.
    pub holder: Holder,
    /// Its phone, verified or not.
    pub phone: Option<Phone>,
    /// Whether processing is frozen (promise a79).
    pub restricted: bool,
    /// Last sign-in or code.
    pub authenticated_at: Timestamp,
}

/// The bearer's session; `None` where it ended.
///
/// # Errors
/// As for any statement.
pub async fn read(database: &Database, now: Timestamp, session: SessionId, user: UserId) -> Result<Option<Session>, Error> {
    let Some(mut row) = database.rows(SessionRead { now, session, user }).await?.into_iter().next() else { return Ok(None) };
    let phone_verified = row.take()?;
    let holder = Holder::of(user, &mut row, phone_verified)?;
    let phone = row.take::<Option<String>>()?.and_then(|phone| Phone::parse(&phone).ok());
    Ok(Some(Session { holder, phone, restricted: row.take()?, authenticated_at: row.take()? }))
}
