//! What both components read from their variables.

use std::sync::Arc;

use domain::{GenerationId, UserId};
use store::{Database, briefs, files};
use vault::{MacKey, MasterKeys, access::Verifier};
use web::{Problem, settings};

/// The three databases and the keys of the generation zone.
pub struct Zone {
    /// Accounts, generations' metadata, limits.
    pub accounts: Database,
    /// Encrypted briefs.
    pub briefs: Database,
    /// Encrypted files.
    pub files: Database,
    /// Verifies access tokens.
    pub verifier: Verifier,
    /// Encrypts and decrypts content.
    pub masters: Arc<MasterKeys>,
    /// For keyed hashes of limits and idempotency.
    pub limits: MacKey,
}

impl Zone {
    /// Reads the variables `accounts_url`, `briefs_url`, `files_url`, `verification_keys`, `master_keys` and `limit_key`.
    ///
    /// # Errors
    /// 503 `not-configured`.
    pub async fn load() -> Result<Self, Problem> {
        Ok(Self {
            accounts: settings::database("accounts_url").await?,
            briefs: settings::database("briefs_url").await?,
            files: settings::database("files_url").await?,
            verifier: settings::verifier().await?,
            masters: settings::master_keys().await?,
            limits: settings::mac_key("limit_key").await?,
        })
    }

    /// Removes a generation's content from both databases. Both are tried, whatever becomes of the other.
    ///
    /// # Errors
    /// As for any statement.
    pub async fn remove_content(&self, user: UserId, id: GenerationId) -> Result<(), store::Error> {
        let (briefs, files) = futures::join!(briefs::delete(&self.briefs, user, id), files::delete(&self.files, user, id));
        briefs.and(files)
    }
}
