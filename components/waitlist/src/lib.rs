//! The component `waitlist`: the forms that anybody may send, for the waitlist (promises a01, a77) and the beta test (a07).
//!
//! Nobody is asked whether an address is theirs: what a form says counts once a token that went to the address came back. Each
//! answer is the same whether or not the address was known.

mod beta;
mod forms;
mod join;
mod leave;

use std::sync::Arc;

use axum::routing::{post, put};
use domain::{Email, limits};
use http::HeaderMap;
use vault::MacKey;
use web::{Problem, address, notify::Notifier, settings};

/// The most bytes of a body here; that of the longest candidacy.
const BODY_LIMIT: usize = 32_768;

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    /// Makes and reads the tokens of emails.
    tokens: MacKey,
    limits: MacKey,
    proxy: String,
    notifier: Notifier,
    public_url: String,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            Ok(State {
                accounts: settings::database("accounts_url").await?,
                tokens: settings::mac_key("contact_key").await?,
                limits: settings::mac_key("limit_key").await?,
                proxy: settings::proxy().await?,
                notifier: Notifier::load().await?,
                public_url: settings::public_url().await?,
            })
        })
        .await
}

impl State {
    /// The keyed hashes of the caller's address and of an email, under which forms are counted (promise a23).
    fn counted(&self, headers: &HeaderMap, email: &Email) -> [(limits::Limit, String); 2] {
        [
            (limits::FORM_ADDRESS, self.limits.lookup("address", &[&address::prefix(headers, &self.proxy)])),
            (limits::FORM_EMAIL, self.limits.lookup("form-email", &[email.expose().as_bytes()])),
        ]
    }
}

web::component! {
    "waitlist",
    documented: [join::join, join::confirm, leave::unsubscribe, leave::one_click, beta::apply, beta::confirm, beta::consents],
    routes: {
        "/v1/waitlist" => post(join::join),
        "/v1/waitlist/confirm" => post(join::confirm),
        "/v1/waitlist/unsubscribe" => post(leave::unsubscribe),
        web::contact::ONE_CLICK => post(leave::one_click),
        "/v1/beta" => post(beta::apply),
        "/v1/beta/confirm" => post(beta::confirm),
        "/v1/beta/consents" => put(beta::consents),
    },
    ready: state => [accounts],
}
