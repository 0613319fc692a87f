//! `GET /openapi.json`.

use axum::{http::header, response::IntoResponse};

/// Written by `cargo run -p asknpic-openapi` from every component's code, and held to it by a test.
const DOCUMENT: &str = include_str!("../../../openapi.json");

/// This contract, as OpenAPI 3.1.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operations",
    responses((status = 200, description = "The document", content_type = "application/json", body = Object))
)]
pub(crate) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], DOCUMENT)
}
