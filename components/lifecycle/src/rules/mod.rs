//! The rules, by name, and how they are run.
//!
//! A rule is a function that deals with one bounded batch, so that no statement runs long and no lock is held long, and that can
//! be repeated at any time: what a crash leaves is found by the next run. Two runs at a time do no harm, since batches skip what
//! is locked. Rules run in the order of the list; a rule whose finding is another's work comes before it.

mod content;
mod dataset;
mod mails;
mod retention;
mod rights;

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::json;
use store::accounts::lifecycle::{Sweep, sweep};
use web::{Problem, lifecycle::Counts, log};

use crate::State;

/// The most rows of one batch.
const BATCH: i32 = 500;

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
    batch: for<'a> fn(&'a Run<'a>) -> BoxFuture<'a, Result<Batch, store::Error>>,
}

const RULES: [Rule; 19] = [
    // First: what fails here is an orphan of the last two.
    Rule { name: "stale_generations", batch: |run| Box::pin(run.sweep(Sweep::StaleGenerations)) },
    Rule { name: "limits", batch: |run| Box::pin(run.sweep(Sweep::Limits)) },
    Rule { name: "lockouts", batch: |run| Box::pin(run.sweep(Sweep::Lockouts)) },
    Rule { name: "idempotency_keys", batch: |run| Box::pin(run.sweep(Sweep::Idempotency)) },
    Rule { name: "verifications", batch: |run| Box::pin(run.sweep(Sweep::Verifications)) },
    Rule { name: "oauth", batch: |run| Box::pin(run.sweep(Sweep::Oauth)) },
    Rule { name: "unproved_accounts", batch: |run| Box::pin(run.sweep(Sweep::Unproved)) },
    Rule { name: "plan_gifts", batch: |run| Box::pin(run.sweep(Sweep::PlanGifts)) },
    Rule { name: "checkouts", batch: |run| Box::pin(run.sweep(Sweep::Checkouts)) },
    Rule { name: "stripe_events", batch: |run| Box::pin(run.sweep(Sweep::StripeEvents)) },
    Rule { name: "gift_codes", batch: |run| Box::pin(run.sweep(Sweep::GiftCodes)) },
    Rule { name: "billing_records", batch: |run| Box::pin(run.sweep(Sweep::BillingRecords)) },
    Rule { name: "billing_customers", batch: |run| Box::pin(run.sweep(Sweep::BillingCustomers)) },
    Rule { name: "erasures", batch: |run| Box::pin(rights::erasures(run)) },
    Rule { name: "dataset_removals", batch: |run| Box::pin(rights::dataset_removals(run)) },
    Rule { name: "erasure_proofs", batch: |run| Box::pin(rights::proofs(run)) },
    Rule { name: "anonymous_metadata", batch: |run| Box::pin(run.sweep(Sweep::AnonymousMetadata)) },
    Rule { name: content::BRIEFS, batch: |run| Box::pin(content::orphaned_briefs(run)) },
    Rule { name: content::FILES, batch: |run| Box::pin(content::orphaned_files(run)) },
];

/// Every rule in its order: what closes an account before what takes the steps of its erasure, and what waits to be sent at last.
fn all() -> impl Iterator<Item = &'static Rule> {
    retention::RULES.iter().chain(&RULES).chain(dataset::RULES).chain(mails::RULES)
}

impl Run<'_> {
    /// A rule that is one function of the database `accounts`.
    async fn sweep(&self, what: Sweep) -> Result<Batch, store::Error> {
        let rows = sweep(&self.state.accounts, self.now, what, BATCH).await?;
        Ok(Batch { rows, more: rows > 0 })
    }
}

/// Runs every rule, each until it has nothing more to do or the time is up. A rule that fails does not keep the others from running.
///
/// # Errors
/// That of the first rule that failed.
pub(crate) async fn run(state: &State, now: Timestamp, budget: Duration) -> Result<Counts, Problem> {
    let started = Instant::now();
    let run = Run { state, now };
    let mut counts = Counts::new();
    let mut failed = None;
    for rule in all() {
        let mut rows = 0;
        loop {
            match (rule.batch)(&run).await {
                Ok(batch) => {
                    rows += batch.rows;
                    if !batch.more || started.elapsed() >= budget {
                        break;
                    }
                }
                Err(error) => {
                    log::event("rule-failed", json!({ "rule": rule.name }));
                    let problem = Problem::from(error);
                    failed.get_or_insert(problem);
                    break;
                }
            }
        }
        counts.insert(rule.name.to_owned(), rows);
    }
    log::event("retention", json!({ "rows": counts }));
    let ran: Vec<_> = counts.iter().map(|(rule, rows)| (rule.as_str(), *rows)).collect();
    store::accounts::retention::ran(&state.accounts, now, &ran).await?;
    failed.map_or(Ok(counts), Err)
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
}
