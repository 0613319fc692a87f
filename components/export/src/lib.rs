//! The component `export`: everything held about a person, as an archive that is streamed while it is read.

mod archive;
mod chain;
mod export;
mod readme;
mod ready;
mod renderer;
mod state;

use std::sync::LazyLock;

use axum::{Router, routing::get};
use utoipa::OpenApi;
use web::method::get_only;

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(export::export))]
struct Document;

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The component's router, made once for each instance. A `HEAD` would use one of the day's exports up.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new().route("/v1/me/export", get_only(export::export)).route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("export", router(), request).await
}
