//! Readiness of this component.

use axum::response::Response;
use generation::Zone;

/// The databases answer, every secret is there, and the model is there and runs on the operator's own machine (promise a17).
pub(crate) async fn ready() -> Response {
    let Ok(state) = crate::state().await else {
        return web::ready::answer([("generate".to_owned(), false)].into());
    };
    let model = async {
        match state.model() {
            Ok(model) => model.inspect().await.inspect_err(|error| web::log::failure("model", error)).is_ok(),
            Err(_) => false,
        }
    };
    let databases: &[web::ready::Needs<Zone>] =
        &[("accounts", |zone| &zone.accounts), ("briefs", |zone| &zone.briefs), ("files", |zone| &zone.files)];
    let (databases, model) = futures::join!(web::ready::databases(&state.zone, databases), model);
    let own = [("generate".to_owned(), true), ("model".to_owned(), model)];
    web::ready::answer(databases.chain(own).collect())
}
