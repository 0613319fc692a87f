//! Passwords of accounts that exist.

use domain::{Email, Language, SessionId, UserId, limits::Limit};
use jiff::Timestamp;

use super::{email::NewToken, events::EventOrigin, parameters, sessions::Owner};
use crate::{Database, Error, value::Row};

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
    let parameters = parameters![now, session, user, format!("{}:{key}", limit.name), limit.max, limit.seconds];
    let mut row =
        database.row("select outcome, wait, password_hash, email from password_read($1, $2, $3, $4, $5, $6)", parameters).await?;
    let (outcome, wait) = (row.take::<String>()?, row.take::<Option<i32>>()?);
    match outcome.as_str() {
        "unauthenticated" => Ok(Read::Unauthenticated),
        "rate" => Ok(Read::Rate(wait.unwrap_or(1))),
        "read" => {
            let hash = row.take()?;
            let email: Option<String> = row.take()?;
            Ok(Read::Stored(hash, email.and_then(|email| Email::parse(&email).ok()).ok_or(Error::Decode)?))
        }
        _ => Err(Error::Decode),
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
    let parameters = parameters![now, session, user, seen, hash, origin.id, origin.ip()];
    let mut row =
        database.row("select outcome, email, language from password_set($1, $2, $3, $4, $5, $6, $7)", parameters).await?;
    let outcome: String = row.take()?;
    match outcome.as_str() {
        "unauthenticated" => Ok(Set::Unauthenticated),
        "recent" => Ok(Set::Recent),
        "changed-meanwhile" => Ok(Set::ChangedMeanwhile),
        "set" => owner(&mut row).map(Set::Done),
        _ => Err(Error::Decode),
    }
}

/// Notes that a session that is signed in gave a wrong password.
///
/// # Errors
/// As for any statement.
pub async fn failed(database: &Database, now: Timestamp, user: UserId, origin: &EventOrigin) -> Result<(), Error> {
    let parameters = parameters![now, user, origin.id, origin.ip()];
    database.row("select password_failed($1, $2, $3, $4)::text", parameters).await.map(|_| ())
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
    let parameters = parameters![
        now,
        email.expose(),
        address.1,
        address.0.max,
        address.0.seconds,
        mail.1,
        mail.0.max,
        mail.0.seconds,
        token.stored,
        token.expires,
        origin.id,
        origin.ip(),
    ];
    let sql = "select wait, language from password_forgot($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let mut row = database.row(sql, parameters).await?;
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
    let mut row = database.row("select password_reset_email($1, $2)", parameters![now, stored]).await?;
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
    let parameters = parameters![now, stored, hash, origin.id, origin.ip()];
    let mut row =
        database.row("select outcome, email, language, stripped from password_reset($1, $2, $3, $4, $5)", parameters).await?;
    match row.take::<String>()?.as_str() {
        "expired" => Ok(None),
        "reset" => {
            let owner = owner(&mut row)?;
            Ok(Some((owner, row.take::<Option<bool>>()?.unwrap_or(false))))
        }
        _ => Err(Error::Decode),
    }
}

fn owner(row: &mut Row) -> Result<Owner, Error> {
    let (email, language) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    Ok(Owner {
        email: email.and_then(|email| Email::parse(&email).ok()).ok_or(Error::Decode)?,
        language: language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
    })
}
