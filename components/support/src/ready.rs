//! Readiness of this component.

use axum::response::Response;

/// The database answers and every secret is there.
pub(crate) async fn ready() -> Response {
    let state = crate::state().await;
    let accounts = match &state {
        Ok(state) => state.accounts.ping().await.is_ok(),
        Err(_) => false,
    };
    web::ready::answer([("support".to_owned(), state.is_ok()), ("accounts".to_owned(), accounts)].into())
}
