//! Rules of the table in `domain::retention`: what is deleted when its time is up.

use domain::{contact::CONFIRM_SECONDS, erasure, inactivity, retention::rule_of, rights};
use jiff::Timestamp;
use store::{
    accounts::{
        lifecycle,
        retention::{self, Closing, Expiry},
    },
    briefs, files,
};
use vault::random;

use super::{BATCH, Batch, Rule, Run};

/// How far the walk through generations with content has come.
const CONTENT: &str = "expired_content";
/// The most generations that one batch of that walk looks at.
const PAGE: i32 = 1_000;
/// How long a mail that cannot be sent is tried for, in seconds.
const MAIL_SECONDS: i64 = 7 * 86_400;

pub(super) const RULES: &[Rule] = &[
    Rule { name: CONTENT, batch: |run| Box::pin(expired_content(run)) },
    Rule { name: "inactive_warned", batch: |run| Box::pin(inactive_warned(run)) },
    Rule { name: "inactive_erased", batch: |run| Box::pin(inactive_erased(run)) },
    Rule { name: "sessions", batch: |run| Box::pin(run.expire(Expiry::Sessions, Some(0))) },
    Rule { name: "usage", batch: |run| Box::pin(run.expire(Expiry::Usage, seconds("usage"))) },
    Rule { name: "usage_summaries", batch: |run| Box::pin(run.expire(Expiry::UsageSummaries, seconds("usage-summaries"))) },
    Rule { name: "waitlist_pending", batch: |run| Box::pin(run.expire(Expiry::WaitlistPending, Some(0))) },
    Rule { name: "waitlist", batch: |run| Box::pin(run.expire(Expiry::Waitlist, seconds("waitlist"))) },
    Rule { name: "beta_unconfirmed", batch: |run| Box::pin(run.expire(Expiry::BetaUnconfirmed, Some(CONFIRM_SECONDS))) },
    Rule { name: "beta_candidacies", batch: |run| Box::pin(run.expire(Expiry::Beta, seconds("beta-candidacies"))) },
    Rule { name: "support", batch: |run| Box::pin(run.expire(Expiry::Support, seconds("support"))) },
    Rule { name: "evidence", batch: |run| Box::pin(run.expire(Expiry::Evidence, Some(0))) },
    Rule { name: "evidence_log", batch: |run| Box::pin(run.expire(Expiry::EvidenceLog, seconds("proofs"))) },
    // The function knows its year.
    Rule { name: "security_events", batch: |run| Box::pin(run.expire(Expiry::SecurityEvents, Some(0))) },
    Rule { name: "mails_lost", batch: |run| Box::pin(run.expire(Expiry::Mails, Some(MAIL_SECONDS))) },
];

/// The period of a rule of the table.
fn seconds(rule: &str) -> Option<i64> {
    rule_of(rule).and_then(domain::retention::Rule::seconds)
}

impl Run<'_> {
    /// The time so many seconds ago: what is of then or before is due.
    pub(super) fn ago(&self, seconds: i64) -> Timestamp {
        web::after(self.now, -seconds)
    }

    /// Deletes what has been kept for so many seconds; nothing where the table does not say how long.
    async fn expire(&self, what: Expiry, seconds: Option<i64>) -> Result<Batch, store::Error> {
        let Some(seconds) = seconds else { return Err(store::Error::Decode) };
        let rows = retention::expire(&self.state.accounts, what, self.ago(seconds), BATCH).await?;
        Ok(Batch { rows, more: rows > 0 })
    }
}

/// Removes content past its plan (promises a41, a48): first the content, then the note that it is gone, so that a run which is killed in
/// between leaves nothing that the next one does not find. Each run walks once through all generations that have content.
async fn expired_content(run: &Run<'_>) -> Result<Batch, store::Error> {
    let accounts = &run.state.accounts;
    let Some(kept_for_upgrades) = seconds("downgraded-content") else { return Err(store::Error::Decode) };
    let after = lifecycle::position(accounts, CONTENT).await?;
    let page = retention::content_due(accounts, run.now, run.ago(kept_for_upgrades), after, PAGE).await?;
    let mut rows = 0;
    if !page.due.is_empty() {
        briefs::remove(&run.state.briefs, &page.due).await?;
        files::remove(&run.state.files, &page.due).await?;
        rows = retention::content_expired(accounts, run.now, &page.due).await?;
    }
    lifecycle::moved(accounts, CONTENT, page.last).await?;
    Ok(Batch { rows, more: page.last.is_some() })
}

/// Warns accounts that will be erased for inactivity (promise a48).
async fn inactive_warned(run: &Run<'_>) -> Result<Batch, store::Error> {
    let active_by = run.ago(inactivity::WARNED_AFTER_SECONDS);
    let rows = retention::warn_inactive(&run.state.accounts, run.now, active_by, BATCH).await?;
    Ok(Batch { rows, more: rows > 0 })
}

/// Erases accounts that nobody came back to (promise a48), through the journal of erasures as their person would: its steps are taken by
/// the rule for them.
async fn inactive_erased(run: &Run<'_>) -> Result<Batch, store::Error> {
    let accounts = &run.state.accounts;
    let by = [run.ago(inactivity::ERASED_AFTER_SECONDS), run.ago(inactivity::WARNING_SECONDS)];
    let users = retention::inactive(accounts, by[0], by[1], BATCH).await?;
    let mut rows = 0;
    for user in users {
        // Who knows the id may read the receipt; nobody is told it here, so it must not be guessed.
        let Ok(id) = random::uuid_v4() else { return Err(store::Error::Unavailable) };
        let closing = Closing {
            id,
            due: web::after(run.now, rights::ANSWER_SECONDS),
            backups_expire: web::after(run.now, erasure::BACKUP_SECONDS),
            again: web::after(run.now, erasure::AGAIN_SECONDS),
        };
        rows += i64::from(retention::close_inactive(accounts, run.now, by, user, &closing).await?);
    }
    Ok(Batch { rows, more: rows > 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_period_is_in_the_table() {
        for rule in ["usage", "usage-summaries", "waitlist", "beta-candidacies", "support", "downgraded-content", "proofs"] {
            assert!(seconds(rule).is_some_and(|seconds| seconds > 0), "{rule}");
        }
        assert_eq!(seconds("account"), None);
    }
}
