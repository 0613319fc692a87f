//! `asknpic support …`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use uuid::Uuid;

use crate::contact;
use crate::migrate::Database;
use crate::operator::{self, Access};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Support {
    /// Print the requests that are not closed, oldest first
    List(List),
    /// Print a request with its messages, decrypted
    Show(Show),
    /// Answer a request, encrypted under the person's own key; a mail says that there is an answer
    Answer(Answer),
}

/// Which requests
#[derive(Args, Debug)]
pub(super) struct List {
    /// Closed ones as well
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    access: Access,
}

/// Which request
#[derive(Args, Debug)]
pub(super) struct Show {
    /// Its id
    id: Uuid,
    #[command(flatten)]
    access: Access,
}

/// What to answer
#[derive(Args, Debug)]
pub(super) struct Answer {
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
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(List { all, access }) => {
                let client = access.connect(Database::Accounts).await?;
                let found = contact::requests(&client, all).await?;
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
                for message in contact::messages(&client, &access.masters()?, id).await? {
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
                contact::answer(&client, &access.masters()?, Timestamp::now(), id, &text, !keep_open).await?;
                Ok(print("answered: a mail goes out with the next run of the lifecycle job\n")?)
            }
        }
    }
}
