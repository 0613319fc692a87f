//! Codes by SMS: verify, resend, start.

use domain::{Email, Language, Phone, SessionId, UserId, otp};
use jiff::Timestamp;

use super::{
    PhoneKeys, SmsLimits,
    email::NewToken,
    events::EventOrigin,
    parameters,
    sessions::{Holder, NewSession},
    signup::NewCode,
};
use crate::{Database, Error};

/// What became of a code that was typed.
#[derive(Debug)]
pub enum Verified {
    /// The verification is unknown, used, replaced, or its code too old.
    Expired,
    /// It was asked for by another session.
    Unauthenticated,
    /// The account is blocked until support lifts it.
    Blocked,
    /// Locked for so many seconds.
    Locked(i32),
    /// Wrong, with so many tries left.
    Invalid(i32),
    /// Right, for a sign-up: the session is open. With the address that the token given is to be sent to, unless it is proved.
    SignedIn(Holder, Option<Email>),
    /// Right, for an account that was signed in.
    Confirmed,
}

/// Tries a code; `token` is for proving the email of a sign-up.
///
/// # Errors
/// As for any statement.
#[expect(clippy::too_many_arguments, reason = "one statement's parameters; grouping them further would only rename them")]
pub async fn verify(
    database: &Database,
    now: Timestamp,
    verification: &str,
    code: &[u8],
    bearer: Option<SessionId>,
    session: NewSession<'_>,
    token: &NewToken<'_>,
    origin: &EventOrigin,
) -> Result<Verified, Error> {
    let parameters = parameters![
        now,
        verification,
        code,
        bearer,
        session.id,
        session.token,
        session.token_expires,
        session.family_expires,
        otp::MAX_FAILURES,
        i32::try_from(otp::LOCK_SECONDS).unwrap_or(i32::MAX),
        otp::MAX_LOCKOUTS,
        token.stored,
        token.expires,
        origin.id,
        origin.ip(),
    ];
    let sql = "select outcome, attempts_left, wait, purpose, email, user_id, tenant_id, role, language \
               from otp_verify($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let mut row = database.row(sql, parameters).await?;
    let outcome: String = row.take()?;
    let (left, wait, purpose) = (row.take::<Option<i32>>()?, row.take::<Option<i32>>()?, row.take::<Option<String>>()?);
    let email = row.take::<Option<String>>()?.and_then(|email| Email::parse(&email).ok());
    match outcome.as_str() {
        "expired" => Ok(Verified::Expired),
        "unauthenticated" => Ok(Verified::Unauthenticated),
        "blocked" => Ok(Verified::Blocked),
        "locked" => Ok(Verified::Locked(wait.unwrap_or(1))),
        "invalid" => Ok(Verified::Invalid(left.unwrap_or(0))),
        "verified" if purpose.as_deref() == Some(otp::Purpose::Signup.name()) => {
            Holder::take(&mut row, true).map(|holder| Verified::SignedIn(holder, email))
        }
        "verified" => Ok(Verified::Confirmed),
        _ => Err(Error::Decode),
    }
}

/// What became of a request for a (new) code.
#[derive(Debug)]
pub enum Sent {
    /// The verification is unknown or too old.
    Expired,
    /// The bearer's session has ended.
    Unauthenticated,
    /// A new phone needs a session that is recent.
    Recent,
    /// The account is blocked until support lifts it.
    Blocked,
    /// Locked for so many seconds.
    Locked(i32),
    /// A limit is reached; seconds to wait.
    Rate(i32),
    /// The code may be sent.
    Sent(Phone, Language),
    /// Nothing is to be sent, and nobody may notice.
    Decoy,
}

/// Replaces the code of a verification.
///
/// # Errors
/// As for any statement.
pub async fn resend(
    database: &Database,
    now: Timestamp,
    verification: &str,
    code: &[u8],
    code_expires: Timestamp,
    limits: &SmsLimits,
    origin: &EventOrigin,
) -> Result<Sent, Error> {
    let parameters = parameters![
        now,
        verification,
        code,
        code_expires,
        limits.address_key.as_str(),
        limits.max.clone(),
        limits.seconds.clone(),
        otp::MAX_LOCKOUTS,
        origin.id,
        origin.ip(),
    ];
    let sql = "select outcome, wait, phone, language from otp_resend($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    sent(database.row(sql, parameters).await?)
}

/// Starts a verification for an account that is signed in.
#[derive(Debug)]
pub struct Start<'a> {
    /// The bearer's session.
    pub session: SessionId,
    /// The bearer.
    pub user: UserId,
    /// What the code is for.
    pub purpose: otp::Purpose,
    /// Where it goes.
    pub phone: &'a Phone,
    /// Its keyed hashes.
    pub keys: &'a PhoneKeys,
}

/// Starts a verification; an earlier one for the purpose is void.
///
/// # Errors
/// As for any statement.
pub async fn start(
    database: &Database,
    now: Timestamp,
    start: Start<'_>,
    code: NewCode<'_>,
    limits: &SmsLimits,
    origin: &EventOrigin,
) -> Result<Sent, Error> {
    let parameters = parameters![
        now,
        start.session,
        start.user,
        start.purpose.name(),
        start.phone.expose(),
        start.keys.phone.as_str(),
        start.keys.country.as_str(),
        code.verification,
        code.code,
        code.code_expires,
        code.expires,
        limits.address_key.as_str(),
        limits.max.clone(),
        limits.seconds.clone(),
        origin.id,
        origin.ip(),
    ];
    let sql = "select outcome, wait, phone, language \
               from otp_start($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    sent(database.row(sql, parameters).await?)
}

fn sent(mut row: crate::value::Row) -> Result<Sent, Error> {
    let (outcome, wait) = (row.take::<String>()?, row.take::<Option<i32>>()?.unwrap_or(1));
    let (phone, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    match outcome.as_str() {
        "expired" => Ok(Sent::Expired),
        "unauthenticated" => Ok(Sent::Unauthenticated),
        "recent" => Ok(Sent::Recent),
        "blocked" => Ok(Sent::Blocked),
        "locked" => Ok(Sent::Locked(wait)),
        "rate" => Ok(Sent::Rate(wait)),
        "decoy" => Ok(Sent::Decoy),
        "sent" => {
            let phone = phone.as_deref().and_then(|phone| Phone::parse(phone).ok()).ok_or(Error::Decode)?;
            Ok(Sent::Sent(phone, language.as_deref().and_then(Language::from_tag).unwrap_or_default()))
        }
        _ => Err(Error::Decode),
    }
}
