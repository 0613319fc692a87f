//! What operators do with candidacies, requests to support and the waitlist. Each change is one function of the database, which no
//! component may call.

use anyhow::{Context as _, bail};
pub use domain::contact::Interest;
use domain::contact::{FormText, MESSAGE_MAX_CHARS};
use domain::generation::ContentKind;
use domain::{GenerationId, UserId};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::{Client, Row};
use uuid::Uuid;
use vault::{Envelope, MasterKeys, UserSalt};
use zeroize::Zeroizing;

use crate::operator::{utc, uuid_v7};

/// A candidacy for the beta test, as an operator reads it.
#[derive(Clone, Debug)]
pub struct Candidacy {
    /// Its id.
    pub id: Uuid,
    /// `open`, `accepted` or `declined`.
    pub status: String,
    /// Each answer under its name, in the order of the form.
    pub answers: Vec<(&'static str, String)>,
}

const ANSWERS: [&str; 8] = ["email", "country", "profile", "tools", "visuals", "frequency", "motivation", "language"];

/// Confirmed candidacies of people who want to take part, oldest first; those of a status, or all.
///
/// # Errors
/// Of the database.
pub async fn candidacies(client: &Client, status: Option<&str>) -> anyhow::Result<Vec<Candidacy>> {
    let sql = "select id, status, email, country, profile, tools, visuals, frequency, motivation, language from beta_candidacies
               where confirmed_at is not null and participation_at is not null and ($1::text is null or status = $1)
               order by created_at, id";
    let rows = client.query(sql, &[&status]).await?;
    let candidacy = |row: &Row| Candidacy {
        id: row.get(0),
        status: row.get(1),
        answers: ANSWERS.iter().filter_map(|name| Some((*name, row.get::<_, Option<String>>(*name)?))).collect(),
    };
    Ok(rows.iter().map(candidacy).collect())
}

/// Accepts or declines a candidacy; the candidate is told by mail with the next run of the lifecycle job.
///
/// # Errors
/// There is no such candidacy, it was not confirmed, or the person does not want to take part any more.
pub async fn decide(client: &Client, now: Timestamp, id: Uuid, accepted: bool, by: &str) -> anyhow::Result<()> {
    let sql = "select beta_decide($1::text::timestamp, $2, $3, $4, $5)";
    let outcome: String = client.query_one(sql, &[&utc(now), &id, &accepted, &by, &uuid_v7(now)?]).await?.get(0);
    match outcome.as_str() {
        "decided" => Ok(()),
        "unconfirmed" => bail!("the owner of the address has not confirmed this candidacy"),
        "withdrawn" => bail!("this person does not want to take part any more"),
        _ => bail!("there is no such candidacy"),
    }
}

/// A request to support without its texts.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub user: Uuid,
    /// When it was made, as PostgreSQL writes it.
    pub created_at: String,
    /// `open`, `answered` or `closed`.
    pub status: String,
}

/// Requests that are not closed, or all of them, oldest first.
///
/// # Errors
/// Of the database.
pub async fn requests(client: &Client, closed_too: bool) -> anyhow::Result<Vec<Request>> {
    let sql = "select id, user_id, created_at::text,
                   case when closed_at is not null then 'closed' when answered_at is not null then 'answered' else 'open' end
               from support_requests where $1 or closed_at is null order by created_at, id";
    let rows = client.query(sql, &[&closed_too]).await?;
    let request = |row: &Row| Request { id: row.get(0), user: row.get(1), created_at: row.get(2), status: row.get(3) };
    Ok(rows.iter().map(request).collect())
}

/// A message of a request, decrypted.
pub struct Message {
    /// `user` or `support`.
    pub author: String,
    /// When it was written, as PostgreSQL writes it.
    pub written_at: String,
    /// `{subject?, message}`.
    pub text: Value,
}

/// A request's messages, oldest first.
///
/// # Errors
/// There is no such request, or a message does not open.
pub async fn messages(client: &Client, masters: &MasterKeys, request: Uuid) -> anyhow::Result<Vec<Message>> {
    let sql = "select m.id, m.author, m.created_at::text, m.envelope, r.user_id, k.salt
               from support_requests r join support_messages m on m.request_id = r.id join user_keys k on k.user_id = r.user_id
               where r.id = $1 order by m.created_at, m.id";
    let mut messages = Vec::new();
    for row in client.query(sql, &[&request]).await? {
        let (id, author): (Uuid, String) = (row.get(0), row.get(1));
        let kind = if author == "user" { ContentKind::SupportRequest } else { ContentKind::SupportAnswer };
        let salt = salt(&row, 5)?;
        let envelope = Envelope::from_bytes(row.get(3));
        let user = UserId::from(row.get::<_, Uuid>(4));
        let plain = masters.for_user(user, &salt).open(GenerationId::from(id), kind, &envelope)?;
        messages.push(Message { author, written_at: row.get(2), text: serde_json::from_slice(&plain)? });
    }
    anyhow::ensure!(!messages.is_empty(), "there is no such request");
    Ok(messages)
}

fn salt(row: &Row, column: usize) -> anyhow::Result<UserSalt> {
    let bytes = Zeroizing::new(row.get::<_, Vec<u8>>(column));
    UserSalt::from_bytes(&bytes).context("a salt in the database has not 32 bytes")
}

/// Answers a request, encrypted under the person's own key, and closes it where that is wanted.
///
/// # Errors
/// There is no such request, or the text is too long.
pub async fn answer(
    client: &Client,
    masters: &MasterKeys,
    now: Timestamp,
    request: Uuid,
    text: &str,
    close: bool,
) -> anyhow::Result<()> {
    FormText::new(text).lines(MESSAGE_MAX_CHARS)?;
    let sql = "select r.user_id, k.salt from support_requests r join user_keys k on k.user_id = r.user_id where r.id = $1";
    let Some(row) = client.query_opt(sql, &[&request]).await? else { bail!("there is no such request") };
    let (user, salt, message) = (UserId::from(row.get::<_, Uuid>(0)), salt(&row, 1)?, uuid_v7(now)?);
    let plain = json!({ "message": text }).to_string();
    let sealed = masters.for_user(user, &salt).seal(GenerationId::from(message), ContentKind::SupportAnswer, plain.as_bytes())?;
    let sql = "select support_answer($1::text::timestamp, $2, $3, $4, $5, $6)";
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&utc(now), &request, &message, &sealed.into_bytes(), &close, &uuid_v7(now)?];
    let found: bool = client.query_one(sql, &parameters).await?.get(0);
    if found { Ok(()) } else { bail!("there is no such request") }
}

/// An announcement's subject and text in one language.
#[derive(Clone, Debug)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// Plain text. The links that unsubscribe are added to it.
    pub text: String,
}

/// Puts an announcement in the queue for those on the waitlist with an interest, or all; how many mails now wait for the lifecycle job.
///
/// # Errors
/// A text is empty, or the database refuses.
pub async fn announce(
    client: &Client,
    now: Timestamp,
    interest: Option<Interest>,
    [english, french]: [&Text; 2],
    by: &str,
) -> anyhow::Result<i32> {
    for text in [english, french] {
        FormText::new(&text.subject).line(200)?;
        FormText::new(&text.text).lines(20_000)?;
    }
    let texts = json!({
        "en": { "subject": english.subject, "text": english.text },
        "fr": { "subject": french.subject, "text": french.text },
    });
    let sql = "select announcement_make($1::text::timestamp, $2, $3, $4, $5)";
    let interest = interest.map(Interest::name);
    Ok(client.query_one(sql, &[&utc(now), &uuid_v7(now)?, &interest, &texts, &by]).await?.get(0))
}
