//! Addresses that are proved by the token of a mail.

use domain::{Email, Language, SessionId, UserId};
use jiff::Timestamp;

use super::{events::EventOrigin, parameters};
use crate::{Database, Error};

/// A token that is about to be sent by email.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Keyed hash of it.
    pub stored: &'a str,
    /// When it ends.
    pub expires: Timestamp,
}

/// What became of a token that proves an address.
#[derive(Debug)]
pub enum Confirmed {
    /// Unknown, used, replaced or too old; or the address is somebody else's by now.
    Expired,
    /// The account's address is proved.
    Confirmed,
    /// It is proved, and the account lost what was there before (promise a05); its owner is to be told.
    Stripped(Email, Language),
    /// The account has its new address; the old one is to be told.
    Changed(Email, Language),
}

/// Proves an address; `bearer` is the session that the caller showed, if any.
///
/// # Errors
/// As for any statement.
pub async fn confirm(
    database: &Database,
    now: Timestamp,
    stored: &str,
    bearer: Option<(SessionId, UserId)>,
    origin: &EventOrigin,
) -> Result<Confirmed, Error> {
    let (session, user) = bearer.unzip();
    let parameters = parameters![now, stored, session, user, origin.id, origin.ip()];
    let sql = "select outcome, email, old_email, language from email_confirm($1, $2, $3, $4, $5, $6)";
    let mut row = database.row(sql, parameters).await?;
    let outcome: String = row.take()?;
    let (email, old) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    let language = row.take::<Option<String>>()?.as_deref().and_then(Language::from_tag).unwrap_or_default();
    let address = |text: Option<String>| text.and_then(|text| Email::parse(&text).ok()).ok_or(Error::Decode);
    match outcome.as_str() {
        "expired" => Ok(Confirmed::Expired),
        "confirmed" => Ok(Confirmed::Confirmed),
        "stripped" => Ok(Confirmed::Stripped(address(email)?, language)),
        "changed" => Ok(Confirmed::Changed(address(old)?, language)),
        _ => Err(Error::Decode),
    }
}
