//! Access tokens, read without belief and forged.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::Ed25519KeyPair;
use serde_json::Value;

/// A token's header and claims, to be changed and signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt {
    /// Algorithm, type, key id.
    pub header: Value,
    /// What it says.
    pub claims: Value,
}

impl Jwt {
    /// What a token says, whoever signed it.
    #[must_use]
    pub fn read(token: &str) -> Self {
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, _] = parts.as_slice() else { panic!("no JWT: {token}") };
        let json = |part: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        Self { header: json(header), claims: json(claims) }
    }

    /// With a changed or removed (`Null`) member of the header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.header, name, value.into());
        self
    }

    /// With a changed or removed (`Null`) claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.claims, name, value.into());
        self
    }

    /// Signed with an Ed25519 seed.
    #[must_use]
    pub fn ed25519(&self, seed: &[u8]) -> String {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed of 32 bytes");
        self.signed(|message| pair.sign(message).as_ref().to_vec())
    }

    /// "Signed" with HMAC-SHA256, whatever the header says.
    #[must_use]
    pub fn hs256(&self, key: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        self.signed(|message| hmac::sign(&key, message).as_ref().to_vec())
    }

    /// With any bytes for a signature.
    #[must_use]
    pub fn with_signature(&self, signature: &[u8]) -> String {
        self.signed(|_| signature.to_vec())
    }

    fn signed(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&self.header), part(&self.claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    let members = object.as_object_mut().expect("an object");
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
}

/// The bytes behind `id:base64url`, the form of keys in variables; the first of a set.
#[must_use]
pub fn key_bytes(variable: &str) -> Vec<u8> {
    let first = variable.split(',').next().unwrap_or_default();
    let text = first.rsplit(':').next().unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.decode(text.trim()).expect("base64url")
}
