//! A component's own readiness, which `meta` asks for.
//!
//! The path is reachable by service chaining only: no public route of a component covers it.

use std::collections::BTreeMap;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;

/// The path.
pub const PATH: &str = "/internal/ready";

/// Each dependency by name, and whether it is up.
pub type Dependencies = BTreeMap<String, bool>;

/// The answer: 200 where all are up, else 503; nothing more than names and booleans.
#[must_use]
pub fn answer(dependencies: Dependencies) -> Response {
    let status = if dependencies.values().all(|up| *up) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(dependencies)).into_response()
}
