//! `/_control/…`: faults and recorded calls for tests that run in another process. Only this machine is answered.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;

use super::{Caught, Fault, Recorded};
use crate::server::loopback_only;

pub(super) fn routes() -> Router<Arc<Caught>> {
    Router::new()
        .route("/_control/fault", put(set).delete(clear))
        .route("/_control/requests", get(requests))
        .layer(from_fn(loopback_only))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFault {
    fault: Fault,
}

async fn set(State(caught): State<Arc<Caught>>, Json(body): Json<SetFault>) -> StatusCode {
    caught.faults.set(body.fault);
    StatusCode::NO_CONTENT
}

async fn clear(State(caught): State<Arc<Caught>>) -> StatusCode {
    caught.faults.clear();
    StatusCode::NO_CONTENT
}

async fn requests(State(caught): State<Arc<Caught>>) -> Json<Vec<Recorded>> {
    Json(caught.lock().requests.iter().cloned().collect())
}
