//! Rules of the table in `domain::retention`: what is deleted when its time is up.

use domain::{
    erasure,
    inactivity::{ERASED_AFTER_SECONDS, WARNING_SECONDS},
    retention::rule_of,
    rights,
};
use jiff::Timestamp;
use store::{
    accounts::{
        inactivity::{self, Closing},
        retention,
    },
    briefs, files,
};
use vault::random;

use super::{BATCH, Batch, Rule, Run, Work, rows};

/// How far the walk through generations with content has come.
const CONTENT: &str = "expired_content";
/// The most generations that one batch of that walk looks at.
const PAGE: i32 = 1_000;
const WARNED: &str = "inactive_warned";

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: CONTENT,
        work: Work::Own { batch: |run| Box::pin(expired_content(run)), due: |run| Box::pin(content_due(run)) },
    },
    Rule {
        name: WARNED,
        work: Work::Own { batch: |run| Box::pin(inactive_warned(run)), due: |run| Box::pin(run.rows_due(WARNED)) },
    },
    Rule {
        name: "inactive_erased",
        work: Work::Own { batch: |run| Box::pin(inactive_erased(run)), due: |run| Box::pin(erasures_due(run)) },
    },
    rows("sessions"),
    rows("usage"),
    rows("usage_summaries"),
    rows("waitlist_pending"),
    rows("waitlist"),
    rows("beta_unconfirmed"),
    rows("beta_candidacies"),
    rows("support"),
    rows("evidence"),
    rows("evidence_log"),
    rows("security_events"),
    rows("mails_lost"),
];

impl Run<'_> {
    /// Downgrades of then or before keep nothing for an upgrade any more.
    fn downgraded_by(&self) -> Result<Timestamp, store::Error> {
        rule_of("downgraded-content").and_then(|rule| rule.due_since(self.now)).ok_or(store::Error::Decode)
    }

    /// The time so many seconds ago: what is of then or before is due.
    fn ago(&self, seconds: i64) -> Timestamp {
        web::after(self.now, -seconds)
    }

    /// Whoever was last active, and warned, by these times has not come back.
    fn inactive_by(&self) -> [Timestamp; 2] {
        [self.ago(ERASED_AFTER_SECONDS), self.ago(WARNING_SECONDS)]
    }
}

/// Removes content past its plan (promises a41, a48): first the content, then the note that it is gone, so that a run which is killed in
/// between leaves nothing that the next one does not find. Each run walks once through all generations that have content.
async fn expired_content(run: &Run<'_>) -> Result<Batch, store::Error> {
    let accounts = &run.state.accounts;
    let after = retention::position(accounts, CONTENT).await?;
    let page = retention::content_due(accounts, run.now, run.downgraded_by()?, after, PAGE).await?;
    let mut rows = 0;
    if !page.due.is_empty() {
        briefs::remove(&run.state.briefs, &page.due).await?;
        files::remove(&run.state.files, &page.due).await?;
        rows = retention::content_expired(accounts, run.now, &page.due).await?;
    }
    retention::moved(accounts, CONTENT, page.last).await?;
    Ok(Batch { rows, more: page.last.is_some() })
}

/// How many generations have content past their plan.
async fn content_due(run: &Run<'_>) -> Result<i64, store::Error> {
    let kept = run.downgraded_by()?;
    let (mut rows, mut after) = (0, None);
    loop {
        let page = retention::content_due(&run.state.accounts, run.now, kept, after, PAGE).await?;
        rows += i64::try_from(page.due.len()).unwrap_or(i64::MAX);
        after = page.last;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

/// Warns accounts that will be erased for inactivity (promise a48).
async fn inactive_warned(run: &Run<'_>) -> Result<Batch, store::Error> {
    let rows = inactivity::warn(&run.state.accounts, run.now, run.before(WARNED)?, BATCH).await?;
    Ok(Batch { rows, more: rows > 0 })
}

/// Erases accounts that nobody came back to (promise a48), through the journal of erasures as their person would: its steps are taken by
/// the rule for them.
async fn inactive_erased(run: &Run<'_>) -> Result<Batch, store::Error> {
    let (accounts, by) = (&run.state.accounts, run.inactive_by());
    let users = inactivity::due(accounts, by, BATCH).await?;
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
        rows += i64::from(inactivity::close(accounts, run.now, by, user, &closing).await?);
    }
    Ok(Batch { rows, more: rows > 0 })
}

/// How many accounts nobody came back to.
async fn erasures_due(run: &Run<'_>) -> Result<i64, store::Error> {
    let users = inactivity::due(&run.state.accounts, run.inactive_by(), i32::MAX).await?;
    Ok(i64::try_from(users.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_beyond_a_plan_has_a_period() {
        assert!(rule_of("downgraded-content").is_some_and(|rule| rule.due_since(Timestamp::UNIX_EPOCH).is_some()));
    }
}
