//! What is left of erasures and objections.

use std::time::Duration;

use domain::retention::{self, Rule};
use store::{
    accounts::{erasures, rights},
    dataset,
};

use super::{BATCH, Batch, Run};

/// Erasures begin no further step after this time: the other rules run too.
const BUDGET: Duration = Duration::from_secs(20);

/// Takes the open steps of all erasures.
pub(super) async fn erasures(run: &Run<'_>) -> Result<Batch, store::Error> {
    let rows = run.state.erasures.run(None, BUDGET).await?;
    Ok(Batch { rows, more: rows > 0 })
}

/// Removes the dataset entries of those who objected or took their consent back (promise a44).
pub(super) async fn dataset_removals(run: &Run<'_>) -> Result<Batch, store::Error> {
    let wishes = rights::dataset_removals(&run.state.accounts, BATCH).await?;
    let mut rows = 0;
    for (user, asked_at) in wishes {
        while dataset::delete_of(&run.state.dataset, user, BATCH).await? > 0 {}
        rows += i64::from(rights::dataset_removed(&run.state.accounts, run.now, user, asked_at).await?);
    }
    Ok(Batch { rows, more: rows > 0 })
}

/// Takes the ids out of journal entries that no backup needs any more, and removes proofs whose time is up.
pub(super) async fn proofs(run: &Run<'_>) -> Result<Batch, store::Error> {
    let kept = retention::rule_of("proofs").and_then(Rule::seconds).unwrap_or_default();
    let rows = erasures::prune(&run.state.accounts, run.now, BATCH, web::after(run.now, -kept)).await?;
    Ok(Batch { rows, more: rows > 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_have_a_fixed_period() {
        assert!(retention::rule_of("proofs").and_then(Rule::seconds).is_some());
    }
}
