//! Receipts: documents signed so that whoever holds one can prove it later, offline, with the published keys.
//!
//! The signature is a detached JWS (RFC 7515, appendix F) over the document's canonical form (RFC 8785): `<header>..<signature>`, where
//! the header has `alg` `EdDSA` (RFC 8037), `kid` `receipt-…` and `typ`. Type and key are of receipts alone, so that nothing else we
//! sign ever passes for one, nor a receipt for a token.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Serialize;
use serde_json::json;

use crate::{BadSecret, key_from_text};

/// The `kid` of every receipt key begins so.
pub const KID_PREFIX: &str = "receipt-";
/// The header's `typ` for receipts of erasures.
pub const ERASURE: &str = "asknpic-erasure-receipt+json";

/// Signs receipts.
pub struct ReceiptSigner {
    kid: String,
    key: SigningKey,
}

impl ReceiptSigner {
    /// Reads `<kid>:<base64url of the 32-byte seed>`; of a comma-separated set the first signs.
    ///
    /// # Errors
    /// [`BadSecret`] where it is missing or of another form.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let entries =
            domain::keyset::entries(text, |kid| kid.starts_with(KID_PREFIX).then(|| kid.to_owned())).map_err(|_| BadSecret)?;
        let (kid, seed) = entries.into_iter().next().ok_or(BadSecret)?;
        Ok(Self { kid, key: SigningKey::from_bytes(&*key_from_text(seed)?) })
    }

    /// The detached signature of a document of the type given.
    ///
    /// # Errors
    /// [`BadSecret`] where the document has no canonical form (a number that JSON cannot hold).
    pub fn sign(&self, r#type: &str, document: &impl Serialize) -> Result<String, BadSecret> {
        let header = json!({ "alg": "EdDSA", "kid": self.kid, "typ": r#type }).to_string();
        let header = BASE64_URL_SAFE_NO_PAD.encode(header);
        let payload = serde_json_canonicalizer::to_vec(document).map_err(|_| BadSecret)?;
        let signed = format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(payload));
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        Ok(format!("{header}..{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl std::fmt::Debug for ReceiptSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<receipt key {}>", self.kid)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, VerifyingKey};

    use super::*;

    /// RFC 8032, section 7.1, test 1: the key; the signature is held to the same implementation in other hands by `asknpic receipt`.
    const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn a_signature_is_a_detached_jws_over_the_canonical_form() {
        let signer = ReceiptSigner::parse(&format!("receipt-1:{SEED}")).expect("a key");
        let one = signer.sign(ERASURE, &json!({ "b": 1, "a": "é\u{20ac}", "c": [1.0, 2e3] })).expect("signs");
        let other = signer.sign(ERASURE, &json!({ "c": [1, 2000], "a": "é€", "b": 1.0 })).expect("signs");
        assert_eq!(one, other, "the canonical form is signed, whatever the order and the writing");
        let (header, signature) = one.split_once("..").expect("detached");
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let head: serde_json::Value = serde_json::from_slice(&decode(header)).expect("JSON");
        assert_eq!(head, json!({ "alg": "EdDSA", "kid": "receipt-1", "typ": ERASURE }));
        let payload = BASE64_URL_SAFE_NO_PAD.encode("{\"a\":\"é€\",\"b\":1,\"c\":[1,2000]}");
        let key = VerifyingKey::from_bytes(&decode(PUBLIC).try_into().expect("32")).expect("a key");
        let signature = Signature::from_slice(&decode(signature)).expect("64 bytes");
        key.verify_strict(format!("{header}.{payload}").as_bytes(), &signature).expect("verifies");
    }

    #[test]
    fn a_key_of_another_purpose_signs_no_receipt() {
        for text in ["", "session-1:nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "receipt-1:short", SEED] {
            assert!(ReceiptSigner::parse(text).is_err(), "{text}");
        }
        assert!(!format!("{:?}", ReceiptSigner::parse(&format!("receipt-1:{SEED}")).expect("a key")).contains("nWG"));
    }
}
