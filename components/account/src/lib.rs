//! The component `account`: what a person sees and changes of their own account.

mod confirm;
mod consents;
mod forgot;
mod me;
mod password;
mod ready;
mod requests;
mod reset;
mod rights;
mod security_events;
mod update;
mod usage;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post, put},
};
use utoipa::OpenApi;
use vault::{MacKey, access::Verifier};
use web::{Problem, keys::Limits, notify::Notifier, settings};

/// The most bytes of a body here.
const BODY_LIMIT: usize = 4_096;

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    codes: MacKey,
    limits: Limits,
    notifier: Notifier,
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
                public_url: settings::public_url().await?,
                verifier: settings::verifier().await?,
            })
        })
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
    requests::list,
    usage::get,
    update::patch,
    password::put,
    forgot::forgot,
    reset::reset,
    confirm::confirm,
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
            .route("/v1/me", get(me::get).patch(update::patch))
            .route("/v1/me/password", put(password::put))
            .route("/v1/me/security-events", get(security_events::list))
            .route("/v1/me/training-objection", put(rights::training_objection))
            .route("/v1/me/restriction", put(rights::restriction))
            .route("/v1/me/consents", get(consents::list))
            .route("/v1/me/consents/{purpose}", put(consents::put))
            .route("/v1/me/requests", get(requests::list))
            .route("/v1/me/usage", get(usage::get))
            .route("/v1/password/forgot", post(forgot::forgot))
            .route("/v1/password/reset", post(reset::reset))
            .route("/v1/email/confirm", post(confirm::confirm))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("account", router(), request).await
}
