//! The component `stripe-webhook`: takes what Stripe delivers.
//!
//! It holds the webhook secret and a password of the billing zone, and nothing that could call Stripe.

mod deliver;

use std::sync::Arc;

use axum::routing::post;
use stripe::Secrets;
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

web::component! {
    "stripe-webhook",
    documented: [deliver::deliver],
    routes: {
        "/v1/stripe/webhook" => post(deliver::deliver),
    },
    ready: state => [accounts],
}
