//! `asknpic lifecycle …`: what an operator sees of the lifecycle job: running it now, and what it has to do.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::retention::{RULES, Rule, SWEEPS, kept_by, swept_before};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_postgres::Client;

use crate::migrate::Database;
use crate::operator::{Access, utc};
use crate::ropa::in_words;
use crate::ui::print;
use crate::up::Running;

#[derive(Debug, Subcommand)]
pub(crate) enum Lifecycle {
    /// Run every retention rule now, and tell of each as it goes
    Run(RunArgs),
    /// Print what each rule holds, since when, when it deletes next, and when it ran last
    Report(Report),
    /// Print the table of rules: what is kept, how long, from when
    Rules,
}

/// Where
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
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
pub(crate) struct Report {
    #[command(flatten)]
    access: Access,
}

impl Lifecycle {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Run(run) => run.run().await,
            Self::Rules => Ok(print(&rules())?),
            Self::Report(Report { access }) => {
                let client = access.connect(Database::Accounts).await?;
                let columns = ("rule", "held", "due", "oldest", "next", "last run", "rows");
                let mut text = table_line(columns.0, [columns.1, columns.2], [columns.3, columns.4, columns.5], columns.6);
                for line in report(&client, Timestamp::now()).await? {
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
        let rows = tokio::task::spawn_blocking(move || run(&url, &token, dry_run, print_progress)).await??;
        let sum: i64 = rows.values().filter_map(serde_json::Value::as_i64).sum();
        let mut text = String::new();
        writeln!(text, "{sum} rows {}", if dry_run { "are due; nothing was changed" } else { "in all" })?;
        Ok(print(&text)?)
    }
}

/// A line for each rule that has ended, and one for each that takes long.
fn print_progress(rule: &str, rows: i64, ended: bool) {
    // Whoever has closed the output does not keep the rules from running.
    let _ = print(&format!("{rule:<24} {rows:>8}{}\n", if ended { "" } else { " …" }));
}

/// How long a run may take: its own time is a minute, and the longest batch.
const DEADLINE: Duration = Duration::from_mins(3);

/// Runs every rule now, or counts what is due (`dry_run`), through the public address; rows by rule. `on_progress` is called for each rule as it goes:
/// its name, its rows so far, and whether that is all. Blocks.
///
/// # Errors
/// The address does not answer, refuses the token, or a rule failed.
pub fn run(
    url: &str,
    token: &str,
    dry_run: bool,
    mut on_progress: impl FnMut(&str, i64, bool),
) -> anyhow::Result<Map<String, Value>> {
    let url = format!("{}/v1/ops/retention", url.trim_end_matches('/'));
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE));
    let agent: ureq::Agent = config.build().into();
    let request = agent.post(&url).header("authorization", format!("Bearer {token}")).header("accept", "text/event-stream");
    let answer = request.send_json(json!({ "dry_run": dry_run })).with_context(|| url.clone())?;
    if answer.status() != 200 {
        bail!("{url} answered {}", answer.status());
    }
    let mut event = String::new();
    for line in BufReader::new(answer.into_body().into_reader()).lines() {
        let line = line.with_context(|| format!("{url} broke off"))?;
        if let Some(name) = line.strip_prefix("event: ") {
            name.clone_into(&mut event);
        } else if let Some(data) = line.strip_prefix("data: ") {
            let mut data: Value = serde_json::from_str(data).context("the answer is not what it should be")?;
            match (event.as_str(), data.as_object_mut()) {
                ("rule" | "progress", Some(step)) => {
                    let (rule, rows) = (step["rule"].as_str().unwrap_or_default(), step["rows"].as_i64().unwrap_or_default());
                    on_progress(rule, rows, event == "rule");
                }
                ("done", Some(counts)) => return Ok(std::mem::take(counts)),
                _ => bail!("a rule failed; the others have run, and the next run goes on with it: {}", data["title"]),
            }
        }
    }
    bail!("{url} broke off")
}

