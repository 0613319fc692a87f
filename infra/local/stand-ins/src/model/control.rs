//! `/_control/…`: faults and recorded requests for tests that run in another process. Only this machine is answered.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;

use super::{Fault, Recorded, Served};
use crate::server::loopback_only;

pub(super) fn routes() -> Router<Arc<Served>> {
    Router::new()
        .route("/_control/fault", put(set).delete(clear))
        .route("/_control/requests", get(requests).delete(forget))
        .layer(from_fn(loopback_only))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFault {
    fault: Fault,
    #[serde(default)]
    once: bool,
}

async fn set(State(served): State<Arc<Served>>, Json(body): Json<SetFault>) -> StatusCode {
    if body.once {
        served.faults.set_once(body.fault);
    } else {
        served.faults.set(body.fault);
    }
    StatusCode::NO_CONTENT
}

async fn clear(State(served): State<Arc<Served>>) -> StatusCode {
    served.faults.clear();
    StatusCode::NO_CONTENT
}

/// 404 where nothing is recorded: an empty list would say that nothing was asked.
async fn requests(State(served): State<Arc<Served>>) -> Result<Json<Vec<Recorded>>, StatusCode> {
    if served.record { Ok(Json(served.recorded().iter().cloned().collect())) } else { Err(StatusCode::NOT_FOUND) }
}

async fn forget(State(served): State<Arc<Served>>) -> StatusCode {
    if !served.record {
        return StatusCode::NOT_FOUND;
    }
    served.recorded().clear();
    StatusCode::NO_CONTENT
}
