//! Sign-in and sessions.

use domain::{Email, Language, Phone, SessionId, TenantId, UserId, limits::Limit, session::lockout_seconds};
use jiff::Timestamp;

use super::{PhoneKeys, SmsLimits, parameters, signup::NewCode};
use crate::{Database, Error, value::Row};

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
    pub(crate) fn take(row: &mut Row, phone_verified: bool) -> Result<Self, Error> {
        Ok(Self {
            user: row.take_id()?,
            tenant: row.take_id()?,
            role: row.take()?,
            language: Language::from_tag(&row.take::<String>()?).unwrap_or_default(),
            phone_verified,
        })
    }
}

/// What is known before the password is looked at.
#[derive(Debug)]
pub enum Begin {
    /// Too many tries from this address; seconds to wait.
    Rate(i32),
    /// Too many failures for this account from this address; seconds to wait.
    Locked(i32),
    /// The password may be looked at; there may be no such account.
    Try(Option<Candidate>),
}

/// The account that an address belongs to.
#[derive(Debug)]
pub struct Candidate {
    /// Its user.
    pub user: UserId,
    /// In the ASP.NET Core Identity V3 format; `None` where it signs in with a provider only.
    pub password_hash: Option<String>,
    /// Its phone, where that was never verified.
    pub unproved_phone: Option<Phone>,
}

/// Counts a try and finds the account. Delays follow [`lockout_seconds`].
///
/// # Errors
/// As for any statement.
pub async fn signin_begin(
    database: &Database,
    now: Timestamp,
    email: &Email,
    lock_key: &str,
    address_key: &str,
    limit: Limit,
) -> Result<Begin, Error> {
    let delays: Vec<i32> = (5..=9).map(|failures| i32::try_from(lockout_seconds(failures)).unwrap_or(i32::MAX)).collect();
    let parameters = parameters![now, email.expose(), lock_key, address_key, limit.max, limit.seconds, delays];
    let sql = "select limited, wait, user_id, password_hash, unproved_phone from signin_begin($1, $2, $3, $4, $5, $6, $7)";
    let mut row = database.row(sql, parameters).await?;
    let (limited, wait) = (row.take::<bool>()?, row.take::<Option<i32>>()?.unwrap_or(0));
    match (limited, wait) {
        (true, wait) => Ok(Begin::Rate(wait)),
        (false, wait @ 1..) => Ok(Begin::Locked(wait)),
        _ => {
            let user = row.take::<Option<uuid::Uuid>>()?.map(UserId::from);
            let password_hash = row.take()?;
            let unproved_phone = row.take::<Option<String>>()?.and_then(|phone| Phone::parse(&phone).ok());
            Ok(Begin::Try(user.map(|user| Candidate { user, password_hash, unproved_phone })))
        }
    }
}

/// What became of a sign-in after the right password.
#[derive(Debug)]
pub enum Finish {
    /// The account went away meanwhile.
    Gone,
    /// Blocked until support lifts it.
    Blocked,
    /// A verification waits; the phone is there where its code may be sent now.
    Unverified(Option<Phone>, Language),
    /// The session is open.
    SignedIn(Holder),
}

/// Opens a session, or a verification where the phone was never proved; `keys` are that phone's.
///
/// # Errors
/// As for any statement.
#[expect(clippy::too_many_arguments, reason = "one statement's parameters; grouping them further would only rename them")]
pub async fn signin_finish(
    database: &Database,
    now: Timestamp,
    user: UserId,
    lock_key: &str,
    session: NewSession<'_>,
    code: NewCode<'_>,
    keys: Option<&PhoneKeys>,
    limits: &SmsLimits,
) -> Result<Finish, Error> {
    let parameters = parameters![
        now,
        user,
        lock_key,
        session.id,
        session.token,
        session.token_expires,
        session.family_expires,
        code.verification,
        code.code,
        code.code_expires,
        code.expires,
        keys.map_or("", |keys| keys.phone.as_str()),
        keys.map_or("", |keys| keys.country.as_str()),
        limits.address_key.as_str(),
        limits.max.clone(),
        limits.seconds.clone(),
    ];
    let sql = "select outcome, phone, language, $2::uuid, tenant_id, role, language \
               from signin_finish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    let mut row = database.row(sql, parameters).await?;
    let outcome: String = row.take()?;
    let (phone, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    match outcome.as_str() {
        "gone" => Ok(Finish::Gone),
        "blocked" => Ok(Finish::Blocked),
        "unverified" => Ok(Finish::Unverified(
            phone.and_then(|phone| Phone::parse(&phone).ok()),
            language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
        )),
        "signed-in" => Holder::take(&mut row, true).map(Finish::SignedIn),
        _ => Err(Error::Decode),
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
) -> Result<Refresh, Error> {
    let repeat = i32::try_from(domain::session::REPEAT_SECONDS).unwrap_or(i32::MAX);
    let parameters = parameters![now, session, presented, successor, token_expires, repeat];
    let sql = "select outcome, owner_email, owner_language, phone_verified, expires, user_id, tenant_id, role, language \
               from session_refresh($1, $2, $3, $4, $5, $6)";
    let mut row = database.row(sql, parameters).await?;
    let outcome: String = row.take()?;
    let (email, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    let (phone_verified, expires) = (row.take::<Option<bool>>()?, row.take::<Option<Timestamp>>()?);
    match outcome.as_str() {
        "invalid" => Ok(Refresh::Invalid),
        "reused" => Ok(Refresh::Reused(Owner {
            email: email.and_then(|email| Email::parse(&email).ok()).ok_or(Error::Decode)?,
            language: language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
        })),
        "rotated" | "repeated" => {
            let holder = Holder::take(&mut row, phone_verified.unwrap_or(false))?;
            Ok(Refresh::Refreshed(holder, expires.ok_or(Error::Decode)?))
        }
        _ => Err(Error::Decode),
    }
}

/// Ends a session by one of its refresh tokens; false where there was nothing to end.
///
/// # Errors
/// As for any statement.
pub async fn end(database: &Database, now: Timestamp, session: SessionId, presented: &[u8]) -> Result<bool, Error> {
    database.row("select session_end($1, $2, $3)", parameters![now, session, presented]).await?.take()
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
    let sql = "select phone_verified, $3::uuid, tenant_id, role, language, phone, restricted, authenticated_at from session_read($1, $2, $3)";
    let Some(mut row) = database.rows(sql, parameters![now, session, user]).await?.into_iter().next() else { return Ok(None) };
    let phone_verified = row.take()?;
    let holder = Holder::take(&mut row, phone_verified)?;
    let phone = row.take::<Option<String>>()?.and_then(|phone| Phone::parse(&phone).ok());
    Ok(Some(Session { holder, phone, restricted: row.take()?, authenticated_at: row.take()? }))
}
