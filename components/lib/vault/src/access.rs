//! Access tokens: Ed25519 JWTs (RFC 7519, RFC 8037, RFC 9068's `at+jwt`), 15 minutes.
//!
//! Only `otp`, `session` and `oauth` hold a [`Signer`]; every other component has a [`Verifier`] of public keys. Key ids begin
//! with `session-`, so that a receipt key in the same JWKS never verifies a session.

use std::sync::Once;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{Language, SessionId, TenantId, UserId, session::ACCESS_SECONDS};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::ErrorKind,
    signature::Error as SignatureError,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BadSecret, key_from_text};

/// The `kid` of every session key begins so.
pub const KID_PREFIX: &str = "session-";
const TYPE: &str = "at+jwt";

/// What an access token says. `role` and `phv` are hints for clients: the database decides (decision 10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Issuer: the public URL.
    pub iss: String,
    /// Audience: the public URL.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The tenant.
    pub tid: TenantId,
    /// Preferred language (promise a03).
    pub lang: Language,
    /// Role in the tenant.
    pub role: String,
    /// Whether the phone is verified.
    pub phv: bool,
    /// The session.
    pub sid: SessionId,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Expires, Unix seconds.
    pub exp: i64,
    /// Unique id of the token.
    pub jti: Uuid,
}

/// Signs access tokens.
pub struct Signer {
    kid: String,
    key: EncodingKey,
    issuer: String,
}

/// What [`Signer::sign`] needs to know of a person.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The user.
    pub user: UserId,
    /// The tenant.
    pub tenant: TenantId,
    /// The session.
    pub session: SessionId,
    /// Preferred language.
    pub language: Language,
    /// Role in the tenant.
    pub role: String,
    /// Whether the phone is verified.
    pub phone_verified: bool,
}

impl Signer {
    /// Reads `<kid>:<base64url of the 32-byte seed>`; of a comma-separated set the first signs.
    ///
    /// # Errors
    /// [`BadSecret`] where it is missing or of another form.
    pub fn parse(text: &str, issuer: &str) -> Result<Self, BadSecret> {
        install_provider();
        let entries =
            domain::keyset::entries(text, |kid| kid.starts_with(KID_PREFIX).then(|| kid.to_owned())).map_err(|_| BadSecret)?;
        let (kid, seed) = entries.into_iter().next().ok_or(BadSecret)?;
        let seed = key_from_text(seed)?;
        Ok(Self { kid, key: EncodingKey::from_ed_der(seed.as_ref()), issuer: issuer.to_owned() })
    }

    /// Signs a token that expires in 15 minutes.
    ///
    /// # Errors
    /// [`BadSecret`] if the key does not sign.
    pub fn sign(&self, subject: Subject, now: i64, jti: Uuid) -> Result<String, BadSecret> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: subject.user,
            tid: subject.tenant,
            lang: subject.language,
            role: subject.role,
            phv: subject.phone_verified,
            sid: subject.session,
            iat: now,
            exp: now.saturating_add(ACCESS_SECONDS),
            jti,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(|_| BadSecret)
    }
}

/// Verifies access tokens against a JWKS.
pub struct Verifier {
    keys: Vec<(String, DecodingKey)>,
    issuer: String,
}

/// A token that is not good. Why is nobody's business but the log's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours.
    #[error("the token is malformed or not signed by us")]
    Invalid,
    /// It was good once.
    #[error("the token has expired")]
    Expired,
}

/// The part of a JWK (RFC 7517, RFC 8037) that we write and read.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    kid: String,
    alg: String,
    x: String,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

impl Verifier {
    /// Reads a JWKS. Only Ed25519 keys whose id begins with [`KID_PREFIX`] count.
    ///
    /// # Errors
    /// [`BadSecret`] where it is no JWKS or has no such key.
    pub fn parse(jwks: &str, issuer: &str) -> Result<Self, BadSecret> {
        install_provider();
        let set: Jwks = serde_json::from_str(jwks).map_err(|_| BadSecret)?;
        let keys = set
            .keys
            .into_iter()
            .filter(|jwk| jwk.kty == "OKP" && jwk.crv == "Ed25519" && jwk.alg == "EdDSA" && jwk.kid.starts_with(KID_PREFIX));
        let keys = keys
            .map(|jwk| Ok((jwk.kid, DecodingKey::from_ed_der(key_from_text(&jwk.x)?.as_ref()))))
            .collect::<Result<Vec<_>, BadSecret>>()?;
        if keys.is_empty() { Err(BadSecret) } else { Ok(Self { keys, issuer: issuer.to_owned() }) }
    }

    /// Verifies signature, algorithm, type, issuer, audience and expiry (`now` in Unix seconds).
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) {
            return Err(TokenError::Invalid);
        }
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let (_, key) = self.keys.iter().find(|(known, _)| *known == kid).ok_or(TokenError::Invalid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.issuer]);
        // Checked below against the time that was passed in, without leeway.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(|_| TokenError::Invalid)?.claims;
        if now >= claims.exp { Err(TokenError::Expired) } else { Ok(claims) }
    }
}

/// The public half of a signing key set as a JWKS, for `asknpic keys`.
///
/// # Errors
/// [`BadSecret`] where the set is not of the form [`Signer::parse`] reads.
pub fn jwks_of(signing_keys: &str) -> Result<String, BadSecret> {
    let entries = domain::keyset::entries(signing_keys, |kid| Some(kid.to_owned())).map_err(|_| BadSecret)?;
    let keys = entries
        .into_iter()
        .map(|(kid, seed)| {
            let public = SigningKey::from_bytes(&*key_from_text(seed)?).verifying_key();
            let x = BASE64_URL_SAFE_NO_PAD.encode(public.as_bytes());
            Ok(serde_json::json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}))
        })
        .collect::<Result<Vec<_>, BadSecret>>()?;
    Ok(serde_json::json!({ "keys": keys }).to_string())
}

