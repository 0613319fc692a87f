//! The waitlist (promise a01).

use domain::{Email, Language, contact::Interest, limits::Limit};
use jiff::Timestamp;
use uuid::Uuid;

use super::{limit_lists, parameters};
use crate::{Database, Error, value::Row};

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
    let parameters = parameters![
        now,
        wish.id,
        wish.email.expose(),
        wish.interest.name(),
        wish.language.tag(),
        wish.consent_version,
        wish.expires,
        keys,
        max,
        seconds,
    ];
    database.row("select waitlist_ask($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", parameters).await?.take()
}

/// Puts a confirmed wish on the list; `None` where it is unknown, used, replaced or too old.
///
/// # Errors
/// As for any statement.
pub async fn confirm(database: &Database, now: Timestamp, id: Uuid) -> Result<Option<Entry>, Error> {
    let sql = "select id, email, interest, language from waitlist_confirm($1, $2)";
    database.rows(sql, parameters![now, id]).await?.into_iter().next().map(entry).transpose()
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
    database.row("select waitlist_leave($1)", parameters![id]).await?.take()
}
