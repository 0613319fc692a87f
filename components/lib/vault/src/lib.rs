//! Content keys and envelopes, passwords, tokens and codes: everything that is cryptography, over RustCrypto.
//!
//! Nothing here does I/O but [`random`], which asks the runtime for random bytes.

pub mod access;
pub mod content;
pub mod internal;
pub mod mac;
pub mod password;
pub mod random;
pub mod receipt;
pub mod refresh;

pub use content::{ContentKey, Envelope, MasterKeys, UserSalt};
pub use mac::MacKey;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A secret that is not configured, or not of the form it must have. Never says what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is missing or has not the form `asknpic keys generate` gives it")]
pub struct BadSecret;

/// Whether two secrets are the same, in a time that tells nothing but whether their lengths are.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// Decodes 32 bytes of base64url without padding.
fn key_from_text(text: &str) -> Result<Zeroizing<[u8; 32]>, BadSecret> {
    let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| BadSecret)?);
    let array: [u8; 32] = bytes.as_slice().try_into().map_err(|_| BadSecret)?;
    Ok(Zeroizing::new(array))
}
