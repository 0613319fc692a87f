//! The training dataset is another component's: this rule has it copy and remove (promises a18, a44).

use std::time::Duration;

use serde_json::json;
use web::{
    lifecycle::{Counts, DATASET_PATH},
    log,
};

use super::{Batch, Rule, Run};

/// How long it may take: its own budget, and the longest batch.
const DEADLINE: Duration = Duration::from_secs(45);
/// The most bytes of its answer.
const LIMIT: usize = 4_096;

pub(super) const RULES: &[Rule] = &[Rule { name: "dataset", batch: |run| Box::pin(dataset(run)) }];

/// One run of the component; none where it is not deployed.
async fn dataset(run: &Run<'_>) -> Result<Batch, store::Error> {
    let Some(peer) = &run.state.peer else { return Ok(Batch { rows: 0, more: false }) };
    let answer = peer.post(DATASET_PATH, &json!({}), DEADLINE, LIMIT).await;
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
    Ok(Batch { rows: counts.values().sum(), more: false })
}
