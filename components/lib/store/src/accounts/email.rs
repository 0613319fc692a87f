//! Addresses that are proved by the token of a mail.

use domain::{Email, Language, SessionId, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use super::events::EventOrigin;
use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    EmailConfirm<'a> for [Identity] returns { outcome: EmailConfirmOutcome }:
        "select outcome, email, old_email, language from api.email_confirm" => (
            now: Timestamp, token: &'a str, session: Option<SessionId>, user: Option<UserId>, event: Uuid,
            ip: Option<&'a str>
        );
}

names! {
    enum EmailConfirmOutcome {
        Expired = "expired",
        Unauthenticated = "unauthenticated",
        Confirmed = "confirmed",
        Stripped = "stripped",
        Changed = "changed",
    }
}

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
    /// It changes the address of an account that the bearer is not signed in to; the token stays good.
    Unauthenticated,
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
    let mut row = database.row(EmailConfirm { now, token: stored, session, user, event: origin.id, ip: origin.ip() }).await?;
    let outcome: EmailConfirmOutcome = row.take()?;
    let (email, old) = (row.take::<Option<String>>()?, row.take::<Option<String>>()?);
    let language = row.take::<Option<String>>()?.as_deref().and_then(Language::from_tag).unwrap_or_default();
    let address = |text: Option<String>| text.and_then(|text| Email::parse(&text).ok()).ok_or(Error::Decode);
    match outcome {
        EmailConfirmOutcome::Expired => Ok(Confirmed::Expired),
        EmailConfirmOutcome::Unauthenticated => Ok(Confirmed::Unauthenticated),
        EmailConfirmOutcome::Confirmed => Ok(Confirmed::Confirmed),
        EmailConfirmOutcome::Stripped => Ok(Confirmed::Stripped(address(email)?, language)),
        EmailConfirmOutcome::Changed => Ok(Confirmed::Changed(address(old)?, language)),
    }
}
