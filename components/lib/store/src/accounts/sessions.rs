//! Sign-in and sessions.

use domain::{
    Email, Language, Phone, SessionId, TenantId, UserId,
    limits::Limit,
    session::{FREE_EVERYWHERE, FREE_HERE, LOCKOUT_SECONDS},
};
use jiff::Timestamp;

use super::{PhoneKeys, SmsLimits, events::EventOrigin, parameters, signup::NewCode};
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
    /// In one of the formats that `vault::password` reads; `None` where it signs in with a provider only.
    pub password_hash: Option<String>,
    /// Its phone, where that was never verified.
    pub unproved_phone: Option<Phone>,
}

/// Keyed hashes under which tries to sign in are counted.
#[derive(Debug)]
pub struct SignInKeys {
    /// Of the account from the caller's address prefix.
    pub here: String,
    /// Of the account from everywhere.
    pub everywhere: String,
    /// Of the caller's address prefix, whatever the account.
    pub address: String,
}

/// A refresh token that came with a sign-in: its session and what its row keeps of it.
pub type KnownDevice = (SessionId, Vec<u8>);

/// Counts a try and finds the account. Delays are [`LOCKOUT_SECONDS`], after [`FREE_HERE`] and [`FREE_EVERYWHERE`] failures.
///
/// # Errors
/// As for any statement.
pub async fn signin_begin(
    database: &Database,
    now: Timestamp,
    email: &Email,
    keys: &SignInKeys,
    limit: Limit,
    device: Option<KnownDevice>,
    origin: &EventOrigin,
) -> Result<Begin, Error> {
    let (session, presented) = device.unzip();
    let parameters = parameters![
        now,
        email.expose(),
        keys.here.as_str(),
        keys.everywhere.as_str(),
        keys.address.as_str(),
        limit.max,
        limit.seconds,
        LOCKOUT_SECONDS.to_vec(),
        FREE_HERE,
        FREE_EVERYWHERE,
        session,
        presented,
        origin.id,
        origin.ip(),
    ];
    let sql = "select limited, wait, user_id, password_hash, unproved_phone \
               from signin_begin($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
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

/// The password that was looked at.
#[derive(Debug)]
pub struct RightPassword<'a> {
    /// The stored hash that it fitted.
    pub seen: &'a str,
    /// What takes its place where it was weaker than today's (promise b02).
    pub rehash: Option<&'a str>,
}

/// Opens a session, or a verification where the phone was never proved; `phone_keys` are that phone's.
///
/// # Errors
/// As for any statement.
#[expect(clippy::too_many_arguments, reason = "one statement's parameters; grouping them further would only rename them")]
pub async fn signin_finish(
    database: &Database,
    now: Timestamp,
    user: UserId,
    keys: &SignInKeys,
    password: &RightPassword<'_>,
    session: NewSession<'_>,
    code: NewCode<'_>,
    phone_keys: Option<&PhoneKeys>,
    limits: &SmsLimits,
    origin: &EventOrigin,
) -> Result<Finish, Error> {
    let parameters = parameters![
        now,
        user,
        keys.here.as_str(),
        keys.everywhere.as_str(),
        FREE_EVERYWHERE,
        password.seen,
        password.rehash,
        session.id,
        session.token,
        session.token_expires,
        session.family_expires,
        code.verification,
        code.code,
        code.code_expires,
        code.expires,
        phone_keys.map_or("", |keys| keys.phone.as_str()),
        phone_keys.map_or("", |keys| keys.country.as_str()),
        limits.address_key.as_str(),
        limits.max.clone(),
        limits.seconds.clone(),
        origin.id,
    ];
    let sql = "select outcome, phone, phone_verified, language, $2::uuid, tenant_id, role, language \
               from signin_finish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
    let mut row = database.row(sql, parameters).await?;
    let outcome: String = row.take()?;
    let (phone, phone_verified) = (row.take::<Option<String>>()?, row.take::<Option<bool>>()?.unwrap_or(false));
    let language = row.take::<Option<String>>()?;
    match outcome.as_str() {
        "gone" => Ok(Finish::Gone),
        "blocked" => Ok(Finish::Blocked),
        "unverified" => Ok(Finish::Unverified(
            phone.and_then(|phone| Phone::parse(&phone).ok()),
            language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
        )),
        "signed-in" => Holder::take(&mut row, phone_verified).map(Finish::SignedIn),
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
    origin: &EventOrigin,
) -> Result<Refresh, Error> {
    let repeat = i32::try_from(domain::session::REPEAT_SECONDS).unwrap_or(i32::MAX);
    let parameters = parameters![now, session, presented, successor, token_expires, repeat, origin.id, origin.ip()];
    let sql = "select outcome, owner_email, owner_language, phone_verified, expires, user_id, tenant_id, role, language \
               from session_refresh($1, $2, $3, $4, $5, $6, $7, $8)";
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
pub async fn end(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    presented: &[u8],
    origin: &EventOrigin,
) -> Result<bool, Error> {
    let parameters = parameters![now, session, presented, origin.id, origin.ip()];
    database.row("select session_end($1, $2, $3, $4, $5)", parameters).await?.take()
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
    let sql =
        "select outcome, id, created_at, authenticated_at, refreshed_at, expires_at from sessions_list($1, $2, $3, $4, $5, $6)";
    let mut open = Vec::new();
    for mut row in database.rows(sql, parameters![now, session, user, limit, time, id]).await? {
        match row.take::<String>()?.as_str() {
            "unauthenticated" => return Ok(None),
            "found" => open.push(Open {
                id: row.take_id()?,
                created_at: row.take()?,
                authenticated_at: row.take()?,
                refreshed_at: row.take()?,
                expires_at: row.take()?,
            }),
            "none" => {}
            _ => return Err(Error::Decode),
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
    let parameters = parameters![now, session, user, id, origin.id, origin.ip()];
    let outcome: String = database.row("select session_revoke($1, $2, $3, $4, $5, $6)", parameters).await?.take()?;
    match outcome.as_str() {
        "unauthenticated" => Ok(Revoked::Unauthenticated),
        "not-found" => Ok(Revoked::NotFound),
        "revoked" => Ok(Revoked::Revoked),
        _ => Err(Error::Decode),
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
    let sql = "select phone_verified, $3::uuid, tenant_id, role, language, phone, restricted, authenticated_at from session_read($1, $2, $3)";
    let Some(mut row) = database.rows(sql, parameters![now, session, user]).await?.into_iter().next() else { return Ok(None) };
    let phone_verified = row.take()?;
    let holder = Holder::take(&mut row, phone_verified)?;
    let phone = row.take::<Option<String>>()?.and_then(|phone| Phone::parse(&phone).ok());
    Ok(Some(Session { holder, phone, restricted: row.take()?, authenticated_at: row.take()? }))
}
