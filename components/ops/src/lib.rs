//! The component `ops`: what an operator or a cron job calls. It has no database and no key of anybody's content: it only passes
//! calls on to the private component `lifecycle`.

mod ready;
mod retention;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use domain::Secret;
use utoipa::OpenApi;
use web::{Kind, Problem, lifecycle::Lifecycle, log, settings};

/// The fewest characters of an operator's token: 16 random bytes in base64url have 22.
const TOKEN_MIN: usize = 22;

/// What the component parses once for each instance.
struct State {
    token: Secret,
    lifecycle: Lifecycle,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let token = settings::secret("ops_token").await?;
            if token.expose().len() < TOKEN_MIN {
                log::event("not-configured", serde_json::json!({ "variable": "ops_token" }));
                return Err(Kind::NotConfigured.into());
            }
            Ok(State { token, lifecycle: Lifecycle::load().await? })
        })
        .await
}

/// Every handler with its documentation. Not part of the wasm: there it would take a tenth of the size and be built for nothing.
#[derive(OpenApi)]
#[openapi(paths(retention::retention))]
struct Document;

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new().route("/v1/ops/retention", post(retention::retention)).route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("ops", router(), request).await
}
