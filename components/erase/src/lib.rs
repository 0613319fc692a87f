//! The component `erase`: closing an account, and the signed receipt of it.

mod create;
mod read;
mod ready;
mod receipt;
mod state;

use std::sync::LazyLock;

use axum::{
    Router,
    routing::{get, post},
};
use utoipa::OpenApi;

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(create::create, read::read))]
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
            .route("/v1/me/erasure", post(create::create))
            .route("/v1/erasures/{id}", get(read::read))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("erase", router(), request).await
}
