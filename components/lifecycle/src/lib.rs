//! The component `lifecycle`: what happens to data by the passing of time. Its routes are private, and calls are signed all the
//! same. Each rule is one of a list (see [`rules`]); whoever brings a new kind of data adds its rule there.

mod erasures;
mod ready;
mod retention;
mod rules;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use erasure::Runner;
use store::Database;
use vault::MacKey;
use web::{Problem, notify::Notifier, settings};

/// What the component parses once for each instance.
struct State {
    accounts: Database,
    briefs: Database,
    files: Database,
    dataset: Database,
    erasures: Runner,
    key: MacKey,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let (accounts, briefs) = (settings::database("accounts_url").await?, settings::database("briefs_url").await?);
            let (files, dataset) = (settings::database("files_url").await?, settings::database("dataset_url").await?);
            Ok(State {
                erasures: Runner {
                    accounts: accounts.clone(),
                    briefs: briefs.clone(),
                    files: files.clone(),
                    dataset: Some(dataset.clone()),
                    notifier: Some(Notifier::load().await?),
                },
                accounts,
                briefs,
                files,
                dataset,
                key: settings::mac_key("internal_key").await?,
            })
        })
        .await
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new()
            .route(web::lifecycle::PATH, post(retention::retention))
            .route(web::lifecycle::ERASURE_PATH, post(erasures::erasure))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("lifecycle", router(), request).await
}
