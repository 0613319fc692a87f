//! The component `generate`: from brief to final file, and the list of what was made.

mod accept;
mod admission;
mod chain;
mod checker;
mod create;
mod cursor;
mod event;
mod key;
mod list;
mod neutral;
mod order;
mod prompt;
mod ready;
mod sse;
mod state;
mod steadfast;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use state::{State, state};

fn routes() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(create::create, list::list))
}

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

/// The component's router.
pub fn router() -> Router {
    Router::from(routes()).route(web::ready::PATH, axum::routing::get(ready::ready))
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("generate", router(), request).await
}
