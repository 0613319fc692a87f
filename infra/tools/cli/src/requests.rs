//! `asknpic requests …`: the register of exercised rights (promise a70), for operators: what is open, and until when it has to be answered.

use clap::{Args, Subcommand, ValueEnum};
use domain::rights::{ANSWER_SECONDS, EXTENSION_SECONDS};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

/// The register of exercised rights
#[derive(Debug, Subcommand)]
pub(crate) enum Requests {
    /// List open requests with the days that are left
    List(List),
    /// Enter a request that came by email, of a person whose identity you have checked
    Add(Add),
    /// Note that a request was answered
    Answer(One),
    /// Note that the person was told of a delay: two more months
    Extend(One),
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// The answered ones too
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Args, Debug)]
pub(crate) struct Add {
    /// Which right
    #[arg(value_enum)]
    kind: Kind,
    /// The person's user id
    user: Uuid,
    #[command(flatten)]
    access: Access,
}

#[derive(Args, Debug)]
pub(crate) struct One {
    /// The request's id
    id: Uuid,
    #[command(flatten)]
    access: Access,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Access,
    Rectification,
    Erasure,
    Restriction,
    Portability,
    Objection,
    ConsentWithdrawal,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Rectification => "rectification",
            Self::Erasure => "erasure",
            Self::Restriction => "restriction",
            Self::Portability => "portability",
            Self::Objection => "objection",
            Self::ConsentWithdrawal => "consent-withdrawal",
        }
    }
}

impl Requests {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let now = Timestamp::now();
        match self {
            Self::List(List { all, json, access }) => {
                let requests = list(&access.connect(Database::Accounts).await?, now, all).await?;
                let text = if json { serde_json::to_string_pretty(&requests)? + "\n" } else { table(&requests) };
                print(&text)?;
            }
            Self::Add(Add { kind, user, access }) => {
                let id = add(&access.connect(Database::Accounts).await?, now, user, kind.name()).await?;
                print(&format!("{}\n", id.ok_or_else(|| anyhow::anyhow!("there is no account {user}"))?))?;
            }
            Self::Answer(One { id, access }) => {
                let done = answer(&access.connect(Database::Accounts).await?, now, id).await?;
                anyhow::ensure!(done, "there is no open request {id}");
            }
            Self::Extend(One { id, access }) => {
                let done = extend(&access.connect(Database::Accounts).await?, now, id).await?;
                anyhow::ensure!(done, "there is no open request {id} that was not extended yet");
            }
        }
        Ok(())
    }
}

fn table(requests: &[Request]) -> String {
    let line = |request: &Request| {
        let left = match request.days_left {
            None => "answered".to_owned(),
            Some(days) if days < 0 => format!("{} days overdue", -days),
            Some(days) => format!("{days} days left"),
        };
        let user = request.user.as_deref().unwrap_or("-");
        format!("{}  {left:<16} {:<18} {:<8} {}  user {user}\n", request.id, request.kind, request.channel, request.received_at)
    };
    if requests.is_empty() { "no open request\n".to_owned() } else { requests.iter().map(line).collect() }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// Who asked, as an id; nobody once the account is closed.
    pub user: Option<String>,
    /// Which right.
    pub kind: String,
    /// `account` or `email`.
    pub channel: String,
    /// When it was asked for.
    pub received_at: String,
    /// Until when it has to be answered.
    pub due_at: String,
    /// When notice of a delay was given.
    pub extended_at: Option<String>,
    /// When it was answered.
    pub answered_at: Option<String>,
    /// Whole days left; negative: overdue. None where it is answered.
    pub days_left: Option<i64>,
}

/// The requests, those first whose time ends first; `all`: the answered ones too.
///
/// # Errors
/// Of the server.
pub async fn list(accounts: &Client, now: Timestamp, all: bool) -> Result<Vec<Request>, Error> {
    let sql =
        "select id::text, user_id::text, kind, channel, api.instant(received_at), api.instant(due_at), api.instant(extended_at),
                   api.instant(answered_at),
                   case when answered_at is null then floor(extract(epoch from due_at - $1::text::timestamp) / 86400)::bigint end
               from requests where $2 or answered_at is null order by answered_at is not null, due_at, id";
    let rows = accounts.query(sql, &[&stamp(now), &all]).await?;
    Ok(rows
        .iter()
        .map(|row| Request {
            id: row.get(0),
            user: row.get(1),
            kind: row.get(2),
            channel: row.get(3),
            received_at: row.get(4),
            due_at: row.get(5),
            extended_at: row.get(6),
            answered_at: row.get(7),
            days_left: row.get(8),
        })
        .collect())
}

/// Enters a request that came by email, of a person whose identity was checked; its id. `None` where there is no such account.
///
/// # Errors
/// Of the server: a kind that is none.
pub async fn add(accounts: &Client, now: Timestamp, user: Uuid, kind: &str) -> Result<Option<Uuid>, Error> {
    let id = Uuid::now_v7();
    let sql = "select api.request_add($1::text::timestamp, $2::text::uuid, $3::text::uuid, $4, $5::text::timestamp)";
    let due = stamp(later(now, ANSWER_SECONDS));
    let row = accounts.query_one(sql, &[&stamp(now), &id.to_string(), &user.to_string(), &kind, &due]).await?;
    Ok(row.get::<_, bool>(0).then_some(id))
}

/// Answers a request; false where it is unknown or answered already.
///
/// # Errors
/// Of the server.
pub async fn answer(accounts: &Client, now: Timestamp, id: Uuid) -> Result<bool, Error> {
    let sql = "select api.request_answer($1::text::timestamp, $2::text::uuid)";
    Ok(accounts.query_one(sql, &[&stamp(now), &id.to_string()]).await?.get(0))
}

/// Notes that the person was told of a delay: two more months, once. False where that cannot be.
///
/// # Errors
/// Of the server.
pub async fn extend(accounts: &Client, now: Timestamp, id: Uuid) -> Result<bool, Error> {
    let more = i32::try_from(EXTENSION_SECONDS).unwrap_or(i32::MAX);
    let sql = "select api.request_extend($1::text::timestamp, $2::text::uuid, $3)";
    Ok(accounts.query_one(sql, &[&stamp(now), &id.to_string(), &more]).await?.get(0))
}

pub(crate) fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// As PostgreSQL reads a `timestamp`.
pub(crate) fn stamp(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).datetime().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_without_a_zone() {
        let time: Timestamp = "2026-11-21T08:00:00.5+01:00".parse().expect("a time");
        assert_eq!(stamp(time), "2026-11-21T07:00:00.5");
    }

    #[test]
    fn the_table_says_how_many_days_are_left() {
        let request = |days_left| Request {
            id: "1".to_owned(),
            user: None,
            kind: "access".to_owned(),
            channel: "email".to_owned(),
            received_at: "t".to_owned(),
            due_at: "t".to_owned(),
            extended_at: None,
            answered_at: None,
            days_left,
        };
        let text = table(&[request(Some(12)), request(Some(-3)), request(None)]);
        assert!(text.contains("12 days left") && text.contains("3 days overdue") && text.contains("answered"), "{text}");
        assert_eq!(table(&[]), "no open request\n");
    }
}
