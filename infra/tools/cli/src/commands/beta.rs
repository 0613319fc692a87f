//! `asknpic beta …`

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use uuid::Uuid;

use crate::contact;
use crate::migrate::Database;
use crate::operator::{Access, name_of};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Beta {
    /// Print confirmed candidacies, oldest first
    List(List),
    /// Take a candidate into the beta test; a mail says so
    Accept(Decision),
    /// Turn a candidate down; a mail says so
    Decline(Decision),
}

/// Which candidacies
#[derive(Args, Debug)]
pub(super) struct List {
    /// Those decided about as well
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    access: Access,
}

/// About whom
#[derive(Args, Debug)]
pub(super) struct Decision {
    /// The candidacy's id, as `list` prints it
    id: Uuid,
    /// Who decides; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

impl Beta {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(List { all, access }) => {
                let client = access.connect(Database::Accounts).await?;
                let found = contact::candidacies(&client, (!all).then_some("open")).await?;
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
        contact::decide(&client, Timestamp::now(), self.id, accepted, &name_of(self.by)?).await?;
        Ok(print(&format!(
            "{}: a mail goes out with the next run of the lifecycle job\n",
            if accepted { "accepted" } else { "declined" }
        ))?)
    }
}
