//! The component `dataset`: copies what may be learnt from into the training dataset, and takes it out again (promises a18, a44, c03). Its
//! routes are private; the lifecycle job calls it.

mod copy;
mod pair;
mod run;

use std::sync::Arc;

use axum::routing::post;
use store::Database;
use vault::{MacKey, MasterKeys};
use web::{Problem, settings};

/// What the component parses once for each instance.
struct State {
    accounts: Database,
    briefs: Database,
    files: Database,
    dataset: Database,
    masters: Arc<MasterKeys>,
    key: MacKey,
    /// Only a consent is a basis (promise c03).
    opt_in: bool,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            Ok(State {
                accounts: settings::database("accounts_url").await?,
                briefs: settings::database("briefs_url").await?,
                files: settings::database("files_url").await?,
                dataset: settings::database("dataset_url").await?,
                masters: settings::master_keys().await?,
                key: settings::mac_key("internal_key").await?,
                opt_in: settings::training_opt_in().await?,
            })
        })
        .await
}

web::component! {
    "dataset",
    routes: {
        web::lifecycle::DATASET_PATH => post(run::run),
    },
    ready: state => [accounts, briefs, files, dataset],
}
