//! The training dataset is another component's: this rule has it copy and remove (promises a18, a44).

use std::time::Duration;

use serde_json::json;
use web::{
    lifecycle::{Counts, DATASET_PATH, RetentionRun},
    log,
};

use super::{Batch, Rule, Run, Work};

/// How long it may take: its own budget, and the longest batch.
const DEADLINE: Duration = Duration::from_secs(45);
/// The most bytes of its answer.
const LIMIT: usize = 4_096;

pub(super) const RULES: &[Rule] = &[Rule {
    name: "dataset",
    work: Work::Own {
        batch: |run| Box::pin(async { Ok(Batch { rows: dataset(run, false).await?, more: false }) }),
        due: |run| Box::pin(dataset(run, true)),
    },
}];

/// One run of the component, or what it would do; nothing where it is not deployed.
async fn dataset(run: &Run<'_>, dry_run: bool) -> Result<i64, store::Error> {
    let Some(peer) = &run.state.peer else { return Ok(0) };
    let answer = peer.post(DATASET_PATH, &RetentionRun { dry_run }, DEADLINE, LIMIT).await;
    let counts = match answer {
        Ok((status, body)) if status.is_success() => serde_json::from_slice::<Counts>(&body).ok(),
        Ok((status, _)) => {
            log::event("dataset-refused", json!({ "status": status.as_u16() }));
            None
        }
        Err(error) => {
            log::failure("dataset", &error);
            None
        }
    };
    let counts = counts.ok_or(store::Error::Unavailable)?;
    Ok(counts.values().sum())
}
