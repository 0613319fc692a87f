//! The page for people, and the list behind it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};

use super::{Caught, Message};

/// Nothing but the page's own script and style, and no request to anywhere else.
const POLICY: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) fn routes() -> Router<Arc<Caught>> {
    Router::new()
        .route("/", get(async || asset("text/html; charset=utf-8", include_str!("page.html"))))
        .route("/page.css", get(async || asset("text/css; charset=utf-8", include_str!("page.css"))))
        .route("/page.js", get(async || asset("text/javascript; charset=utf-8", include_str!("page.js"))))
        .route("/messages", get(list).delete(forget))
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}

async fn list(State(caught): State<Arc<Caught>>) -> (HeaderPairs, Json<Vec<Message>>) {
    ([(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], Json(caught.newest_first()))
}

type HeaderPairs = [(header::HeaderName, &'static str); 2];

async fn forget(State(caught): State<Arc<Caught>>) -> StatusCode {
    caught.clear();
    StatusCode::NO_CONTENT
}
