//! Readiness of this component.

use axum::response::Response;

/// The databases answer and the key is there.
pub(crate) async fn ready() -> Response {
    let Ok(state) = crate::state().await else {
        return web::ready::answer([("lifecycle".to_owned(), false)].into());
    };
    let (accounts, briefs, files, dataset) =
        futures::join!(state.accounts.ping(), state.briefs.ping(), state.files.ping(), state.dataset.ping());
    let up = [
        ("accounts", accounts.is_ok()),
        ("briefs", briefs.is_ok()),
        ("files", files.is_ok()),
        ("dataset", dataset.is_ok()),
        ("lifecycle", true),
    ];
    web::ready::answer(up.map(|(name, up)| (name.to_owned(), up)).into())
}
