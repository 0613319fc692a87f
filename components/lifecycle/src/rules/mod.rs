//! The rules, by name, and how they are run.
//!
//! A rule deals with one bounded batch at a time, so that no statement runs long and no lock is held long, and can be repeated at any
//! time: what a crash leaves is found by the next run. Two runs at a time do no harm, since batches skip what is locked. Rules run in the
//! order of the list; a rule whose finding is another's work comes before it.

mod content;
mod dataset;
mod mails;
mod retention;
mod rights;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::retention::swept_before;
use futures::{Stream, future::BoxFuture, stream};
use jiff::Timestamp;
use serde_json::json;
use web::{Problem, lifecycle::Counts, log};

use crate::State;

/// The most rows of one batch.
const BATCH: i32 = 500;
/// How often whoever watches is told of a rule that takes long.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// What a batch did.
pub(crate) struct Batch {
    /// Rows it dealt with.
    pub(crate) rows: i64,
    /// Whether another batch may find more.
    pub(crate) more: bool,
}

/// What a rule needs to know.
pub(crate) struct Run<'a> {
    pub(crate) state: &'a State,
    /// The time by which things are due.
    pub(crate) now: Timestamp,
}

/// One rule.
struct Rule {
    /// As in the answer of `POST /v1/ops/retention`.
    name: &'static str,
    work: Work,
}

/// What a rule does, and what it would do.
enum Work {
    /// Rows of `accounts` whose time is up: one of `domain::retention::SWEEPS`.
    Rows,
    /// More than that. `due` counts what `batch` would deal with.
    Own { batch: Call<Batch>, due: Call<i64> },
}

type Call<T> = for<'a> fn(&'a Run<'a>) -> BoxFuture<'a, Result<T, store::Error>>;

const RULES: [Rule; 24] = [
    // First: what fails here is an orphan of the last two.
    rows("stale_generations"),
    rows("limits"),
    rows("lockouts"),
    rows("idempotency_keys"),
    rows("verifications"),
    rows("email_tokens"),
    rows("exports"),
    rows("oauth_states"),
    rows("oauth_claims"),
    rows("unproved_accounts"),
    rows("plan_gifts"),
    rows("checkouts"),
    rows("stripe_events"),
    rows("gift_codes"),
    rows("billing_records"),
    rows("billing_customers"),
    Rule {
        name: "erasures",
        work: Work::Own { batch: |run| Box::pin(rights::erasures(run)), due: |run| Box::pin(run.state.erasures.waiting()) },
    },
    Rule {
        name: "dataset_removals",
        work: Work::Own {
            batch: |run| Box::pin(rights::dataset_removals(run)),
            due: |run| Box::pin(rights::dataset_removals_due(run)),
        },
    },
    rows("erasure_ids"),
    rows("receipts"),
    rows("answered_requests"),
    rows("anonymous_metadata"),
    content::BRIEFS,
    content::FILES,
];

const fn rows(name: &'static str) -> Rule {
    Rule { name, work: Work::Rows }
}

/// Every rule in its order: what closes an account before what takes the steps of its erasure, and what waits to be sent at last.
fn all() -> impl Iterator<Item = &'static Rule> {
    retention::RULES.iter().chain(&RULES).chain(dataset::RULES).chain(mails::RULES)
}

impl Rule {
    async fn batch(&self, run: &Run<'_>) -> Result<Batch, store::Error> {
        match self.work {
            Work::Rows => {
                let rows =
                    store::accounts::retention::sweep(&run.state.accounts, self.name, run.before(self.name)?, BATCH).await?;
                Ok(Batch { rows, more: rows > 0 })
            }
            Work::Own { batch, .. } => batch(run).await,
        }
    }

    async fn due(&self, run: &Run<'_>) -> Result<i64, store::Error> {
        match self.work {
            Work::Rows => run.rows_due(self.name).await,
            Work::Own { due, .. } => due(run).await,
        }
    }
}

