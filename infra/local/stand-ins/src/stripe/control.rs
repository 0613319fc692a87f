//! `/_control/…`: what happens, faults and recorded calls, for tests that run in another process. Only this machine is answered.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, Fault, Recorded, State};
use crate::server::loopback_only;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/_control/act", post(act))
        .route("/_control/objects", get(objects))
        .route("/_control/fault", put(set).delete(clear))
        .route("/_control/requests", get(requests))
        .layer(from_fn(loopback_only))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(flatten)]
    act: Value,
    /// Whether to send the webhooks as well; without it they are only returned.
    #[serde(default)]
    deliver: bool,
}

async fn act(
    Shared(state): Shared<Arc<State>>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Vec<Value>>, (StatusCode, Json<Value>)> {
    let refused = |status, why: String| (status, Json(json!({ "error": why })));
    let act: Act =
        serde_json::from_value(wanted.act).map_err(|error| refused(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let events =
        state.act(act).map_err(|_| refused(StatusCode::CONFLICT, "it is not there, or not in a state for that".to_owned()))?;
    if wanted.deliver {
        state.deliver(&events).await;
    }
    Ok(Json(events))
}

async fn objects(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(json!(state.lock().objects))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFault {
    fault: Fault,
}

async fn set(Shared(state): Shared<Arc<State>>, Json(body): Json<SetFault>) -> StatusCode {
    state.faults.set(body.fault);
    StatusCode::NO_CONTENT
}

async fn clear(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

async fn requests(Shared(state): Shared<Arc<State>>) -> Json<Vec<Recorded>> {
    Json(state.lock().requests.iter().cloned().collect())
}
