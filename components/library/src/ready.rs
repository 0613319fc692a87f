//! Readiness of this component.

use axum::response::Response;

/// The databases answer and every secret is there.
pub(crate) async fn ready() -> Response {
    let Ok(zone) = crate::zone().await else {
        return web::ready::answer([("library".to_owned(), false)].into());
    };
    let own = [("library".to_owned(), true)];
    web::ready::answer(zone.ping().await.into_iter().chain(own).collect())
}
