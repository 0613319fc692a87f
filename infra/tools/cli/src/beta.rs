//! `asknpic beta …`: what operators do with candidacies for the beta test. Each change is one function of the database, which no component may
//! call.

use std::fmt::Write as _;

use anyhow::bail;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::migrate::Database;
use crate::operator::{Access, name_of, utc, uuid_v7};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Beta {
    /// Print confirmed candidacies, oldest first
    List(List),
    /// Take a candidate into the beta test; a mail says so
    Accept(Decision),
    /// Turn a candidate down; a mail says so
    Decline(Decision),
}

/// Which candidacies
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Those decided about as well
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    access: Access,
}

/// About whom
#[derive(Args, Debug)]
pub(crate) struct Decision {
    /// The candidacy's id, as `list` prints it
    id: Uuid,
    /// Who decides; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

impl Beta {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(List { all, access }) => {
                let client = access.connect(Database::Accounts).await?;
                let found = candidacies(&client, (!all).then_some("open")).await?;
                let mut text = String::new();
                for candidacy in &found {
                    writeln!(text, "{} {}", candidacy.id, candidacy.status)?;
                    for (name, answer) in &candidacy.answers {
                        writeln!(text, "  {name}: {}", answer.replace('\n', "\n    "))?;
                    }
                }
                writeln!(text, "{} candidacies", found.len())?;
                Ok(print(&text)?)
            }
            Self::Accept(decision) => decision.take(true).await,
            Self::Decline(decision) => decision.take(false).await,
        }
    }
}

impl Decision {
    async fn take(self, accepted: bool) -> anyhow::Result<()> {
        let client = self.access.connect(Database::Accounts).await?;
        decide(&client, Timestamp::now(), self.id, accepted, &name_of(self.by)?).await?;
        Ok(print(&format!(
            "{}: a mail goes out with the next run of the lifecycle job\n",
            if accepted { "accepted" } else { "declined" }
        ))?)
    }
}

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
    let sql = "select api.beta_decide($1::text::timestamp, $2, $3, $4, $5)";
    let outcome: String = client.query_one(sql, &[&utc(now), &id, &accepted, &by, &uuid_v7(now)?]).await?.get(0);
    match outcome.as_str() {
        "decided" => Ok(()),
        "unconfirmed" => bail!("the owner of the address has not confirmed this candidacy"),
        "withdrawn" => bail!("this person does not want to take part any more"),
        _ => bail!("there is no such candidacy"),
    }
}
