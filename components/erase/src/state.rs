//! What the component reads from its variables.

use std::sync::Arc;

use erasure::Runner;
use vault::{access::Verifier, receipt::ReceiptSigner};
use web::{Problem, lifecycle::Lifecycle, notify::Notifier, settings};

/// The databases, keys and neighbours of an erasure.
pub(crate) struct State {
    /// With all databases but the dataset, which no component with a public route may reach.
    pub(crate) runner: Runner,
    pub(crate) verifier: Verifier,
    pub(crate) receipts: ReceiptSigner,
    pub(crate) notifier: Notifier,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) public_url: String,
    /// Name of the header that a declared proxy writes, or empty.
    pub(crate) proxy: String,
}

/// The state, made once for each instance.
///
/// # Errors
/// 503 `not-configured`.
pub(crate) async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let notifier = Notifier::load().await?;
            Ok(State {
                runner: Runner {
                    accounts: settings::database("accounts_url").await?,
                    briefs: settings::database("briefs_url").await?,
                    files: settings::database("files_url").await?,
                    dataset: None,
                    notifier: Some(notifier.clone()),
                    stripe: None,
                },
                verifier: settings::verifier().await?,
                receipts: settings::receipt_signer().await?,
                notifier,
                lifecycle: Lifecycle::load().await?,
                public_url: settings::public_url().await?,
                proxy: settings::proxy().await?,
            })
        })
        .await
}
