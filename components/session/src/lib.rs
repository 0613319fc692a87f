//! The component `session`: sign-in, refresh, sign-out, open sessions.

mod create;
mod delete;
mod list;
mod ready;
mod refresh;
mod revoke;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{delete, get, post},
};
use utoipa::OpenApi;
use vault::{MacKey, access::Verifier};
use web::{Problem, keys::Limits, notify::Notifier, settings, tokens::Minter};

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    codes: MacKey,
    limits: Limits,
    notifier: Notifier,
    minter: Minter,
    public_url: String,
    verifier: Verifier,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            Ok(State {
                accounts: settings::database("accounts_url").await?,
                codes: settings::mac_key("otp_key").await?,
                limits: Limits::load().await?,
                notifier: Notifier::load().await?,
                minter: Minter::load().await?,
                public_url: settings::public_url().await?,
                verifier: settings::verifier().await?,
            })
        })
        .await
}

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(create::create, delete::delete, refresh::refresh, list::list, revoke::one, revoke::all))]
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
            .route("/v1/session", post(create::create).delete(self::delete::delete))
            .route("/v1/session/refresh", post(refresh::refresh))
            .route("/v1/me/sessions", get(list::list).delete(revoke::all))
            .route("/v1/me/sessions/{id}", delete(revoke::one))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("session", router(), request).await
}
