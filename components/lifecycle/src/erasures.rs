//! `POST /v1/internal/erasures`: takes the open steps of one erasure that `erase` has just begun.

use axum::{body::Body, extract::Request, http::StatusCode};
use web::{
    Problem, body, internal,
    lifecycle::{BUDGET, ERASURE_PATH, Erasure},
};

const BODY_LIMIT: usize = 1_024;

/// Answers 204 once every step whose time has come is done, or 503: the next run over all rules takes up what is left.
pub(crate) async fn erasure(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    internal::verify(&state.key, ERASURE_PATH, &parts.headers, &raw)?;
    let Erasure { erasure_id } = raw.parse()?;
    state.erasures.run(Some(erasure_id), BUDGET).await?;
    Ok(StatusCode::NO_CONTENT)
}
