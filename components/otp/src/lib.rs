//! The component `otp`: codes by SMS.

mod ready;
mod resend;
mod start;
mod verify;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use utoipa::OpenApi;
use vault::{MacKey, access::Verifier};
use web::{Problem, keys::Limits, notify::Notifier, settings, tokens::Minter};

/// The most bytes of a body here.
const BODY_LIMIT: usize = 4_096;

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    codes: MacKey,
    limits: Limits,
    notifier: Notifier,
    minter: Minter,
    verifier: Verifier,
    public_url: String,
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
                verifier: settings::verifier().await?,
                public_url: settings::public_url().await?,
            })
        })
        .await
}

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(verify::verify, resend::resend, start::start))]
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
            .route("/v1/otp/verify", post(verify::verify))
            .route("/v1/otp/resend", post(resend::resend))
            .route("/v1/otp/start", post(start::start))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("otp", router(), request).await
}
