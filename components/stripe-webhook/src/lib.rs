//! The component `stripe-webhook`: takes what Stripe delivers.
//!
//! It holds the webhook secret and a password of the billing zone, and nothing that could call Stripe.

mod deliver;
mod ready;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use stripe::Secrets;
use utoipa::OpenApi;
use web::{Kind, Problem, log, settings};

/// The most bytes of a body here. Events are some thousand; a subscription with many items has more.
const BODY_LIMIT: usize = 512 * 1_024;

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    secrets: Secrets,
    /// Whether real money is meant.
    livemode: bool,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let secrets = Secrets::parse(&settings::required("stripe_webhook_secret").await?).map_err(|error| {
                log::failure("stripe_webhook_secret", &error);
                Problem::from(Kind::NotConfigured)
            })?;
            let livemode = match settings::required("stripe_mode").await?.trim() {
                "live" => true,
                "test" => false,
                _ => return Err(Kind::NotConfigured.into()),
            };
            Ok(State { accounts: settings::database("accounts_url").await?, secrets, livemode })
        })
        .await
}

/// Every handler with its documentation.
#[derive(OpenApi)]
#[openapi(paths(deliver::deliver))]
struct Document;

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new().route("/v1/stripe/webhook", post(deliver::deliver)).route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("stripe-webhook", router(), request).await
}
