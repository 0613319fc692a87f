//! `asknpic waitlist …`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use domain::contact;
use jiff::Timestamp;

use crate::contact::{Text, announce};
use crate::migrate::Database;
use crate::operator::{self, Access, name_of};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Waitlist {
    /// Write to those on the waitlist; each mail has the links that end it
    Announce(Announce),
}

/// What somebody on the waitlist wants to hear about
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Interest {
    /// Becoming a beta tester
    Beta,
    /// The launch
    Launch,
}

/// What to write
///
/// The first line of a file is the subject, the rest the text.
#[derive(Args, Debug)]
pub(super) struct Announce {
    /// Only to those with this interest
    #[arg(long)]
    interest: Option<Interest>,
    /// File with subject and text in English
    #[arg(long, value_name = "FILE")]
    english: PathBuf,
    /// File with subject and text in French
    #[arg(long, value_name = "FILE")]
    french: PathBuf,
    /// Who writes; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

impl Waitlist {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Announce(Announce { interest, english, french, by, access }) = self;
        let (english, french) = (read(&english)?, read(&french)?);
        let interest = interest.map(|interest| match interest {
            Interest::Beta => contact::Interest::Beta,
            Interest::Launch => contact::Interest::Launch,
        });
        let client = access.connect(Database::Accounts).await?;
        let waiting = announce(&client, Timestamp::now(), interest, [&english, &french], &name_of(by)?).await?;
        Ok(print(&format!("{waiting} mails go out with the next runs of the lifecycle job\n"))?)
    }
}

fn read(path: &Path) -> anyhow::Result<Text> {
    let text = operator::text(path)?;
    let (subject, text) = text.split_once('\n').with_context(|| format!("{}: a subject without a text", path.display()))?;
    Ok(Text { subject: subject.trim().to_owned(), text: text.trim().to_owned() })
}
