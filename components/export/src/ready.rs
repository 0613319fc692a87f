//! Readiness of this component.

use axum::response::Response;

/// The databases answer and the keys are there.
pub(crate) async fn ready() -> Response {
    let Ok(state) = crate::state::state().await else {
        return web::ready::answer([("export".to_owned(), false)].into());
    };
    let (accounts, briefs, files) = futures::join!(state.accounts.ping(), state.briefs.ping(), state.files.ping());
    let up = [("accounts", accounts.is_ok()), ("briefs", briefs.is_ok()), ("files", files.is_ok()), ("export", true)];
    web::ready::answer(up.map(|(name, up)| (name.to_owned(), up)).into())
}
