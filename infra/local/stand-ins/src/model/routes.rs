//! The paths of Ollama's API that a client of a chat model needs.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Served, answer, chat, control};

/// The version of Ollama whose API this is.
const API_VERSION: &str = "0.12.6";
/// Prompts are texts; a body of more bytes is a mistake.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn routes(served: Arc<Served>) -> Router {
    Router::new()
        .route("/", get(async || "Ollama is running"))
        .route("/api/version", get(async || Json(json!({ "version": API_VERSION }))))
        .route("/api/tags", get(tags))
        .route("/api/ps", get(running))
        .route("/api/show", post(show))
        .route("/api/chat", post(chat::chat))
        .merge(control::routes())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(served)
}

async fn tags(State(served): State<Arc<Served>>) -> Json<Value> {
    Json(json!({ "models": [answer::listed(&served)] }))
}

/// The composer is always in memory, of which it takes none worth telling.
async fn running(State(served): State<Arc<Served>>) -> Json<Value> {
    let mut model = answer::listed(&served);
    model["expires_at"] = "2318-01-01T00:00:00Z".into();
    model["size_vram"] = 0.into();
    model["context_length"] = answer::CONTEXT_LENGTH.into();
    Json(json!({ "models": [model] }))
}

#[derive(Deserialize)]
struct ShowRequest {
    /// Older clients say `name`.
    #[serde(alias = "name", default)]
    model: String,
}

async fn show(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    served.record("/api/show", &body);
    match parse::<ShowRequest>(&body) {
        Ok(request) if request.model.is_empty() => answer::error(StatusCode::BAD_REQUEST, "model is required"),
        Ok(request) if !served.is_named(&request.model) => answer::not_found(&request.model),
        Ok(_) => Json(answer::shown(&served)).into_response(),
        Err(refusal) => *refusal,
    }
}

/// Reads a body whatever its media type says, as Ollama does (`curl -d` sends a form's).
pub(super) fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Box<Response>> {
    if body.is_empty() {
        return Err(Box::new(answer::error(StatusCode::BAD_REQUEST, "missing request body")));
    }
    serde_json::from_slice(body).map_err(|error| Box::new(answer::error(StatusCode::BAD_REQUEST, &error.to_string())))
}