/// The table of rules as Markdown: what is kept, how long, from when, where, by which promise.
#[must_use]
pub fn rules() -> String {
    let mut text = "# How long what is kept\n\nPrinted by `asknpic lifecycle rules` from `components/lib/domain/src/retention.rs`; a test holds this \
                    page to it. Content goes by the days of the plan (`plans.retention_days`).\n\n\
                    | rule | what | how long | database | promise |\n| --- | --- | --- | --- | --- |\n"
        .to_owned();
    for Rule { id, what, database, promise, .. } in RULES {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {id} | {what} | {} | {database} | {promise} |", in_words(id));
    }
    text
}

/// What a query of its own tells: rules whose rows have no single time.
struct Held {
    rule: &'static str,
    relation: &'static str,
    /// When a row is due.
    due: &'static str,
    only: &'static str,
}

const HELD: [Held; 2] = [
    Held {
        rule: "expired_content",
        relation: "generations r join tenants t on t.id = r.tenant_id join plans p on p.name = t.plan",
        due: "r.created_at + make_interval(days => p.retention_days)",
        only: "r.status = 'delivered' and r.content_deleted_at is null",
    },
    Held { rule: "erasures", relation: "erasures r", due: "r.requested_at", only: "r.completed_at is null" },
];

/// One line of the report; times as PostgreSQL writes them, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The rule, as in the job's answer.
    pub rule: String,
    /// Rows it will have to deal with some day.
    pub held: i64,
    /// Of those, how many are due.
    pub due: i64,
    /// The time of the oldest row: since when it is kept, or when it ends where that is what the row says.
    pub oldest: Option<String>,
    /// When the next row is due.
    pub next: Option<String>,
    /// When the rule ran last.
    pub ran_at: Option<String>,
    /// How many rows that dealt with.
    pub rows: Option<i64>,
}

const RAN: &str = "(select ran_at::text from sweeps where rule = $1), (select rows from sweeps where rule = $1)";

/// What each rule holds, how old it is, when it deletes next, and when it ran last.
///
/// # Errors
/// Of the database.
pub async fn report(accounts: &Client, now: Timestamp) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for Held { rule, relation, due, only } in HELD {
        let sql = format!(
            "select count(*), count(*) filter (where {due} <= $2::text::timestamp), min({due})::text, {RAN} from {relation} where {only}"
        );
        let row = accounts.query_one(&sql, &[&rule, &utc(now)]).await.with_context(|| rule.to_owned())?;
        let next: Option<String> = row.get(2);
        let rule = rule.to_owned();
        lines.push(Line { rule, held: row.get(0), due: row.get(1), oldest: None, next, ran_at: row.get(3), rows: row.get(4) });
    }
    for (rule, _) in SWEEPS {
        let sql = "select relation, since, only_those from api.retention_rules() where rule = $1";
        let found = accounts.query_one(sql, &[rule]).await.with_context(|| (*rule).to_owned())?;
        let [relation, since, only]: [String; 3] = [found.get(0), found.get(1), found.get(2)];
        let before = swept_before(rule, now).with_context(|| format!("{rule} has no period"))?;
        let sql = format!(
            "select count({since}), count(*) filter (where {since} <= $2::text::timestamp), min({since})::text,
                 to_char(min({since}), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), {RAN}
             from {relation} r where {only}"
        );
        let row = accounts.query_one(&sql, &[rule, &utc(before)]).await.with_context(|| (*rule).to_owned())?;
        let oldest: Option<String> = row.get(2);
        let next = match (row.get::<_, Option<String>>(3), kept_by(rule).flatten()) {
            (Some(since), Some(rule)) => rule.due_at(since.parse()?).map(|at| utc(at).replace('T', " ")),
            _ => oldest.clone(),
        };
        let rule = (*rule).to_owned();
        lines.push(Line { rule, held: row.get(0), due: row.get(1), oldest, next, ran_at: row.get(4), rows: row.get(5) });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a75_the_page_says_what_the_table_says() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/RETENTION.md");
        let written = std::fs::read_to_string(page).expect("the page");
        assert_eq!(written, rules(), "asknpic lifecycle rules > docs/RETENTION.md");
    }
}
