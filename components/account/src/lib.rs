//! The component `account`: what a person sees and changes of their own account.

mod consents;
mod me;
mod ready;
mod requests;
mod rights;
mod security_events;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, put},
};
use utoipa::OpenApi;
use vault::access::Verifier;
use web::{Problem, settings};

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    verifier: Verifier,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || Ok(State { accounts: settings::database("accounts_url").await?, verifier: settings::verifier().await? }))
        .await
}

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(
    me::get,
    security_events::list,
    rights::training_objection,
    rights::restriction,
    consents::list,
    consents::put,
    requests::list
))]
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
            .route("/v1/me", get(me::get))
            .route("/v1/me/security-events", get(security_events::list))
            .route("/v1/me/training-objection", put(rights::training_objection))
            .route("/v1/me/restriction", put(rights::restriction))
            .route("/v1/me/consents", get(consents::list))
            .route("/v1/me/consents/{purpose}", put(consents::put))
            .route("/v1/me/requests", get(requests::list))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("account", router(), request).await
}
