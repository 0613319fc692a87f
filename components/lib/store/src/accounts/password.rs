//! Passwords of accounts that exist.

use domain::{Email, Language, SessionId, UserId, limits::Limit};
use jiff::Timestamp;
use uuid::Uuid;

use super::{email::NewToken, events::EventOrigin, sessions::Owner};
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Row,
};

statements! {
    PasswordRead for [Identity] returns { outcome: PasswordReadOutcome }:
        "select outcome, wait, password_hash, email from api.password_read" => (
            now: Timestamp, session: SessionId, user: UserId, key: String, max: i32, seconds: i32
        );
    PasswordSet<'a> for [Identity] returns { outcome: PasswordSetOutcome }:
        "select outcome, email, language from api.password_set" => (
            now: Timestamp, session: SessionId, user: UserId, seen: Option<&'a str>, hash: &'a str, event: Uuid,
            ip: Option<&'a str>
        );
    PasswordFailed<'a> for [Identity]:
        "select 1 from api.password_failed" => (now: Timestamp, user: UserId, event: Uuid, ip: Option<&'a str>);
    PasswordForgot<'a> for [Identity]:
        "select wait, language from api.password_forgot" => (
            now: Timestamp, email: &'a str, address_key: &'a str, max: i32, seconds: i32, mail_key: &'a str, mail_max: i32,
            mail_seconds: i32, token: &'a str, expires: Timestamp, event: Uuid, ip: Option<&'a str>
        );
    PasswordResetEmail<'a> for [Identity]:
        "select api.password_reset_email" => (now: Timestamp, token: &'a str);
    PasswordReset<'a> for [Identity] returns { outcome: PasswordResetOutcome }:
        "select outcome, email, language, stripped from api.password_reset" => (
            now: Timestamp, token: &'a str, hash: &'a str, event: Uuid, ip: Option<&'a str>
        );
}

names! {
    enum PasswordReadOutcome {
        Unauthenticated = "unauthenticated",
        Rate = "rate",
        Read = "read",
    }
}

names! {
    enum PasswordSetOutcome {
        Unauthenticated = "unauthenticated",
        Recent = "recent",
        ChangedMeanwhile = "changed-meanwhile",
        Set = "set",
    }
}

names! {
    enum PasswordResetOutcome {
        Expired = "expired",
        Reset = "reset",
    }
}

/// What is known before a password is looked at by a session that is signed in.
#[derive(Debug)]
pub enum Read {
    /// The session ended.
    Unauthenticated,
    /// Too many tries; seconds to wait.
    Rate(i32),
    /// The stored hash, if the account has one, and the account's email, which no password may be.
    Stored(Option<String>, Email),
}

/// Counts a try and reads the stored hash.
///
/// # Errors
/// As for any statement.
pub async fn read(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    (limit, key): (Limit, &str),
) -> Result<Read, Error> {
    let mut row = database
        .row(PasswordRead { now, session, user, key: format!("{}:{key}", limit.name), max: limit.max, seconds: limit.seconds })
        .await?;
    let (outcome, wait) = (row.take::<PasswordReadOutcome>()?, row.take::<Option<i32>>()?);
    match outcome {
        PasswordReadOutcome::Unauthenticated => Ok(Read::Unauthenticated),
        PasswordReadOutcome::Rate => Ok(Read::Rate(wait.unwrap_or(1))),
        PasswordReadOutcome::Read => {
            let hash = row.take()?;
            let email: Option<String> = row.take()?;
            Ok(Read::Stored(hash, email.and_then(|email| Email::parse(&email).ok()).ok_or(Error::Decode)?))
        }
    }
}

/// What became of a new password.
#[derive(Debug)]
pub enum Set {
    /// The session ended.
    Unauthenticated,
    /// A first password needs a session that is recent.
    Recent,
    /// Another one was set since the old one was looked at.
    ChangedMeanwhile,
    /// It is set; its owner is to be told.
    Done(Owner),
}

/// Sets a password in the place of the one `seen` (`None`: there is none) and ends the account's other sessions.
///
/// # Errors
/// As for any statement.
pub async fn set(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    seen: Option<&str>,
    hash: &str,
    origin: &EventOrigin,
) -> Result<Set, Error> {
    let mut row = database.row(PasswordSet { now, session, user, seen, hash, event: origin.id, ip: origin.ip() }).await?;
    let outcome: PasswordSetOutcome = row.take()?;
    match outcome {
        PasswordSetOutcome::Unauthenticated => Ok(Set::Unauthenticated),
        PasswordSetOutcome::Recent => Ok(Set::Recent),
        PasswordSetOutcome::ChangedMeanwhile => Ok(Set::ChangedMeanwhile),
        PasswordSetOutcome::Set => owner(&mut row).map(Set::Done),
    }
}

/// Notes that a session that is signed in gave a wrong password.
///
/// # Errors
/// As for any statement.
pub async fn failed(database: &Database, now: Timestamp, user: UserId, origin: &EventOrigin) -> Result<(), Error> {
    database.row(PasswordFailed { now, user, event: origin.id, ip: origin.ip() }).await.map(|_| ())
}

/// What became of a password that somebody says they forgot.
#[derive(Debug, PartialEq, Eq)]
pub enum Forgot {
    /// Too many from this address; seconds to wait.
    Rate(i32),
    /// The token is to be sent, in this language.
    Send(Language),
    /// Nothing is to be sent, and nobody may notice.
    Nothing,
}

/// Keeps a token for a new password where there is an account. `address` limits the caller, `mail` what one address receives.
///
/// # Errors
/// As for any statement.
pub async fn forgot(
    database: &Database,
    now: Timestamp,
    email: &Email,
    address: (Limit, &str),
    mail: (Limit, &str),
    token: &NewToken<'_>,
    origin: &EventOrigin,
) -> Result<Forgot, Error> {
    let mut row = database
        .row(PasswordForgot {
            now,
            email: email.expose(),
            address_key: address.1,
            max: address.0.max,
            seconds: address.0.seconds,
            mail_key: mail.1,
            mail_max: mail.0.max,
            mail_seconds: mail.0.seconds,
            token: token.stored,
            expires: token.expires,
            event: origin.id,
            ip: origin.ip(),
        })
        .await?;
    let (wait, language) = (row.take::<i32>()?, row.take::<Option<String>>()?);
    Ok(match (wait, language) {
        (1.., _) => Forgot::Rate(wait),
        (_, Some(language)) => Forgot::Send(Language::from_tag(&language).unwrap_or_default()),
        (_, None) => Forgot::Nothing,
    })
}

/// Whose token for a new password it is; `None` where it is unknown, used, replaced or too old. The token stays good.
///
/// # Errors
/// As for any statement.
pub async fn reset_email(database: &Database, now: Timestamp, stored: &str) -> Result<Option<Email>, Error> {
    let mut row = database.row(PasswordResetEmail { now, token: stored }).await?;
    let email: Option<String> = row.take()?;
    email.map(|email| Email::parse(&email).map_err(|_| Error::Decode)).transpose()
}

/// Sets a new password by the token of a mail; `None` where the token is unknown, used, replaced or too old. Whom to tell, and whether
/// the account lost what was there before its address was proved (promise a05).
///
/// # Errors
/// As for any statement.
pub async fn reset(
    database: &Database,
    now: Timestamp,
    stored: &str,
    hash: &str,
    origin: &EventOrigin,
) -> Result<Option<(Owner, bool)>, Error> {
    let mut row = database.row(PasswordReset { now, token: stored, hash, event: origin.id, ip: origin.ip() }).await?;
    match row.take::<PasswordResetOutcome>()? {
        PasswordResetOutcome::Expired => Ok(None),
        PasswordResetOutcome::Reset => {
            let owner = owner(&mut row)?;
            Ok(Some((owner, row.take::<Option<bool>>()?.unwrap_or(false))))
        }
    }
}

fn owner(row: &mut Row) -> Result<Owner, Error> {
    let (email, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    Ok(Owner {
        email: email.and_then(|email| Email::parse(&email).ok()).ok_or(Error::Decode)?,
        language: language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
    })
}
