//! The key that signs ID tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::Shared;

const KID: &str = "local-1";

/// A P-256 key, for ES256.
#[derive(Debug)]
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    pub(super) fn generate() -> std::io::Result<Self> {
        let failed = || std::io::Error::other("no key");
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(|_| failed())?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).map_err(|_| failed())?;
        Ok(Self(pair))
    }

    /// A signed token; `None` where the system has no random bytes.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&json!({ "alg": "ES256", "kid": KID, "typ": "JWT" })), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).ok()?;
        Some(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The public half (RFC 7517).
pub(super) async fn set(State(shared): State<Arc<Shared>>) -> Json<Value> {
    // An uncompressed point: 4, x, y.
    let point = shared.key.0.public_key().as_ref().get(1..).unwrap_or_default();
    let (x, y) = point.split_at(point.len() / 2);
    let text = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KID, "x": text(x), "y": text(y) });
    Json(json!({ "keys": [key] }))
}
