//! The private component `lifecycle`, for those who call it.

use std::{collections::BTreeMap, time::Duration};

use crate::{Kind, Problem, internal::Peer, log};

/// The path of its run over all rules.
pub const PATH: &str = "/v1/internal/retention";
/// How long a run over all rules may take before it stops between two batches; the next run goes on.
pub const BUDGET: Duration = Duration::from_mins(1);
/// How long the caller waits: the budget, and the longest batch.
const DEADLINE: Duration = Duration::from_secs(90);
/// The most bytes of its answer.
const LIMIT: usize = 16_384;

/// How many rows each rule dealt with, by the rule's name.
pub type Counts = BTreeMap<String, i64>;

/// Calls `lifecycle`.
#[derive(Clone, Debug)]
pub struct Lifecycle(Peer);

impl Lifecycle {
    /// Reads the variables `lifecycle_url` and `internal_key`.
    ///
    /// # Errors
    /// 503 `not-configured`.
    pub async fn load() -> Result<Self, Problem> {
        Peer::load("lifecycle_url").await.map(Self)
    }

    /// Runs every rule.
    ///
    /// # Errors
    /// 503 where it does not answer, or a rule failed: repeating does no harm.
    pub async fn retention(&self) -> Result<Counts, Problem> {
        let unavailable = || Problem::retry(Kind::Unavailable, 60);
        let (status, body) = self.0.post(PATH, &serde_json::json!({}), DEADLINE, LIMIT).await.map_err(|error| {
            log::failure("lifecycle", &error);
            unavailable()
        })?;
        if !status.is_success() {
            log::event("lifecycle-refused", serde_json::json!({ "status": status.as_u16() }));
            return Err(unavailable());
        }
        serde_json::from_slice(&body).map_err(|_| Kind::Internal.into())
    }
}
