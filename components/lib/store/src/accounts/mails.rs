//! Mails that wait for the lifecycle job to send them.

use domain::Language;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Database, Error,
    statement::{names, statements},
    value::Json,
};

statements! {
    MailsClaim for [Lifecycle] returns { kind: MailKind }:
        "select id, kind, email, language, subject_id, accepted, texts, active_at, credits from api.mails_claim" => (
            now: Timestamp, until: Timestamp, batch: i32
        );
    MailDone for [Lifecycle]:
        "select api.mail_done" => (now: Timestamp, id: Uuid, sent: bool);
}

names! {
    /// What a mail that waits is about.
    pub enum MailKind {
        /// An announcement to the waitlist.
        Announcement = "announcement",
        /// A decision about a candidacy.
        BetaDecided = "beta-decided",
        /// An answer to a support request.
        SupportAnswered = "support-answered",
        /// The warning before an unused account is erased.
        Inactivity = "inactivity",
    }
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
pub async fn claim(database: &Database, now: Timestamp, until: Timestamp, batch: i32) -> Result<Vec<Mail>, Error> {
    let rows = database.rows(MailsClaim { now, until, batch }).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Mail {
                id: row.take()?,
                kind: row.take()?,
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
pub async fn done(database: &Database, now: Timestamp, id: Uuid, sent: bool) -> Result<(), Error> {
    database.rows(MailDone { now, id, sent }).await.map(|_| ())
}