/// `jsonwebtoken` takes its algorithms from a provider; the ones it brings pull in RSA and the NIST curves, half a megabyte of
/// wasm that only `oauth` needs. Ours knows Ed25519 alone, so that no other algorithm can be talked into it.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        let seed = <[u8; 32]>::try_from(key.as_bytes()).map_err(|_| ErrorKind::InvalidKeyFormat)?;
        match algorithm {
            Algorithm::EdDSA => Ok(Box::new(Ed25519Signer(SigningKey::from_bytes(&seed)))),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        }
    },
    verifier_factory: |algorithm, key| {
        let bytes = <[u8; 32]>::try_from(key.try_get_as_bytes()?).map_err(|_| ErrorKind::InvalidKeyFormat)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| ErrorKind::InvalidKeyFormat)?;
        match algorithm {
            Algorithm::EdDSA => Ok(Box::new(Ed25519Verifier(key))),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        }
    },
    key_utils: KeyUtils::new_unimplemented(),
};

fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The only other way to lose this race is a second provider in the process, which nothing here installs.
        let _ = PROVIDER.install_default();
    });
}

struct Ed25519Signer(SigningKey);

impl jsonwebtoken::signature::Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.sign(message).to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(VerifyingKey);

impl jsonwebtoken::signature::Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let signature = Signature::from_slice(signature).map_err(|_| SignatureError::new())?;
        // Strict: refuses the malleable encodings and small-order keys that RFC 8032 leaves open.
        self.0.verify_strict(message, &signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://asknpic.example";

    fn set(kid: &str, byte: u8) -> String {
        format!("{kid}:{}", BASE64_URL_SAFE_NO_PAD.encode([byte; 32]))
    }

    fn token(set: &str, issuer: &str, now: i64) -> String {
        let subject = Subject {
            user: Uuid::from_u128(1).into(),
            tenant: Uuid::from_u128(2).into(),
            session: Uuid::from_u128(3).into(),
            language: Language::Fr,
            role: "owner".to_owned(),
            phone_verified: true,
        };
        Signer::parse(set, issuer).expect("a key").sign(subject, now, Uuid::from_u128(4)).expect("signs")
    }

    fn forged(header: &str, token: &str, signature: &str) -> String {
        let claims = token.split('.').nth(1).expect("claims");
        format!("{}.{claims}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn promise_a66_a_token_lives_fifteen_minutes() {
        let keys = set("session-1", 1);
        let verifier = Verifier::parse(&jwks_of(&keys).expect("jwks"), ISSUER).expect("keys");
        let token = token(&keys, ISSUER, 1_000);
        assert_eq!(verifier.verify(&token, 1_899).map(|claims| claims.exp), Ok(1_900));
        assert_eq!(verifier.verify(&token, 1_900), Err(TokenError::Expired));
    }

    #[test]
    fn promise_a03_the_language_is_in_the_token() {
        let keys = set("session-1", 1);
        let verifier = Verifier::parse(&jwks_of(&keys).expect("jwks"), ISSUER).expect("keys");
        assert_eq!(verifier.verify(&token(&keys, ISSUER, 0), 0).map(|claims| claims.lang), Ok(Language::Fr));
    }

    #[test]
    fn forgeries_are_refused() {
        let keys = set("session-1", 1);
        let jwks = jwks_of(&keys).expect("jwks");
        let verifier = Verifier::parse(&jwks, ISSUER).expect("keys");
        let good = token(&keys, ISSUER, 1_000);
        let signature = good.rsplit('.').next().expect("signature").to_owned();
        let public = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let hs256_input = forged(r#"{"alg":"HS256","typ":"at+jwt","kid":"session-1"}"#, &good, "");
        let hs256 = {
            let key = MacKeyForTest(public.as_bytes());
            format!("{hs256_input}{}", BASE64_URL_SAFE_NO_PAD.encode(key.sign(hs256_input.trim_end_matches('.').as_bytes())))
        };
        for bad in [
            String::new(),
            "a.b.c".to_owned(),
            forged(r#"{"alg":"none","typ":"at+jwt","kid":"session-1"}"#, &good, ""),
            forged(r#"{"alg":"EdDSA","typ":"JWT","kid":"session-1"}"#, &good, &signature),
            forged(r#"{"alg":"EdDSA","typ":"at+jwt"}"#, &good, &signature),
            hs256,
            token(&set("session-1", 2), ISSUER, 1_000),
            token(&set("session-2", 1), ISSUER, 1_000),
            token(&keys, "https://other.example", 1_000),
            format!("{good}x"),
            good.replace('.', ".."),
        ] {
            assert_eq!(verifier.verify(&bad, 1_000), Err(TokenError::Invalid), "{bad}");
        }
        assert!(verifier.verify(&good, 1_000).is_ok());
    }

    #[test]
    fn a_receipt_key_never_verifies_a_session() {
        let jwks = jwks_of(&set("receipt-1", 1)).expect("jwks");
        assert!(Verifier::parse(&jwks, ISSUER).is_err());
        assert!(Signer::parse(&set("receipt-1", 1), ISSUER).is_err());
    }

    /// HMAC-SHA256 as the classic confusion attack would use it, with the public key as secret.
    struct MacKeyForTest<'a>(&'a [u8; 32]);

    impl MacKeyForTest<'_> {
        fn sign(&self, message: &[u8]) -> [u8; 32] {
            crate::MacKey::parse(&BASE64_URL_SAFE_NO_PAD.encode(self.0)).expect("a key").mac_raw(message)
        }
    }
}
