//! `asknpic support …`: what operators do with requests to support. Each change is one function of the database, which no component may call.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
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

use crate::migrate::Database;
use crate::operator::{self, Access, utc, uuid_v7};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Support {
    /// Print the requests that are not closed, oldest first
    List(List),
    /// Print a request with its messages, decrypted
    Show(Show),
    /// Answer a request, encrypted under the person's own key; a mail says that there is an answer
    Answer(Answer),
}

/// Which requests
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Closed ones as well
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    access: Access,
}

/// Which request
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Its id
    id: Uuid,
    #[command(flatten)]
    access: Access,
}

/// What to answer
#[derive(Args, Debug)]
pub(crate) struct Answer {
    /// The request's id
    id: Uuid,
    /// File with the answer; `-` is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    text: PathBuf,
    /// Expect another message; without it the request is closed, and gone a year later
    #[arg(long)]
    keep_open: bool,
    #[command(flatten)]
    access: Access,
}

impl Support {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(List { all, access }) => {
                let client = access.connect(Database::Accounts).await?;
                let found = requests(&client, all).await?;
                let mut text = String::new();
                for request in &found {
                    writeln!(text, "{} {} {} account {}", request.id, request.created_at, request.status, request.user)?;
                }
                writeln!(text, "{} requests", found.len())?;
                Ok(print(&text)?)
            }
            Self::Show(Show { id, access }) => {
                let client = access.connect(Database::Accounts).await?;
                let mut text = String::new();
                for message in messages(&client, &access.masters()?, id).await? {
                    writeln!(text, "{} {}", message.written_at, message.author)?;
                    for part in ["subject", "message"].iter().filter_map(|name| message.text[name].as_str()) {
                        writeln!(text, "{part}\n")?;
                    }
                }
                Ok(print(&text)?)
            }
            Self::Answer(Answer { id, text, keep_open, access }) => {
                let text = operator::text(&text)?;
                let client = access.connect(Database::Accounts).await?;
                answer(&client, &access.masters()?, Timestamp::now(), id, &text, !keep_open).await?;
                Ok(print("answered: a mail goes out with the next run of the lifecycle job\n")?)
            }
        }
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
    let sql = "select api.support_answer($1::text::timestamp, $2, $3, $4, $5, $6)";
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&utc(now), &request, &message, &sealed.into_bytes(), &close, &uuid_v7(now)?];
    let found: bool = client.query_one(sql, &parameters).await?.get(0);
    if found { Ok(()) } else { bail!("there is no such request") }
}
