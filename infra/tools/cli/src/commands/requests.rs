//! `asknpic requests …`

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use uuid::Uuid;

use crate::migrate::Database;
use crate::operator::Access;
use crate::requests::{self, Request};
use crate::ui::print;

/// The register of exercised rights
#[derive(Debug, Subcommand)]
pub(super) enum Requests {
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
pub(super) struct List {
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
pub(super) struct Add {
    /// Which right
    #[arg(value_enum)]
    kind: Kind,
    /// The person's user id
    user: Uuid,
    #[command(flatten)]
    access: Access,
}

#[derive(Args, Debug)]
pub(super) struct One {
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
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let now = Timestamp::now();
        match self {
            Self::List(List { all, json, access }) => {
                let requests = requests::list(&access.connect(Database::Accounts).await?, now, all).await?;
                let text = if json { serde_json::to_string_pretty(&requests)? + "\n" } else { table(&requests) };
                print(&text)?;
            }
            Self::Add(Add { kind, user, access }) => {
                let id = requests::add(&access.connect(Database::Accounts).await?, now, user, kind.name()).await?;
                print(&format!("{}\n", id.ok_or_else(|| anyhow::anyhow!("there is no account {user}"))?))?;
            }
            Self::Answer(One { id, access }) => {
                let done = requests::answer(&access.connect(Database::Accounts).await?, now, id).await?;
                anyhow::ensure!(done, "there is no open request {id}");
            }
            Self::Extend(One { id, access }) => {
                let done = requests::extend(&access.connect(Database::Accounts).await?, now, id).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
