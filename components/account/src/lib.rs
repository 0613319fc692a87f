//! The component `account`: what a person sees and changes of their own account.

mod confirm;
mod consents;
mod forgot;
mod me;
mod password;
mod requests;
mod reset;
mod rights;
mod security_events;
mod update;
mod usage;

use std::sync::Arc;

use axum::routing::{get, post, put};
use vault::{MacKey, access::Verifier};
use web::{Problem, keys::Limits, notify::Notifier, settings};

/// The most bytes of a body here.
const BODY_LIMIT: usize = 4_096;

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    codes: MacKey,
    limits: Limits,
    notifier: Notifier,
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
                public_url: settings::public_url().await?,
                verifier: settings::verifier().await?,
            })
        })
        .await
}

web::component! {
    "account",
    documented: [
        me::get,
        security_events::list,
        rights::training_objection,
        rights::restriction,
        consents::list,
        consents::put,
        requests::list,
        usage::get,
        update::patch,
        password::put,
        forgot::forgot,
        reset::reset,
        confirm::confirm,
    ],
    routes: {
        "/v1/me" => get(me::get).patch(update::patch),
        "/v1/me/password" => put(password::put),
        "/v1/me/security-events" => get(security_events::list),
        "/v1/me/training-objection" => put(rights::training_objection),
        "/v1/me/restriction" => put(rights::restriction),
        "/v1/me/consents" => get(consents::list),
        "/v1/me/consents/{purpose}" => put(consents::put),
        "/v1/me/requests" => get(requests::list),
        "/v1/me/usage" => get(usage::get),
        "/v1/password/forgot" => post(forgot::forgot),
        "/v1/password/reset" => post(reset::reset),
        "/v1/email/confirm" => post(confirm::confirm),
    },
    ready: state => [accounts],
}
