//! `asknpic receipt …`: checks the receipt of an erasure, offline: written from the description in the contract, apart from the code that signs.
//!
//! `signature` is a detached JWS (RFC 7515, appendix F): `<header>..<signature>`. What is signed is the header, a full stop, and the
//! base64url of the receipt without its signature in canonical form (RFC 8785).

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Receipt {
    /// Check the signature of an erasure's receipt, offline
    Verify(Verify),
}

/// Checks the signature of an erasure's receipt, offline
///
/// The public keys are at /.well-known/jwks.json of the installation that gave the receipt; keep a copy with it.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The receipt, as the API answered it
    #[arg(value_name = "FILE")]
    receipt: PathBuf,
    /// The public keys, a JWKS
    #[arg(long, value_name = "FILE")]
    jwks: PathBuf,
}

impl Receipt {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Self::Verify(Verify { receipt, jwks }) = self;
        let read = |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
        let kid = verify(&read(&receipt)?, &read(&jwks)?)?;
        print(&format!("{} holds: signed with {kid}\n", receipt.display()))?;
        Ok(())
    }
}

/// The header's `typ`: what makes a signature one of a receipt of an erasure.
const TYPE: &str = "asknpic-erasure-receipt+json";
/// The `kid` of a receipt key begins so.
const KID_PREFIX: &str = "receipt-";

/// Why a receipt does not hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a JSON object with a text `signature` of three parts, the middle one empty.
    #[error("this is not a receipt: it has no detached signature")]
    NotAReceipt,
    /// Signed for something else, or in another way.
    #[error("the signature is not one of an erasure's receipt")]
    OtherPurpose,
    /// No public key of that id.
    #[error("there is no public key {0}; take the JWKS of whoever gave the receipt")]
    UnknownKey(String),
    /// The public keys are no JWKS.
    #[error("the public keys are not a JWKS (RFC 7517)")]
    Jwks,
    /// The receipt is not what was signed.
    #[error("the signature does not fit: the receipt was changed, or it is not from whoever has this key")]
    Forged,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    x: String,
}

/// Whether a receipt is what the holder of a key in the JWKS signed; the key's id.
///
/// # Errors
/// Every [`Error`].
pub fn verify(receipt: &str, jwks: &str) -> Result<String, Error> {
    let mut receipt: Value = serde_json::from_str(receipt).map_err(|_| Error::NotAReceipt)?;
    let signature = receipt.as_object_mut().and_then(|members| members.remove("signature")).ok_or(Error::NotAReceipt)?;
    let (header, signature) = signature.as_str().and_then(|text| text.split_once("..")).ok_or(Error::NotAReceipt)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::NotAReceipt);
    let Header { alg, kid, typ } = serde_json::from_slice(&decode(header)?).map_err(|_| Error::NotAReceipt)?;
    if alg != "EdDSA" || typ != TYPE || !kid.starts_with(KID_PREFIX) {
        return Err(Error::OtherPurpose);
    }
    let Jwks { keys } = serde_json::from_str(jwks).map_err(|_| Error::Jwks)?;
    let key = keys.iter().find(|key| key.kid == kid && key.kty == "OKP" && key.crv == "Ed25519");
    let key = URL_SAFE_NO_PAD.decode(&key.ok_or_else(|| Error::UnknownKey(kid.clone()))?.x).map_err(|_| Error::Jwks)?;
    let payload = serde_json_canonicalizer::to_vec(&receipt).map_err(|_| Error::NotAReceipt)?;
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let verified = UnparsedPublicKey::new(&ED25519, key).verify(signed.as_bytes(), &decode(signature)?);
    verified.map(|()| kid).map_err(|_| Error::Forged)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    fn sign(receipt: &Value, kid: &str, typ: &str) -> (String, String) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "EdDSA", "kid": kid, "typ": typ }).to_string());
        let payload = URL_SAFE_NO_PAD.encode(serde_json_canonicalizer::to_vec(receipt).unwrap());
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(format!("{header}.{payload}").as_bytes()));
        let mut signed = receipt.clone();
        signed["signature"] = format!("{header}..{signature}").into();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key());
        let jwks = json!({ "keys": [{ "kty": "RSA" }, { "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x }] });
        (serde_json::to_string_pretty(&signed).unwrap(), jwks.to_string())
    }

    #[test]
    fn a_receipt_holds_as_it_was_signed_and_only_so() {
        let facts = json!({ "erasure_id": "x", "completed_at": null, "steps": [{ "name": "é", "done_at": "t" }] });
        let (receipt, jwks) = sign(&facts, "receipt-1", TYPE);
        assert_eq!(verify(&receipt, &jwks), Ok("receipt-1".to_owned()));
        assert_eq!(verify(&receipt.replace("null", "\"2026-11-21T08:00:00Z\""), &jwks), Err(Error::Forged));
        assert_eq!(verify(&receipt.replace('é', "e"), &jwks), Err(Error::Forged));
        let (_, other) = sign(&facts, "receipt-2", TYPE);
        assert_eq!(verify(&receipt, &other), Err(Error::UnknownKey("receipt-1".to_owned())));
        assert_eq!(verify(&receipt, "{}"), Err(Error::Jwks));
    }

    #[test]
    fn what_was_signed_for_something_else_is_no_receipt() {
        let facts = json!({ "erasure_id": "x" });
        for (kid, typ) in [("session-1", TYPE), ("receipt-1", "at+jwt")] {
            let (receipt, jwks) = sign(&facts, kid, typ);
            assert_eq!(verify(&receipt, &jwks), Err(Error::OtherPurpose), "{kid} {typ}");
        }
        for text in ["", "[]", "{}", r#"{"signature": 1}"#, r#"{"signature": "a.b.c"}"#, r#"{"signature": "!..!"}"#] {
            assert_eq!(verify(text, "{\"keys\":[]}"), Err(Error::NotAReceipt), "{text}");
        }
    }
}
