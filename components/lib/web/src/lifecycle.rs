//! The private component `lifecycle`, for those who call it.

use std::{collections::BTreeMap, time::Duration};

use axum::{body::Body, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Context, Kind, Problem, internal::Peer, log, sse};

/// The path of its run over all rules.
pub const PATH: &str = "/v1/internal/retention";
/// The path of its run over the steps of one erasure.
pub const ERASURE_PATH: &str = "/v1/internal/erasures";
/// The path of the component `dataset`, which the lifecycle job calls.
pub const DATASET_PATH: &str = "/v1/internal/dataset";
/// How long a run over all rules may take before it stops between two batches; the next run goes on.
pub const BUDGET: Duration = Duration::from_mins(1);
/// How long the caller waits: the budget, and the longest batch.
const DEADLINE: Duration = Duration::from_secs(90);
/// The most bytes of its answer.
const LIMIT: usize = 16_384;

/// How many rows each rule dealt with, by the rule's name.
pub type Counts = BTreeMap<String, i64>;

/// The erasure whose steps are to be taken.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Its id.
    pub erasure_id: Uuid,
}

/// What a run over all rules, or over the dataset, is to do.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetentionRun)]
pub struct RetentionRun {
    /// Counts what is due now and changes nothing. What a run brings about itself (the steps of an erasure that it begins, a warning's
    /// mail) is not among it.
    #[serde(default)]
    pub dry_run: bool,
}

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

    /// Has the open steps of an erasure taken.
    ///
    /// # Errors
    /// 503 where it does not answer, or a step failed: its next run takes it up.
    pub async fn erasure(&self, id: Uuid) -> Result<(), Problem> {
        let answer = self.0.post(ERASURE_PATH, &Erasure { erasure_id: id }, DEADLINE, LIMIT).await;
        match answer {
            Ok((status, _)) if status.is_success() => Ok(()),
            Ok(_) => Err(Kind::Unavailable.into()),
            Err(error) => {
                log::failure("lifecycle", &error);
                Err(Kind::Unavailable.into())
            }
        }
    }

    /// Runs every rule.
    ///
    /// # Errors
    /// 503 where it does not answer, or a rule failed: repeating does no harm.
    pub async fn retention(&self, run: RetentionRun) -> Result<Counts, Problem> {
        let (status, body) = self.0.post(PATH, &run, DEADLINE, LIMIT).await.map_err(unavailable)?;
        answered(status)?;
        serde_json::from_slice(&body).map_err(|_| Kind::Internal.into())
    }

    /// Runs every rule and tells of each as events: `progress` and `rule` (`{rule, rows}`), at the end `done` (the counts) or `error` (a
    /// problem).
    ///
    /// # Errors
    /// 503 where it does not answer.
    pub async fn watch(&self, context: &Context, run: RetentionRun) -> Result<Response, Problem> {
        let answer = self.0.watch(context, PATH, &run, DEADLINE).await.map_err(unavailable)?;
        answered(answer.status())?;
        Ok(sse::relayed(Body::new(answer.into_body())))
    }
}

fn unavailable(error: outbound::Error) -> Problem {
    log::failure("lifecycle", &error);
    Problem::retry(Kind::Unavailable, 60)
}

fn answered(status: StatusCode) -> Result<(), Problem> {
    if status.is_success() {
        return Ok(());
    }
    log::event("lifecycle-refused", serde_json::json!({ "status": status.as_u16() }));
    Err(Problem::retry(Kind::Unavailable, 60))
}
