//! `POST /v1/ops/retention`.

use std::collections::BTreeMap;

use axum::{Json, http::HeaderMap};
use web::{Problem, auth, problem::ProblemDocument};

/// Runs every retention rule now; how many rows each dealt with, by the rule's name. Safe to repeat and to run twice at a time.
#[utoipa::path(
    post, path = "/v1/ops/retention", tag = "operations", security(("bearer" = [])),
    responses(
        (status = 200, description = "Rows by rule; 0 for all once there is nothing left to do", body = BTreeMap<String, i64>),
        (status = 401, description = "`unauthenticated`: not the operator's token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: a rule failed and will be gone on with by the next run; or `not-configured`", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn retention(headers: HeaderMap) -> Result<Json<BTreeMap<String, i64>>, Problem> {
    let state = crate::state().await?;
    auth::bearer_is(&headers, &state.token)?;
    state.lifecycle.retention().await.map(Json)
}
