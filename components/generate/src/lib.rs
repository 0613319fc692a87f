//! The component `generate`: from brief to final file, and the list of what was made.

mod admission;
mod chain;
mod chat_tokens;
mod checker;
mod create;
mod event;
mod leak;
mod list;
mod moderation;
mod plan;
mod prompt;
mod queue;
mod ready;
mod request;
mod retry;
mod sse;
mod state;
mod trace;
mod translation;

use std::sync::LazyLock;

use axum::{Router, routing::get};
use utoipa::OpenApi;

pub(crate) use state::{State, state};

/// Every handler with its documentation. Not part of the wasm: there it would take a tenth of the size and be built for nothing.
#[derive(OpenApi)]
#[openapi(paths(create::create, list::list))]
struct Document;

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new().route("/v1/generations", get(list::list).post(create::create)).route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("generate", router(), request).await
}
