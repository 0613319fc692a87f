//! The component `meta`: health, readiness, the OpenAPI document, the format's schema, the public keys, and the answer to every
//! path that no other component has.

mod healthz;
mod jwks;
mod openapi_json;
mod readyz;
mod schema;

use std::sync::LazyLock;

use axum::{Router, routing::get};
use utoipa::OpenApi;

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(healthz::healthz, readyz::readyz, jwks::jwks, openapi_json::document, schema::schema))]
struct Document;

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new()
            .route("/healthz", get(healthz::healthz))
            .route("/readyz", get(readyz::readyz))
            .route("/.well-known/jwks.json", get(jwks::jwks))
            .route("/openapi.json", get(openapi_json::document))
            .route("/schemas/parametric-1.json", get(schema::schema))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("meta", router(), request).await
}
