//! Readiness of this component.

use axum::response::Response;

/// The database answers and every secret is there. Stripe itself is not asked: while it is down everything else here still serves.
pub(crate) async fn ready() -> Response {
    let state = crate::state().await;
    let accounts = match &state {
        Ok(state) => state.accounts.ping().await.is_ok(),
        Err(_) => false,
    };
    web::ready::answer([("billing".to_owned(), state.is_ok()), ("accounts".to_owned(), accounts)].into())
}
