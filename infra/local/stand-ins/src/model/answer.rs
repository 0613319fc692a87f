//! Answers in Ollama's shapes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Served;

/// The composer's context window; nothing is cut off here, clients read it.
pub(super) const CONTEXT_LENGTH: u64 = 32_768;

/// Ollama's errors: `{"error": "…"}`.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

pub(super) fn not_found(name: &str) -> Response {
    error(StatusCode::NOT_FOUND, &format!("model '{name}' not found"))
}

/// Now, in RFC 3339 with nanoseconds.
pub(super) fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// Changes with the composer's version, as a real model's digest changes with its weights.
fn digest(name: &str) -> String {
    hex::encode(Sha256::digest(format!("{name} {}", env!("CARGO_PKG_VERSION"))))
}

fn details() -> Value {
    json!({
        "parent_model": "",
        "format": "rules",
        "family": "composer",
        "families": ["composer"],
        "parameter_size": "0",
        "quantization_level": "none",
    })
}

/// The model in `/api/tags` and, with more members, in `/api/ps`.
pub(super) fn listed(served: &Served) -> Value {
    let mut model = json!({
        "name": served.name,
        "model": served.name,
        "modified_at": "2026-01-01T00:00:00Z",
        "size": 0,
        "digest": digest(&served.name),
        "details": details(),
    });
    add_remote(served, &mut model);
    model
}

/// The model in `/api/show`.
pub(super) fn shown(served: &Served) -> Value {
    let mut model = json!({
        "license": "Apache-2.0",
        "modelfile": "# Not a language model: a rule-based composer for development and tests.\n",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": details(),
        "model_info": {
            "general.architecture": "composer",
            "general.parameter_count": 0,
            "composer.context_length": CONTEXT_LENGTH,
        },
        "capabilities": ["completion"],
        "modified_at": "2026-01-01T00:00:00Z",
    });
    add_remote(served, &mut model);
    model
}

fn add_remote(served: &Served, model: &mut Value) {
    if let Some((host, name)) = served.faults.remote() {
        model["remote_host"] = host.into();
        model["remote_model"] = name.into();
    }
}
