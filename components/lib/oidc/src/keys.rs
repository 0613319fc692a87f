//! A provider's public keys (RFC 7517) and signatures by them (RFC 7518).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Verifier as _;
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPublicKey, traits::PublicKeyParts as _};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// Bytes of the shortest modulus that counts (RFC 7518, 3.3: 2,048 bits or more).
const RSA_BYTES: usize = 256;
/// What stands before a SHA-256 hash in a PKCS #1 v1.5 signature (RFC 8017, 9.2, note 1).
const SHA256_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A signature's algorithm. There are no others: `none` and the symmetric ones cannot even be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 (RFC 8037).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A set of keys. What is no signing key of ours to use is left out.
#[derive(Clone, Debug)]
pub struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    kid: Option<String>,
    public: Public,
}

#[derive(Clone, Debug)]
enum Public {
    Rsa(RsaPublicKey),
    P256(Box<p256::ecdsa::VerifyingKey>),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The set has no key of that id for that algorithm: the provider may have changed its keys since.
    #[error("the key is not in the set")]
    UnknownKey,
    /// The key did not make it.
    #[error("the signature is not of this key")]
    Signature,
}

/// Not a set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a set of keys")]
pub struct NotKeys;

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Reads a set.
    ///
    /// # Errors
    /// [`NotKeys`] where it is none, or has no key to verify with.
    pub fn parse(json: &[u8]) -> Result<Self, NotKeys> {
        let set: Set = serde_json::from_slice(json).map_err(|_| NotKeys)?;
        // One key that we cannot read is no reason to do without the others.
        let jwks = set.keys.into_iter().filter_map(|jwk| serde_json::from_value::<Jwk>(jwk).ok());
        let keys: Vec<_> = jwks.filter_map(|jwk| Some(Key { public: jwk.public()?, kid: jwk.kid })).collect();
        if keys.is_empty() { Err(NotKeys) } else { Ok(Self(keys)) }
    }

    /// Verifies a signature. Without a key id the set must have exactly one key for the algorithm.
    ///
    /// # Errors
    /// [`Error`].
    pub fn verify(&self, algorithm: Algorithm, kid: Option<&str>, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let mut fitting = self.0.iter().filter(|key| {
            let same = kid.is_none() || key.kid.as_deref() == kid;
            same && key.public.algorithm() == algorithm
        });
        let (Some(key), None) = (fitting.next(), fitting.next()) else { return Err(Error::UnknownKey) };
        key.public.verify(message, signature).ok_or(Error::Signature)
    }
}

impl Jwk {
    fn public(&self) -> Option<Public> {
        if self.r#use.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: &Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        let (public, alg) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let key = RsaPublicKey::new(
                    BoxedUint::from_be_slice_vartime(&bytes(&self.n)?),
                    BoxedUint::from_be_slice_vartime(&bytes(&self.e)?),
                )
                .ok()?;
                ((key.size() >= RSA_BYTES).then_some(Public::Rsa(key))?, "RS256")
            }
            ("EC", Some("P-256")) => {
                // SEC 1, 2.3.3: an uncompressed point.
                let point = [&[4], bytes(&self.x)?.as_slice(), bytes(&self.y)?.as_slice()].concat();
                (Public::P256(Box::new(p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?)), "ES256")
            }
            ("OKP", Some("Ed25519")) => {
                let key = bytes(&self.x)?.try_into().ok()?;
                (Public::Ed25519(Box::new(ed25519_dalek::VerifyingKey::from_bytes(&key).ok()?)), "EdDSA")
            }
            _ => return None,
        };
        self.alg.as_deref().is_none_or(|named| named == alg).then_some(public)
    }
}

impl Public {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        match self {
            Self::Rsa(key) => {
                let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: Box::new(SHA256_PREFIX) };
                key.verify(scheme, &Sha256::digest(message), signature).ok()
            }
            Self::P256(key) => key.verify(message, &p256::ecdsa::Signature::from_slice(signature).ok()?).ok(),
            Self::Ed25519(key) => {
                // Strict: refuses the malleable encodings and small-order keys that RFC 8032 leaves open.
                key.verify_strict(message, &ed25519_dalek::Signature::from_slice(signature).ok()?).ok()
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    impl Keys {
        /// Whether a key of this id is in the set.
        pub(crate) fn has(&self, kid: &str) -> bool {
            self.0.iter().any(|key| key.kid.as_deref() == Some(kid))
        }
    }

    /// A set of keys with these ids, all the one of RFC 8037, appendix A.
    pub(crate) fn set(kids: &[&str]) -> Keys {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let keys: Vec<_> =
            kids.iter().map(|kid| serde_json::json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x})).collect();
        Keys::parse(serde_json::json!({ "keys": keys }).to_string().as_bytes()).expect("a set")
    }
}
