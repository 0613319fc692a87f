//! The component `lifecycle`: what happens to data by the passing of time. Its routes are private, and calls are signed all the
//! same. Each rule is one of a list (see [`rules`]); whoever brings a new kind of data adds its rule there.

mod erasures;
mod retention;
mod rules;

use std::sync::Arc;

use axum::routing::post;
use domain::Secret;
use erasure::Runner;
use store::Database;
use vault::MacKey;
use web::{Kind, Problem, internal::Peer, log, notify::Notifier, settings};

/// What the component parses once for each instance.
struct State {
    accounts: Database,
    briefs: Database,
    files: Database,
    dataset: Database,
    erasures: Runner,
    key: MacKey,
    /// Makes the tokens of mails' links.
    tokens: MacKey,
    notifier: Notifier,
    public_url: String,
    /// The component `dataset`, where there is one.
    peer: Option<Peer>,
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
                    stripe: stripe().await?.map(Arc::new),
                },
                accounts,
                briefs,
                files,
                dataset,
                key: settings::mac_key("internal_key").await?,
                tokens: settings::mac_key("contact_key").await?,
                notifier: Notifier::load().await?,
                public_url: settings::public_url().await?,
                peer: match settings::optional("dataset_peer_url").await?.trim() {
                    "" => None,
                    _ => Some(Peer::load("dataset_peer_url").await?),
                },
            })
        })
        .await
}

/// Stripe, where the operator takes payments; without a key there are no customers to erase.
async fn stripe() -> Result<Option<stripe::Client>, Problem> {
    let key = settings::optional("stripe_api_key").await?;
    if key.trim().is_empty() {
        return Ok(None);
    }
    let client = stripe::Client::new(&settings::required("stripe_url").await?, Secret::new(key));
    client.map(Some).map_err(|error| {
        log::failure("stripe", &error);
        Kind::NotConfigured.into()
    })
}

web::component! {
    "lifecycle",
    routes: {
        web::lifecycle::PATH => post(retention::retention),
        web::lifecycle::ERASURE_PATH => post(erasures::erasure),
    },
    ready: state => [accounts, briefs, files, dataset],
}
