//! The waitlist (promise a01).

use domain::{Email, Language, contact::Interest, limits::Limit};
use jiff::Timestamp;
use uuid::Uuid;

use super::limits::limit_lists;
use crate::{Database, Error, statement::statements, value::Row};

statements! {
    WaitlistAsk<'a> for [Contact]:
        "select api.waitlist_ask" => (
            now: Timestamp, id: Uuid, email: &'a str, interest: &'a str, language: &'a str, consent_version: &'a str,
            expires: Timestamp, keys: Vec<String>, max: Vec<i32>, seconds: Vec<i32>
        );
    WaitlistConfirm for [Contact]:
        "select id, email, interest, language from api.waitlist_confirm" => (now: Timestamp, id: Uuid);
    WaitlistLeave for [Contact]:
        "select api.waitlist_leave" => (id: Uuid);
}

/// A wish to be on the list, as it is stored until the address's owner confirms it.
pub struct Wish<'a> {
    /// Stands for it in the link that confirms.
    pub id: Uuid,
    /// Normalised.
    pub email: &'a Email,
    /// What they want to hear about.
    pub interest: Interest,
    /// Of the page.
    pub language: Language,
    /// Of the text they agreed to.
    pub consent_version: &'a str,
    /// When it ends unconfirmed.
    pub expires: Timestamp,
}

/// Somebody on the list.
pub struct Entry {
    /// Stands for them in the link that unsubscribes.
    pub id: Uuid,
    /// Where to write to.
    pub email: String,
    /// What they want to hear about.
    pub interest: Interest,
    /// To write in.
    pub language: Language,
}

/// Keeps a wish; the seconds to wait, 0 where it was kept. Whether the address is on the list makes no difference.
///
/// # Errors
/// As for any statement.
pub async fn ask(database: &Database, now: Timestamp, wish: Wish<'_>, limits: &[(Limit, &str)]) -> Result<i32, Error> {
    let (keys, max, seconds) = limit_lists(limits);
    database
        .row(WaitlistAsk {
            now,
            id: wish.id,
            email: wish.email.expose(),
            interest: wish.interest.name(),
            language: wish.language.tag(),
            consent_version: wish.consent_version,
            expires: wish.expires,
            keys,
            max,
            seconds,
        })
        .await?
        .take()
}

/// Puts a confirmed wish on the list; `None` where it is unknown, used, replaced or too old.
///
/// # Errors
/// As for any statement.
pub async fn confirm(database: &Database, now: Timestamp, id: Uuid) -> Result<Option<Entry>, Error> {
    database.rows(WaitlistConfirm { now, id }).await?.into_iter().next().map(entry).transpose()
}

fn entry(mut row: Row) -> Result<Entry, Error> {
    Ok(Entry {
        id: row.take()?,
        email: row.take()?,
        interest: Interest::from_name(&row.take::<String>()?).ok_or(Error::Decode)?,
        language: Language::from_tag(&row.take::<String>()?).unwrap_or_default(),
    })
}

/// Takes somebody off the list; whether they were on it.
///
/// # Errors
/// As for any statement.
pub async fn leave(database: &Database, id: Uuid) -> Result<bool, Error> {
    database.row(WaitlistLeave { id }).await?.take()
}
