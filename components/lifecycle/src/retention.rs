//! `POST /v1/internal/retention`: runs every rule.

use axum::{Json, body::Body, extract::Request};
use serde::Deserialize;
use web::{
    Problem, body, internal,
    lifecycle::{BUDGET, Counts, PATH},
};

use crate::rules;

const BODY_LIMIT: usize = 1_024;

/// Nothing is to be said but that it shall run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {}

/// Answers with the rows of each rule, or 503 where one of them failed; the others have run.
pub(crate) async fn retention(request: Request<Body>) -> Result<Json<Counts>, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    internal::verify(&state.key, PATH, &parts.headers, &raw)?;
    let Wanted {} = raw.parse()?;
    rules::run(&state, web::now(), BUDGET).await.map(Json)
}
