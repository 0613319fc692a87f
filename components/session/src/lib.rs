//! The component `session`: sign-in, refresh, sign-out, open sessions.

mod create;
mod delete;
mod list;
mod refresh;
mod revoke;

use std::sync::Arc;

use axum::routing::{delete, get, post};
use vault::{MacKey, access::Verifier};
use web::{Problem, keys::Limits, notify::Notifier, settings, tokens::Minter};

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    codes: MacKey,
    limits: Limits,
    notifier: Notifier,
    minter: Minter,
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
                minter: Minter::load().await?,
                public_url: settings::public_url().await?,
                verifier: settings::verifier().await?,
            })
        })
        .await
}

web::component! {
    "session",
    documented: [create::create, delete::delete, refresh::refresh, list::list, revoke::one, revoke::all],
    routes: {
        "/v1/session" => post(create::create).delete(self::delete::delete),
        "/v1/session/refresh" => post(refresh::refresh),
        "/v1/me/sessions" => get(list::list).delete(revoke::all),
        "/v1/me/sessions/{id}" => delete(revoke::one),
    },
    ready: state => [accounts],
}
