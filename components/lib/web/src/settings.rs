//! Variables of the component, as `spin.toml` gives them.

use std::sync::Arc;

use domain::Secret;
use spin_sdk::variables;
use store::Database;
use vault::{MacKey, MasterKeys, access, receipt::ReceiptSigner};

use crate::{Kind, Problem, log};

/// A variable; empty counts as missing.
///
/// # Errors
/// [`Kind::NotConfigured`], with the variable's name in the log.
pub async fn required(name: &'static str) -> Result<String, Problem> {
    let value = optional(name).await?;
    if value.trim().is_empty() {
        log::event("not-configured", serde_json::json!({ "variable": name }));
        return Err(Kind::NotConfigured.into());
    }
    Ok(value)
}

/// A variable that may be empty.
///
/// # Errors
/// [`Kind::NotConfigured`] where the manifest does not give it to this component.
pub async fn optional(name: &'static str) -> Result<String, Problem> {
    variables::get(name).await.map_err(|_| {
        log::event("not-configured", serde_json::json!({ "variable": name }));
        Kind::NotConfigured.into()
    })
}

/// A number.
///
/// # Errors
/// [`Kind::NotConfigured`] where it is missing or no number.
pub async fn number(name: &'static str) -> Result<i32, Problem> {
    required(name).await?.trim().parse().map_err(|_| {
        log::event("not-configured", serde_json::json!({ "variable": name }));
        Kind::NotConfigured.into()
    })
}

/// Whether only a consent lets somebody be learnt from (promise c03): the variable `training_basis`. What is neither of its two values is
/// refused, not guessed.
///
/// # Errors
/// [`Kind::NotConfigured`].
pub async fn training_opt_in() -> Result<bool, Problem> {
    opt_in(&required("training_basis").await?)
}

fn opt_in(setting: &str) -> Result<bool, Problem> {
    match setting.trim() {
        "consent" => Ok(true),
        "legitimate-interest" => Ok(false),
        _ => {
            log::event("not-configured", serde_json::json!({ "variable": "training_basis" }));
            Err(Kind::NotConfigured.into())
        }
    }
}

/// A number that may be left out.
///
/// # Errors
/// [`Kind::NotConfigured`] where it is there and no number.
pub async fn optional_number(name: &'static str) -> Result<Option<i32>, Problem> {
    let text = optional(name).await?;
    if text.trim().is_empty() { Ok(None) } else { named(name, text.trim().parse().map(Some)) }
}

/// A secret that hides itself.
///
/// # Errors
/// [`Kind::NotConfigured`] where it is missing.
pub async fn secret(name: &'static str) -> Result<Secret, Problem> {
    required(name).await.map(Secret::new)
}

/// A key for keyed hashes.
///
/// # Errors
/// [`Kind::NotConfigured`] where it is missing or not 32 bytes of base64url.
pub async fn mac_key(name: &'static str) -> Result<MacKey, Problem> {
    named(name, MacKey::parse(&required(name).await?))
}

/// The master keys.
///
/// # Errors
/// [`Kind::NotConfigured`] where they are missing or malformed.
pub async fn master_keys() -> Result<Arc<MasterKeys>, Problem> {
    named("master_keys", MasterKeys::parse(&required("master_keys").await?)).map(Arc::new)
}

/// The address we are reached at: issuer and audience of tokens.
///
/// # Errors
/// [`Kind::NotConfigured`] where it is missing.
pub async fn public_url() -> Result<String, Problem> {
    Ok(required("public_url").await?.trim_end_matches('/').to_owned())
}

/// Verifies access tokens.
///
/// # Errors
/// [`Kind::NotConfigured`] where there are no public keys.
pub async fn verifier() -> Result<access::Verifier, Problem> {
    named("verification_keys", access::Verifier::parse(&required("verification_keys").await?, &public_url().await?))
}

/// Signs access tokens.
///
/// # Errors
/// [`Kind::NotConfigured`] where there is no signing key.
pub async fn signer() -> Result<access::Signer, Problem> {
    named("signing_key", access::Signer::parse(&required("signing_key").await?, &public_url().await?))
}

/// Signs receipts.
///
/// # Errors
/// [`Kind::NotConfigured`] where there is no receipt key.
pub async fn receipt_signer() -> Result<ReceiptSigner, Problem> {
    named("receipt_key", ReceiptSigner::parse(&required("receipt_key").await?))
}

/// The name of the header that a declared reverse proxy writes, or empty.
///
/// # Errors
/// [`Kind::NotConfigured`] where the manifest does not give it to this component, or it is a header that we do not read: then all
/// would be taken for one client, and one could use up everybody's limits.
pub async fn proxy() -> Result<String, Problem> {
    let name = optional("trusted_proxy").await?.trim().to_ascii_lowercase();
    let known = matches!(name.as_str(), "" | "forwarded" | "x-forwarded-for");
    named("trusted_proxy", if known { Ok(name) } else { Err(()) })
}

/// A database by the variable of its address.
///
/// # Errors
/// [`Kind::NotConfigured`] where it is missing, has no password or would permit plaintext (promise a69).
pub async fn database(name: &'static str) -> Result<Database, Problem> {
    named(name, Database::new(&required(name).await?, &optional("pg_ca").await?))
}

fn named<T, E>(name: &'static str, result: Result<T, E>) -> Result<T, Problem> {
    result.map_err(|_| {
        log::event("not-configured", serde_json::json!({ "variable": name }));
        Kind::NotConfigured.into()
    })
}

/// What a component parses once for each instance. An attempt that fails is tried again with the next request.
pub struct Once<T>(std::sync::OnceLock<Arc<T>>);

impl<T> Once<T> {
    /// Nothing parsed yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(std::sync::OnceLock::new())
    }

    /// The value, made by `make` where there is none yet.
    ///
    /// # Errors
    /// Whatever `make` fails with.
    pub async fn get(&self, make: impl AsyncFnOnce() -> Result<T, Problem>) -> Result<Arc<T>, Problem> {
        if let Some(value) = self.0.get() {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(make().await?);
        Ok(Arc::clone(self.0.get_or_init(|| value)))
    }
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basis_is_one_of_two() {
        assert_eq!((opt_in("consent").ok(), opt_in("legitimate-interest").ok()), (Some(true), Some(false)));
        assert!(opt_in("contract").is_err());
    }
}
