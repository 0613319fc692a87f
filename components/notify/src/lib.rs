//! The component `notify`: the only one that can reach Brevo. Its routes are private, and calls carry a signature all the same,
//! since a remote one would be an open SMS relay (decision 14).

mod send;
mod texts;

use std::sync::Arc;

use axum::routing::post;
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

web::component! {
    "notify",
    routes: {
        web::notify::PATH => post(send::send),
    },
    // Brevo itself is not asked: its answer costs money or says nothing.
    ready: state => [],
}
