//! The component `meta`: health, readiness, the OpenAPI document, the format's schema, the public keys, and the answer to every
//! path that no other component has.

mod healthz;
mod jwks;
mod openapi_json;
mod readyz;
mod schema;

use std::sync::LazyLock;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(healthz::healthz))
        .routes(routes!(readyz::readyz))
        .routes(routes!(jwks::jwks))
        .routes(routes!(openapi_json::document))
        .routes(routes!(schema::schema))
}

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| Router::from(routes()));
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("meta", router(), request).await
}
