//! `asknpic lifecycle …`

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::up::Running;
use crate::lifecycle;
use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Lifecycle {
    /// Run every retention rule now, and tell of each as it goes
    Run(RunArgs),
    /// Print what each rule holds, since when, when it deletes next, and when it ran last
    Report(Report),
    /// Print the table of rules: what is kept, how long, from when
    Rules,
}

/// Where
#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// The API's base URL; without it, that of the `up` that uses --data
    #[arg(long, value_name = "URL", env = "ASKNPIC_URL")]
    url: Option<String>,
    /// Only count what is due now, and change nothing
    #[arg(long)]
    dry_run: bool,
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
            Self::Run(run) => run.run().await,
            Self::Rules => Ok(print(&lifecycle::rules())?),
            Self::Report(Report { access }) => {
                let client = access.connect(Database::Accounts).await?;
                let columns = ("rule", "held", "due", "oldest", "next", "last run", "rows");
                let mut text = table_line(columns.0, [columns.1, columns.2], [columns.3, columns.4, columns.5], columns.6);
                for line in lifecycle::report(&client, Timestamp::now()).await? {
                    let times = [line.oldest, line.next, line.ran_at].map(Option::unwrap_or_default);
                    let rows = line.rows.map(|rows| rows.to_string()).unwrap_or_default();
                    let counts = [line.held.to_string(), line.due.to_string()];
                    text += &table_line(
                        &line.rule,
                        counts.each_ref().map(String::as_str),
                        times.each_ref().map(String::as_str),
                        &rows,
                    );
                }
                Ok(print(&text)?)
            }
        }
    }
}

/// Times to the second: what is behind it is cut off.
fn table_line(rule: &str, counts: [&str; 2], times: [&str; 3], rows: &str) -> String {
    let [held, due] = counts;
    let [oldest, next, ran] = times.map(|time| time.get(..19).unwrap_or(time));
    format!("{rule:<18} {held:>9} {due:>9}  {oldest:<19}  {next:<19}  {ran:<19}  {rows:>9}\n")
}

impl RunArgs {
    async fn run(self) -> anyhow::Result<()> {
        let Self { url, dry_run, access } = self;
        let url = url.or_else(|| Running::find(&access.data).map(|running| running.url));
        let Some(url) = url else { anyhow::bail!("say where with --url; no `up` uses {}", access.data.display()) };
        let token = access.secret("ops_token")?;
        let rows = tokio::task::spawn_blocking(move || lifecycle::run(&url, &token, dry_run, tell)).await??;
        let sum: i64 = rows.values().filter_map(serde_json::Value::as_i64).sum();
        let mut text = String::new();
        writeln!(text, "{sum} rows {}", if dry_run { "are due; nothing was changed" } else { "in all" })?;
        Ok(print(&text)?)
    }
}

/// A line for each rule that has ended, and one for each that takes long.
fn tell(rule: &str, rows: i64, ended: bool) {
    // Whoever has closed the output does not keep the rules from running.
    let _ = print(&format!("{rule:<24} {rows:>8}{}\n", if ended { "" } else { " …" }));
}
