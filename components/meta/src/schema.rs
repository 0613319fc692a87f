//! `GET /schemas/parametric-1.json`.

use axum::{http::header, response::IntoResponse};

/// Generated from the types of the library `parametric`, and held to them by a test there.
const SCHEMA: &str = include_str!("../../lib/parametric/schema/parametric-1.json");

/// The JSON Schema of the parametric file format, version 1.
#[utoipa::path(
    get, path = "/schemas/parametric-1.json", tag = "operations",
    responses((status = 200, description = "The schema", content_type = "application/schema+json", body = Object))
)]
pub(crate) async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json"), (header::CACHE_CONTROL, "public, max-age=3600")], SCHEMA)
}
