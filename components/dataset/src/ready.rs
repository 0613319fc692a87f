//! Readiness of this component.

use axum::response::Response;

/// The databases answer and every secret is there.
pub(crate) async fn ready() -> Response {
    let Ok(state) = crate::state().await else {
        return web::ready::answer([("dataset".to_owned(), false)].into());
    };
    let (accounts, briefs, files, dataset) =
        futures::join!(state.accounts.ping(), state.briefs.ping(), state.files.ping(), state.dataset.ping());
    let up = [("accounts", accounts), ("briefs", briefs), ("files", files), ("dataset", dataset)];
    web::ready::answer(up.map(|(name, up)| (name.to_owned(), up.is_ok())).into())
}
