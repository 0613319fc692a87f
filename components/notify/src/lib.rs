//! The component `notify`: the only one that can reach Brevo. Its routes are private, and calls carry a signature all the same,
//! since a remote one would be an open SMS relay (decision 14).

mod ready;
mod send;
mod texts;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use brevo::Brevo;
use vault::MacKey;
use web::{Problem, settings};

/// What the component parses once for each instance.
struct State {
    brevo: Brevo,
    key: MacKey,
}

async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let url = settings::required("brevo_url").await?;
            let (key, sender) = (settings::secret("brevo_api_key").await?, settings::required("sms_sender").await?);
            let brevo = Brevo::new(&url, key, sender, settings::required("mail_from").await?);
            Ok(State { brevo, key: settings::mac_key("internal_key").await? })
        })
        .await
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> =
        LazyLock::new(|| Router::new().route(web::notify::PATH, post(send::send)).route(web::ready::PATH, get(ready::ready)));
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("notify", router(), request).await
}
