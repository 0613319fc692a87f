//! Readiness of this component; `lifecycle` is asked by itself.

use axum::response::Response;

/// Every secret is there.
pub(crate) async fn ready() -> Response {
    web::ready::answer([("ops".to_owned(), crate::state().await.is_ok())].into())
}
