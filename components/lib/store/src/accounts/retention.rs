//! Retention by the table of `domain::retention`, inactivity and waiting mails: one bounded batch each.

use domain::{GenerationId, Language, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use super::parameters;
use crate::{Database, Error, value::Json};

/// A page of generations with content.
#[derive(Debug, Default)]
pub struct ContentPage {
    /// Those whose content is due.
    pub due: Vec<GenerationId>,
    /// The last one of the page, due or not; `None` where the page is empty.
    pub last: Option<GenerationId>,
}

/// The next `limit` generations with content after the given one (promises a41, a48). After a downgrade of by then nothing is kept for an
/// upgrade any more.
///
/// # Errors
/// As for any statement.
pub async fn content_due(
    database: &Database,
    now: Timestamp,
    downgraded_by: Timestamp,
    after: Option<GenerationId>,
    limit: i32,
) -> Result<ContentPage, Error> {
    let sql = "select id, due from content_due($1, $2, $3, $4)";
    let mut page = ContentPage::default();
    for mut row in database.rows(sql, parameters![now, downgraded_by, after, limit]).await? {
        let id = row.take_id()?;
        if row.take()? {
            page.due.push(id);
        }
        page.last = Some(id);
    }
    Ok(page)
}

/// Notes that the content of these is gone; of how many.
///
/// # Errors
/// As for any statement.
pub async fn content_expired(database: &Database, now: Timestamp, ids: &[GenerationId]) -> Result<i64, Error> {
    let sql = "select content_expired($1, $2::text[]::uuid[])";
    database.row(sql, parameters![now, ids]).await?.take::<i32>().map(i64::from)
}

/// Warns accounts that were last active by then (promise a48): the mail waits in the same statement. How many.
///
/// # Errors
/// As for any statement.
pub async fn warn_inactive(database: &Database, now: Timestamp, active_by: Timestamp, batch: i32) -> Result<i64, Error> {
    let sql = "select inactivity_warn($1, $2, $3)";
    database.row(sql, parameters![now, active_by, batch]).await?.take::<i32>().map(i64::from)
}

/// Accounts that were last active, and warned, by these times, and not active since.
///
/// # Errors
/// As for any statement.
pub async fn inactive(database: &Database, [active_by, warned_by]: [Timestamp; 2], batch: i32) -> Result<Vec<UserId>, Error> {
    let sql = "select user_id from inactivity_due($1, $2, $3)";
    let rows = database.rows(sql, parameters![active_by, warned_by, batch]).await?;
    rows.into_iter().map(|mut row| row.take_id()).collect()
}

/// The times of an erasure that nobody asked for.
pub struct Closing {
    /// The erasure's id.
    pub id: Uuid,
    /// Until when it must be answered.
    pub due: Timestamp,
    /// When the last backup that holds the salt ends (promise a62).
    pub backups_expire: Timestamp,
    /// When the content steps are done once more.
    pub again: Timestamp,
}

/// Closes an inactive account through the journal of erasures, unless its person came back; whether it was closed.
///
/// # Errors
/// As for any statement.
pub async fn close_inactive(
    database: &Database,
    now: Timestamp,
    [active_by, warned_by]: [Timestamp; 2],
    user: UserId,
    closing: &Closing,
) -> Result<bool, Error> {
    let Closing { id, due, backups_expire, again } = *closing;
    let sql = "select inactivity_close($1, $2, $3, $4, $5, $6, $7, $8)";
    database.row(sql, parameters![now, active_by, warned_by, user, id, due, backups_expire, again]).await?.take()
}

/// What a mail that waits is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// An announcement to the waitlist.
    Announcement,
    /// A decision about a candidacy.
    BetaDecided,
    /// An answer to a support request.
    SupportAnswered,
    /// The warning before an unused account is erased.
    Inactivity,
}

/// A mail that waits.
pub struct Mail {
    /// Its id.
    pub id: Uuid,
    /// What it is about.
    pub kind: MailKind,
    /// Where it goes.
    pub email: String,
    /// To be written in.
    pub language: Language,
    /// Of the user, of the entry of the waitlist, or of the candidacy.
    pub subject: Uuid,
    /// Of a decision: whether the candidate was accepted.
    pub accepted: bool,
    /// Of an announcement: `{"en": {"subject", "text"}, "fr": {…}}`.
    pub texts: Vec<u8>,
    /// When the user was last active.
    pub active_at: Option<Timestamp>,
    /// The user's unspent credits in tokens.
    pub credits: i64,
}

/// Takes some of the mails that wait until then, so that no other host sends them too.
///
/// # Errors
/// As for any statement.
pub async fn claim_mails(database: &Database, now: Timestamp, until: Timestamp, batch: i32) -> Result<Vec<Mail>, Error> {
    let sql = "select id, kind, email, language, subject_id, accepted, texts, active_at, credits from mails_claim($1, $2, $3)";
    let rows = database.rows(sql, parameters![now, until, batch]).await?;
    rows.into_iter()
        .map(|mut row| {
            let id = row.take()?;
            let kind = match row.take::<String>()?.as_str() {
                "announcement" => MailKind::Announcement,
                "beta-decided" => MailKind::BetaDecided,
                "support-answered" => MailKind::SupportAnswered,
                "inactivity" => MailKind::Inactivity,
                _ => return Err(Error::Decode),
            };
            Ok(Mail {
                id,
                kind,
                email: row.take()?,
                language: Language::from_tag(&row.take::<String>()?).unwrap_or_default(),
                subject: row.take()?,
                accepted: row.take::<Option<bool>>()?.unwrap_or_default(),
                texts: row.take::<Option<Json>>()?.map(|json| json.0).unwrap_or_default(),
                active_at: row.take()?,
                credits: row.take()?,
            })
        })
        .collect()
}

/// Forgets a mail that was sent, or never will be.
///
/// # Errors
/// As for any statement.
pub async fn mail_done(database: &Database, now: Timestamp, id: Uuid, sent: bool) -> Result<(), Error> {
    database.rows("select mail_done($1, $2, $3)", parameters![now, id, sent]).await.map(|_| ())
}

/// Notes what the last run of each rule did, for the operator's report.
///
/// # Errors
/// As for any statement.
pub async fn ran(database: &Database, now: Timestamp, counts: &[(&str, i64)]) -> Result<(), Error> {
    let rules: Vec<String> = counts.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    let rows: Vec<String> = counts.iter().map(|(_, rows)| rows.to_string()).collect();
    database.rows("select sweeps_ran($1, $2, $3)", parameters![now, rules, rows]).await.map(|_| ())
}
