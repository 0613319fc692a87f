//! `asknpic evidence …`

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use uuid::Uuid;
use vault::MasterKeys;

use crate::evidence::{self, Hold, Sources};
use crate::migrate::Database;
use crate::operator::{Access, name_of};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Evidence {
    /// Keep what is strictly necessary for a case, apart and encrypted, for 5 years
    Hold(HoldArgs),
    /// Print what is kept, without its content
    List(ListArgs),
    /// Print a piece of evidence; the look is recorded
    Show(ShowArgs),
}

/// What to keep, and why
#[derive(Args, Debug)]
pub(super) struct HoldArgs {
    /// Id of the account (its user)
    #[arg(long)]
    account: Uuid,
    /// A generation that is evidence; can be given several times
    #[arg(long = "generation", value_name = "ID")]
    generations: Vec<Uuid>,
    /// Why it is necessary
    #[arg(long)]
    reason: String,
    /// The case's reference
    #[arg(long)]
    case: String,
    /// Years; more than 5 only where the case states a longer criminal limitation period
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(5..=30))]
    years: u8,
    /// Who asks; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

/// Where from
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    access: Access,
}

/// What to look at, and why
#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// Its id
    id: Uuid,
    /// Why it is necessary
    #[arg(long)]
    reason: String,
    /// Who looks; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

/// The key of evidence is no variable of any component: who holds it has the role.
fn key() -> anyhow::Result<MasterKeys> {
    let text =
        std::env::var("ASKNPIC_EVIDENCE_KEYS").context("ASKNPIC_EVIDENCE_KEYS is not set; `asknpic keys evidence` makes one")?;
    Ok(MasterKeys::parse(&text)?)
}

impl Evidence {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Hold(HoldArgs { account, generations, reason, case, years, by, access }) => {
                let sources = Sources {
                    accounts: access.connect(Database::Accounts).await?,
                    briefs: access.connect(Database::Briefs).await?,
                    files: access.connect(Database::Files).await?,
                };
                let hold = Hold { account, generations, reason, case, by: name_of(by)?, years };
                let id = evidence::hold(&sources, &access.masters()?, &key()?, Timestamp::now(), &hold).await?;
                Ok(print(&format!("{id}\n"))?)
            }
            Self::List(ListArgs { access }) => {
                let client = access.connect(Database::Accounts).await?;
                let mut text = String::new();
                for held in evidence::list(&client).await? {
                    writeln!(text, "{} account {} case {} until {}", held.id, held.account, held.case, held.until)?;
                }
                Ok(print(&text)?)
            }
            Self::Show(ShowArgs { id, reason, by, access }) => {
                let client = access.connect(Database::Accounts).await?;
                let found = evidence::show(&client, &key()?, Timestamp::now(), id, &name_of(by)?, &reason).await?;
                Ok(print(&format!("{found:#}\n"))?)
            }
        }
    }
}
