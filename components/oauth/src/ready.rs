//! Readiness of this component. Providers are not asked: their trouble is not ours, and every other way in goes on.

use axum::response::Response;

/// The database answers, every secret is there, and what is said of a provider is whole.
pub(crate) async fn ready() -> Response {
    let state = crate::state().await;
    let accounts = match &state {
        Ok(state) => state.accounts.ping().await.is_ok(),
        Err(_) => false,
    };
    web::ready::answer([("oauth".to_owned(), state.is_ok()), ("accounts".to_owned(), accounts)].into())
}
