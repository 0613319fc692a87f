//! Readiness of this component. Brevo itself is not asked: its answer costs money or says nothing.

use axum::response::Response;

/// Every secret is there.
pub(crate) async fn ready() -> Response {
    web::ready::answer([("notify".to_owned(), crate::state().await.is_ok())].into())
}
