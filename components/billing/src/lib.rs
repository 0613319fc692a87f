//! The component `billing`: the overview, Checkout and portal sessions at Stripe, gift codes.

mod checkout;
mod customer;
mod overview;
mod portal;
mod ready;
mod redeem;
mod refusal;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    http::HeaderMap,
    routing::{get, post},
};
use utoipa::OpenApi;
use vault::{MacKey, access::Verifier};
use web::{Problem, address, auth::Bearer, settings};

/// The most bytes of a body here.
const BODY_LIMIT: usize = 4_096;

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    verifier: Verifier,
    /// For keyed hashes of limits and idempotency.
    limits: MacKey,
    /// For keyed hashes of gift codes.
    gifts: MacKey,
    /// The header of a declared proxy, or nothing.
    proxy: String,
    stripe: stripe::Client,
    /// Where Stripe sends people back to.
    public_url: String,
}

impl State {
    /// The keyed hash that a person's limits are counted under.
    fn person(&self, bearer: &Bearer) -> String {
        self.limits.lookup("billing-user", &[bearer.user.as_bytes()])
    }

    /// The keyed hash of the caller's address prefix.
    fn address(&self, headers: &HeaderMap) -> String {
        self.limits.lookup("address", &[&address::prefix(headers, &self.proxy)])
    }
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let (url, key) = (settings::required("stripe_url").await?, settings::secret("stripe_api_key").await?);
            Ok(State {
                accounts: settings::database("accounts_url").await?,
                verifier: settings::verifier().await?,
                limits: settings::mac_key("limit_key").await?,
                gifts: settings::mac_key("gift_key").await?,
                proxy: settings::proxy().await?,
                stripe: stripe::Client::new(&url, key).map_err(|error| refusal::problem(&error))?,
                public_url: settings::public_url().await?,
            })
        })
        .await
}

/// Every handler with its documentation.
#[derive(OpenApi)]
#[openapi(paths(overview::overview, checkout::checkout, portal::portal, redeem::redeem))]
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
            .route("/v1/billing", get(overview::overview))
            .route("/v1/billing/checkout", post(checkout::checkout))
            .route("/v1/billing/portal", post(portal::portal))
            .route("/v1/gift-codes/redeem", post(redeem::redeem))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("billing", router(), request).await
}
