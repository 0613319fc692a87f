//! Content whose generation may have none (any more).
//!
//! A generation's brief is kept before the model is asked and its file before it is delivered, each in a database of its own. Where
//! a crash comes in between, or a deletion reaches only one of them, `accounts` knows: these rules walk through each content database
//! in the order of ids, ask `accounts` about them, and remove the orphans. Where a run's time is up, the next one goes on from there.

use domain::GenerationId;
use store::{Database, accounts::lifecycle, briefs, files};

use super::{BATCH, Batch, Run};

pub(super) const BRIEFS: &str = "orphaned_briefs";
pub(super) const FILES: &str = "orphaned_files";

pub(super) async fn orphaned_briefs(run: &Run<'_>) -> Result<Batch, store::Error> {
    let database = &run.state.briefs;
    let after = lifecycle::position(&run.state.accounts, BRIEFS).await?;
    let ids = briefs::batch(database, after, BATCH).await?;
    let orphans = lifecycle::orphans(&run.state.accounts, &ids).await?;
    let rows = briefs::remove(database, &orphans).await?;
    moved(&run.state.accounts, BRIEFS, &ids).await.map(|more| Batch { rows, more })
}

pub(super) async fn orphaned_files(run: &Run<'_>) -> Result<Batch, store::Error> {
    let database = &run.state.files;
    let after = lifecycle::position(&run.state.accounts, FILES).await?;
    let ids = files::batch(database, after, BATCH).await?;
    let orphans = lifecycle::orphans(&run.state.accounts, &ids).await?;
    let rows = files::remove(database, &orphans).await?;
    moved(&run.state.accounts, FILES, &ids).await.map(|more| Batch { rows, more })
}

/// Notes where the next batch begins: after a full one behind its last id, else at the beginning. Whether there is a next one.
async fn moved(accounts: &Database, rule: &str, ids: &[GenerationId]) -> Result<bool, store::Error> {
    let full = usize::try_from(BATCH).is_ok_and(|batch| ids.len() >= batch);
    let last = ids.last().copied().filter(|_| full);
    lifecycle::moved(accounts, rule, last).await?;
    Ok(full)
}