impl Run<'_> {
    /// The time of the rows that are due by a sweep: of then or before.
    fn before(&self, sweep: &str) -> Result<Timestamp, store::Error> {
        swept_before(sweep, self.now).ok_or(store::Error::Decode)
    }

    /// How many rows are due by a sweep.
    async fn rows_due(&self, sweep: &str) -> Result<i64, store::Error> {
        store::accounts::retention::due(&self.state.accounts, sweep, self.before(sweep)?).await
    }
}

/// What a run tells on its way.
pub(crate) enum Step {
    /// A rule has dealt with so many rows so far, or in all.
    Rule { rule: &'static str, rows: i64, ended: bool },
    /// It is over: rows by rule, or the problem of the first rule that failed. The others have run all the same.
    Ended(Result<Counts, Problem>),
}

/// Runs every rule, each until it has nothing more to do or the time is up; or, `dry`, only counts what is due. Nothing is done but as the
/// steps are taken.
pub(crate) fn run(state: Arc<State>, now: Timestamp, budget: Duration, dry: bool) -> impl Stream<Item = Step> + Send + 'static {
    let rules = all().collect::<Vec<_>>().into_iter();
    let started = Instant::now();
    let running = Running { state, now, budget, dry, started, rules, at: None, counts: Counts::new(), failed: None };
    stream::unfold(Some(running), |running| async move { Some(running?.step().await) })
}

/// A run on its way.
struct Running {
    state: Arc<State>,
    now: Timestamp,
    budget: Duration,
    dry: bool,
    started: Instant,
    /// Those that are still to come.
    rules: std::vec::IntoIter<&'static Rule>,
    /// The one at work, and its rows so far.
    at: Option<(&'static Rule, i64)>,
    counts: Counts,
    failed: Option<Problem>,
}

impl Running {
    async fn step(mut self) -> (Step, Option<Self>) {
        let Some((rule, mut rows)) = self.at.take().or_else(|| self.rules.next().map(|rule| (rule, 0))) else {
            return (Step::Ended(self.end().await), None);
        };
        let reported = Instant::now();
        loop {
            match self.batch(rule).await {
                Ok(batch) => {
                    rows += batch.rows;
                    if !batch.more || self.started.elapsed() >= self.budget {
                        break;
                    }
                }
                Err(error) => {
                    log::event("rule-failed", json!({ "rule": rule.name }));
                    let problem = Problem::from(error);
                    self.failed.get_or_insert(problem);
                    break;
                }
            }
            if reported.elapsed() >= PROGRESS_INTERVAL {
                self.at = Some((rule, rows));
                return (Step::Rule { rule: rule.name, rows, ended: false }, Some(self));
            }
        }
        self.counts.insert(rule.name.to_owned(), rows);
        (Step::Rule { rule: rule.name, rows, ended: true }, Some(self))
    }

    async fn batch(&self, rule: &Rule) -> Result<Batch, store::Error> {
        let run = Run { state: &self.state, now: self.now };
        if self.dry { Ok(Batch { rows: rule.due(&run).await?, more: false }) } else { rule.batch(&run).await }
    }

    async fn end(self) -> Result<Counts, Problem> {
        log::event("retention", json!({ "dry_run": self.dry, "rows": self.counts }));
        if !self.dry {
            let ran: Vec<_> = self.counts.iter().map(|(rule, rows)| (rule.as_str(), *rows)).collect();
            store::accounts::retention::ran(&self.state.accounts, self.now, &ran).await?;
        }
        self.failed.map_or(Ok(self.counts), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let names: BTreeSet<_> = all().map(|rule| rule.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')), "{names:?}");
    }

    #[test]
    fn every_sweep_of_the_table_is_run() {
        let names: BTreeSet<_> = all().map(|rule| rule.name).collect();
        for (sweep, _) in domain::retention::SWEEPS {
            assert!(names.contains(sweep), "{sweep}");
        }
        for rule in all().filter(|rule| matches!(rule.work, Work::Rows)) {
            assert!(swept_before(rule.name, Timestamp::UNIX_EPOCH).is_some(), "{}", rule.name);
        }
    }
}
