//! `asknpic waitlist …`: what operators write to the waitlist, by one function of the database, which no component may call.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use domain::contact::FormText;
pub use domain::contact::Interest;
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Client;

use crate::migrate::Database;
use crate::operator::{self, Access, name_of, utc, uuid_v7};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Waitlist {
    /// Write to those on the waitlist; each mail has the links that end it
    Announce(Announce),
}

/// What somebody on the waitlist wants to hear about
#[derive(Clone, Copy, Debug, ValueEnum)]
enum InterestArg {
    /// Becoming a beta tester
    Beta,
    /// The launch
    Launch,
}

/// What to write
///
/// The first line of a file is the subject, the rest the text.
#[derive(Args, Debug)]
pub(crate) struct Announce {
    /// Only to those with this interest
    #[arg(long)]
    interest: Option<InterestArg>,
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
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self::Announce(Announce { interest, english, french, by, access }) = self;
        let (english, french) = (read(&english)?, read(&french)?);
        let interest = interest.map(|interest| match interest {
            InterestArg::Beta => Interest::Beta,
            InterestArg::Launch => Interest::Launch,
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
    let sql = "select api.announcement_make($1::text::timestamp, $2, $3, $4, $5)";
    let interest = interest.map(Interest::name);
    Ok(client.query_one(sql, &[&utc(now), &uuid_v7(now)?, &interest, &texts, &by]).await?.get(0))
}
