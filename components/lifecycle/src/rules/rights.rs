//! What is left of erasures and objections.

use std::time::Duration;

use store::{accounts::training, dataset};

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
    let wishes = training::dataset_removals(&run.state.accounts, BATCH).await?;
    let mut rows = 0;
    for (user, asked_at) in wishes {
        while dataset::delete_of(&run.state.dataset, user, BATCH).await? > 0 {}
        rows += i64::from(training::dataset_removed(&run.state.accounts, run.now, user, asked_at).await?);
    }
    Ok(Batch { rows, more: rows > 0 })
}

/// How many people wait for that.
pub(super) async fn dataset_removals_due(run: &Run<'_>) -> Result<i64, store::Error> {
    let wishes = training::dataset_removals(&run.state.accounts, i32::MAX).await?;
    Ok(i64::try_from(wishes.len()).unwrap_or(i64::MAX))
}
