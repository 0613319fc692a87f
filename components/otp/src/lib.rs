//! The component `otp`: codes by SMS.

mod resend;
mod start;
mod verify;

use std::sync::Arc;

use axum::routing::post;
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

web::component! {
    "otp",
    documented: [verify::verify, resend::resend, start::start],
    routes: {
        "/v1/otp/verify" => post(verify::verify),
        "/v1/otp/resend" => post(resend::resend),
        "/v1/otp/start" => post(start::start),
    },
    ready: state => [accounts],
}
