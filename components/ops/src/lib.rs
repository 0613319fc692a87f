//! The component `ops`: what an operator or a cron job calls. It has no database and no key of anybody's content: it only passes
//! calls on to the private component `lifecycle`.

mod retention;

use std::sync::Arc;

use axum::routing::post;
use domain::Secret;
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

web::component! {
    "ops",
    documented: [retention::retention],
    routes: {
        "/v1/ops/retention" => post(retention::retention),
    },
    // `lifecycle` is asked by itself.
    ready: state => [],
}
