//! The component `support`: requests to support and their answers, encrypted under the person's own key (promise a76). Answers are
//! written with `asknpic support`.

mod create;
mod get;
mod list;
mod representation;

use std::sync::Arc;

use axum::routing::{get, post};
use vault::{MasterKeys, access::Verifier};
use web::{Problem, settings};

/// What the component parses once for each instance.
struct State {
    accounts: store::Database,
    verifier: Verifier,
    masters: Arc<MasterKeys>,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            Ok(State {
                accounts: settings::database("accounts_url").await?,
                verifier: settings::verifier().await?,
                masters: settings::master_keys().await?,
            })
        })
        .await
}

web::component! {
    "support",
    documented: [create::create, list::list, get::read],
    routes: {
        "/v1/support" => post(create::create).get(list::list),
        "/v1/support/{id}" => get(get::read),
    },
    ready: state => [accounts],
}
