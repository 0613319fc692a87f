//! The component `support`: requests to support and their answers, encrypted under the person's own key (promise a76). Answers are
//! written with `asknpic support`.

mod create;
mod get;
mod list;
mod ready;
mod representation;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use utoipa::OpenApi;
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

/// Every handler with its documentation. Not part of the wasm, where it would weigh an eighth of the size for nothing.
#[derive(OpenApi)]
#[openapi(paths(create::create, list::list, get::read))]
struct Document;

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new()
            .route("/v1/support", post(create::create).get(list::list))
            .route("/v1/support/{id}", get(get::read))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("support", router(), request).await
}
