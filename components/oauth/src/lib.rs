//! The component `oauth`: sign-in with Google, GitHub, `LinkedIn` and Facebook, and the links between accounts and providers.

mod begin_link;
mod callback;
mod confirm;
mod links;
mod providers;
mod start;
mod state_cookie;
mod unlink;

use std::sync::Arc;

use axum::routing::{get, post};
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

web::component! {
    "oauth",
    documented: [start::start, callback::callback, confirm::confirm, links::list, begin_link::begin, unlink::unlink],
    routes: {
        "/v1/oauth/{provider}/start" => get_only(start::start),
        "/v1/oauth/{provider}/callback" => get_only(callback::callback),
        "/v1/oauth/confirm" => post(confirm::confirm),
        "/v1/me/links" => get(links::list),
        "/v1/me/links/{provider}" => post(begin_link::begin).delete(unlink::unlink),
    },
    ready: state => [accounts],
}
