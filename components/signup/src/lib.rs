//! The component `signup`: a new account, by email, password and phone.

mod create;

use std::sync::Arc;

use axum::routing::post;
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

web::component! {
    "signup",
    documented: [create::create],
    routes: {
        "/v1/signup" => post(create::create),
    },
    ready: state => [accounts],
}
