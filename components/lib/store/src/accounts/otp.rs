//! Codes by SMS: verify, resend, start.

use domain::{Email, Language, Phone, SessionId, UserId, otp};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    PhoneKeys, SmsLimits,
    email::NewToken,
    events::EventOrigin,
    sessions::{Holder, NewSession},
    signup::NewCode,
};
use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    OtpVerify<'a> for [Identity] returns { outcome: OtpVerifyOutcome }:
        "select outcome, attempts_left, wait, purpose, email, user_id, tenant_id, role, language from api.otp_verify" => (
            now: Timestamp, id: &'a str, code: &'a [u8], bearer: Option<SessionId>, session: SessionId, token: &'a [u8],
            token_expires: Timestamp, family_expires: Timestamp, max_failures: i32, lock_seconds: i32, max_lockouts: i32,
            email_token: &'a str, email_expires: Timestamp, event: Uuid, ip: Option<&'a str>
        );
    OtpResend<'a> for [Identity] returns { outcome: SentOutcome }:
        "select outcome, wait, phone, language from api.otp_resend" => (
            now: Timestamp, id: &'a str, code: &'a [u8], code_expires: Timestamp, address_key: &'a str, max: Vec<i32>,
            seconds: Vec<i32>, max_lockouts: i32, event: Uuid, ip: Option<&'a str>
        );
    OtpStart<'a> for [Identity] returns { outcome: SentOutcome }:
        "select outcome, wait, phone, language from api.otp_start" => (
            now: Timestamp, session: SessionId, user: UserId, purpose: &'a str, phone: &'a str, phone_key: &'a str,
            country_key: &'a str, id: &'a str, code: &'a [u8], code_expires: Timestamp, expires: Timestamp,
            address_key: &'a str, max: Vec<i32>, seconds: Vec<i32>, event: Uuid, ip: Option<&'a str>
        );
}

names! {
    enum SentOutcome {
        Expired = "expired",
        Unauthenticated = "unauthenticated",
        Recent = "recent",
        Blocked = "blocked",
        Locked = "locked",
        Rate = "rate",
        Sent = "sent",
        Decoy = "decoy",
    }
}

names! {
    enum OtpVerifyOutcome {
        Expired = "expired",
        Unauthenticated = "unauthenticated",
        Blocked = "blocked",
        Locked = "locked",
        Invalid = "invalid",
        Verified = "verified",
    }
}

/// What became of a code that was typed.
#[derive(Debug)]
pub enum Verified {
    /// The verification is unknown, used, replaced, or its code too old.
    Expired,
    /// The bearer's session has ended, or another one asked for it.
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
    let mut row = database
        .row(OtpVerify {
            now,
            id: verification,
            code,
            bearer,
            session: session.id,
            token: session.token,
            token_expires: session.token_expires,
            family_expires: session.family_expires,
            max_failures: otp::MAX_FAILURES,
            lock_seconds: i32::try_from(otp::LOCK_SECONDS).unwrap_or(i32::MAX),
            max_lockouts: otp::MAX_LOCKOUTS,
            email_token: token.stored,
            email_expires: token.expires,
            event: origin.id,
            ip: origin.ip(),
        })
        .await?;
    let outcome: OtpVerifyOutcome = row.take()?;
    let (left, wait, purpose) = (row.take::<Option<i32>>()?, row.take::<Option<i32>>()?, row.take::<Option<String>>()?);
    let email = row.take::<Option<String>>()?.and_then(|email| Email::parse(&email).ok());
    match outcome {
        OtpVerifyOutcome::Expired => Ok(Verified::Expired),
        OtpVerifyOutcome::Unauthenticated => Ok(Verified::Unauthenticated),
        OtpVerifyOutcome::Blocked => Ok(Verified::Blocked),
        OtpVerifyOutcome::Locked => Ok(Verified::Locked(wait.unwrap_or(1))),
        OtpVerifyOutcome::Invalid => Ok(Verified::Invalid(left.unwrap_or(0))),
        OtpVerifyOutcome::Verified if purpose.as_deref() == Some(otp::Purpose::Signup.name()) => {
            Holder::take(&mut row, true).map(|holder| Verified::SignedIn(holder, email))
        }
        OtpVerifyOutcome::Verified => Ok(Verified::Confirmed),
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
    sent(
        database
            .row(OtpResend {
                now,
                id: verification,
                code,
                code_expires,
                address_key: limits.address_key.as_str(),
                max: limits.max.clone(),
                seconds: limits.seconds.clone(),
                max_lockouts: otp::MAX_LOCKOUTS,
                event: origin.id,
                ip: origin.ip(),
            })
            .await?,
    )
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
    sent(
        database
            .row(OtpStart {
                now,
                session: start.session,
                user: start.user,
                purpose: start.purpose.name(),
                phone: start.phone.expose(),
                phone_key: start.keys.phone.as_str(),
                country_key: start.keys.country.as_str(),
                id: code.verification,
                code: code.code,
                code_expires: code.code_expires,
                expires: code.expires,
                address_key: limits.address_key.as_str(),
                max: limits.max.clone(),
                seconds: limits.seconds.clone(),
                event: origin.id,
                ip: origin.ip(),
            })
            .await?,
    )
}

fn sent(mut row: crate::value::Row) -> Result<Sent, Error> {
    let (outcome, wait) = (row.take::<SentOutcome>()?, row.take::<Option<i32>>()?.unwrap_or(1));
    let (phone, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    match outcome {
        SentOutcome::Expired => Ok(Sent::Expired),
        SentOutcome::Unauthenticated => Ok(Sent::Unauthenticated),
        SentOutcome::Recent => Ok(Sent::Recent),
        SentOutcome::Blocked => Ok(Sent::Blocked),
        SentOutcome::Locked => Ok(Sent::Locked(wait)),
        SentOutcome::Rate => Ok(Sent::Rate(wait)),
        SentOutcome::Decoy => Ok(Sent::Decoy),
        SentOutcome::Sent => {
            let phone = phone.as_deref().and_then(|phone| Phone::parse(phone).ok()).ok_or(Error::Decode)?;
            Ok(Sent::Sent(phone, language.as_deref().and_then(Language::from_tag).unwrap_or_default()))
        }
    }
}
