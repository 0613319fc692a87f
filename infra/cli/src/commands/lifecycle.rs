//! `asknpic lifecycle …`

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::up::Running;
use crate::lifecycle;
use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Lifecycle {
    /// Run every retention rule now
    Run(Run),
    /// Print what each rule holds, when it deletes next, and when it ran last
    Report(Report),
}

/// Where
#[derive(Args, Debug)]
pub(super) struct Run {
    /// The API's base URL; without it, that of the `up` that uses --data
    #[arg(long, value_name = "URL", env = "ASKNPIC_URL")]
    url: Option<String>,
    #[command(flatten)]
    access: Access,
}

/// Of which database
#[derive(Args, Debug)]
pub(super) struct Report {
    #[command(flatten)]
    access: Access,
}

impl Lifecycle {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Run(Run { url, access }) => {
                let url = url.or_else(|| Running::find(&access.data).map(|running| running.url));
                let Some(url) = url else { anyhow::bail!("say where with --url; no `up` uses {}", access.data.display()) };
                let token = access.secret("ops_token")?;
                let rows = tokio::task::spawn_blocking(move || lifecycle::run(&url, &token)).await??;
                let mut text = String::new();
                for (rule, rows) in &rows {
                    writeln!(text, "{rule:<24} {rows:>8}")?;
                }
                Ok(print(&text)?)
            }
            Self::Report(Report { access }) => {
                let client = access.connect(Database::Accounts).await?;
                let mut text = format!("{:<18} {:>9}  {:<26}  {:<26}  {:>9}\n", "rule", "held", "next", "last run", "rows");
                for line in lifecycle::report(&client).await? {
                    let (next, ran) = (line.next.unwrap_or_default(), line.ran_at.unwrap_or_default());
                    let rows = line.rows.map(|rows| rows.to_string()).unwrap_or_default();
                    writeln!(text, "{:<18} {:>9}  {next:<26}  {ran:<26}  {rows:>9}", line.rule, line.held)?;
                }
                Ok(print(&text)?)
            }
        }
    }
}
