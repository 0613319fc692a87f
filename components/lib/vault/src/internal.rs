//! Calls between components carry an HMAC of a shared key (decision 14): a `notify` that is deployed elsewhere would be an open
//! SMS relay without it.

use subtle::ConstantTimeEq as _;

use crate::MacKey;

/// The request header that carries [`sign`]'s value.
pub const HEADER: &str = "asknpic-signature";
/// How old or how far ahead a signature may be, in seconds: clocks of two hosts differ.
pub const TOLERANCE_SECONDS: i64 = 120;

/// Signs a body: `t=<unix seconds>,v1=<hex of HMAC-SHA256 over path and body>`.
#[must_use]
pub fn sign(key: &MacKey, now: i64, path: &str, body: &[u8]) -> String {
    format!("t={now},v1={}", hex(&mac(key, now, path, body)))
}

/// Whether a signature is right and recent.
#[must_use]
pub fn verify(key: &MacKey, now: i64, path: &str, body: &[u8], signature: &str) -> bool {
    let Some((time, given)) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")) else { return false };
    let Ok(time) = time.parse::<i64>() else { return false };
    let recent = now.checked_sub(time).is_some_and(|age| age.abs() <= TOLERANCE_SECONDS);
    recent && bool::from(hex(&mac(key, time, path, body)).as_bytes().ct_eq(given.as_bytes()))
}

fn mac(key: &MacKey, time: i64, path: &str, body: &[u8]) -> [u8; 32] {
    key.mac("internal-call", &[&time.to_be_bytes(), path.as_bytes(), body])
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn a_signature_holds_for_one_path_body_and_time() {
        let key = MacKey::parse(&BASE64_URL_SAFE_NO_PAD.encode([7; 32])).expect("a key");
        let signature = sign(&key, 1_000, "/sms", b"{}");
        assert!(verify(&key, 1_000, "/sms", b"{}", &signature));
        assert!(verify(&key, 1_120, "/sms", b"{}", &signature));
        assert!(!verify(&key, 1_121, "/sms", b"{}", &signature));
        assert!(!verify(&key, 879, "/sms", b"{}", &signature));
        assert!(!verify(&key, 1_000, "/email", b"{}", &signature));
        assert!(!verify(&key, 1_000, "/sms", b"{ }", &signature));
        assert!(!verify(&key, 1_000, "/sms", b"{}", "t=1000,v1="));
        assert!(!verify(&key, i64::MIN, "/sms", b"{}", &signature));
        assert!(!verify(&key, 1_000, "/sms", b"{}", ""));
    }
}
