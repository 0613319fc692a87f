//! The component `signup`: a new account, by email, password and phone.

mod create;
mod ready;

use std::sync::{Arc, LazyLock};

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::MacKey;
use web::{Problem, keys::Limits, notify::Notifier, settings};

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    codes: MacKey,
    limits: Limits,
    notifier: Notifier,
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
            })
        })
        .await
}

fn routes() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(create::create))
}

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> =
        LazyLock::new(|| Router::from(routes()).route(web::ready::PATH, axum::routing::get(ready::ready)));
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("signup", router(), request).await
}
