//! The component `billing`: the overview, Checkout and portal sessions at Stripe, gift codes.

mod checkout;
mod customer;
mod overview;
mod portal;
mod redeem;
mod refusal;

use std::sync::Arc;

use axum::{
    http::HeaderMap,
    routing::{get, post},
};
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

web::component! {
    "billing",
    documented: [overview::overview, checkout::checkout, portal::portal, redeem::redeem],
    routes: {
        "/v1/billing" => get(overview::overview),
        "/v1/billing/checkout" => post(checkout::checkout),
        "/v1/billing/portal" => post(portal::portal),
        "/v1/gift-codes/redeem" => post(redeem::redeem),
    },
    // Stripe itself is not asked: while it is down everything else here still serves.
    ready: state => [accounts],
}
