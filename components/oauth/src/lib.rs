//! The component `oauth`: sign-in with Google, GitHub, `LinkedIn` and Facebook, and the links between accounts and providers.

mod begin_link;
mod callback;
mod confirm;
mod links;
mod providers;
mod ready;
mod start;
mod state_cookie;
mod unlink;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use utoipa::OpenApi;
use vault::{MacKey, access::Verifier};
use web::{Problem, keys::Limits, method::get_only, notify::Notifier, settings};

use crate::providers::Providers;

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    /// Of states, nonces and PKCE verifiers.
    key: MacKey,
    /// Of tokens that are sent by email.
    tokens: MacKey,
    refresh_key: MacKey,
    verifier: Verifier,
    limits: Limits,
    notifier: Notifier,
    providers: Providers,
    public_url: String,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let public_url = settings::public_url().await?;
            Ok(State {
                accounts: settings::database("accounts_url").await?,
                key: settings::mac_key("oauth_key").await?,
                tokens: settings::mac_key("otp_key").await?,
                refresh_key: settings::mac_key("refresh_key").await?,
                verifier: settings::verifier().await?,
                limits: Limits::load().await?,
                notifier: Notifier::load().await?,
                providers: Providers::load(&public_url).await?,
                public_url,
            })
        })
        .await
}

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(start::start, callback::callback, confirm::confirm, links::list, begin_link::begin, unlink::unlink))]
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
            .route("/v1/oauth/{provider}/start", get_only(start::start))
            .route("/v1/oauth/{provider}/callback", get_only(callback::callback))
            .route("/v1/oauth/confirm", post(confirm::confirm))
            .route("/v1/me/links", get(links::list))
            .route("/v1/me/links/{provider}", post(begin_link::begin).delete(unlink::unlink))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("oauth", router(), request).await
}
