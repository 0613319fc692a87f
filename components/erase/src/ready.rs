//! Readiness of this component.

use axum::response::Response;

/// The databases answer and the keys are there.
pub(crate) async fn ready() -> Response {
    let Ok(state) = crate::state::state().await else {
        return web::ready::answer([("erase".to_owned(), false)].into());
    };
    let runner = &state.runner;
    let (accounts, briefs, files) = futures::join!(runner.accounts.ping(), runner.briefs.ping(), runner.files.ping());
    let up = [("accounts", accounts.is_ok()), ("briefs", briefs.is_ok()), ("files", files.is_ok()), ("erase", true)];
    web::ready::answer(up.map(|(name, up)| (name.to_owned(), up)).into())
}
