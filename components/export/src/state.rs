//! What the component reads from its variables.

use std::sync::Arc;

use store::Database;
use vault::{MasterKeys, access::Verifier};
use web::{Problem, settings};

/// The databases and keys of an export.
pub(crate) struct State {
    pub(crate) accounts: Database,
    pub(crate) briefs: Database,
    pub(crate) files: Database,
    pub(crate) verifier: Verifier,
    pub(crate) masters: Arc<MasterKeys>,
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
            Ok(State {
                accounts: settings::database("accounts_url").await?,
                briefs: settings::database("briefs_url").await?,
                files: settings::database("files_url").await?,
                verifier: settings::verifier().await?,
                masters: settings::master_keys().await?,
                proxy: settings::proxy().await?,
            })
        })
        .await
}
