//! Verification of ID tokens, in the order of `OpenID` Connect Core 1.0, 3.1.3.7.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::Provider;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    identity::{Identity, Raw},
    keys::{self, Algorithm, Keys},
};

/// How far a provider's clock may be from ours, in seconds.
const LEEWAY: i64 = 60;

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who issues it.
    pub issuer: &'a str,
    /// Whom it is for: our client id.
    pub client: &'a str,
    /// Which try it belongs to.
    pub nonce: &'a str,
    /// `LinkedIn` leaves the nonce out. Its token comes by our own call over TLS, for a code that was bound to the browser by the state.
    pub nonce_may_be_missing: bool,
    /// Unix seconds.
    pub now: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a token in three parts with the claims it must have, or with an extension we do not know.
    #[error("the token is malformed")]
    Malformed,
    /// Not signed by the issuer.
    #[error(transparent)]
    Key(#[from] keys::Error),
    /// Of somebody else.
    #[error("the token is of another issuer")]
    Issuer,
    /// For somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// Too old, or of the future.
    #[error("the token is not of this time")]
    Expired,
    /// Of another try.
    #[error("the token is of another request")]
    Nonce,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    sub: String,
    email: Option<String>,
    email_verified: Option<Flag>,
    hd: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// A flag, which some providers write as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

/// Who a token says has signed in.
///
/// # Errors
/// [`Error`]; with [`keys::Error::UnknownKey`] the keys may be out of date.
pub fn identity(provider: Provider, token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Identity, Error> {
    let claims = claims(token, keys, expected)?;
    let raw = Raw {
        id: &claims.sub,
        email: claims.email.as_deref(),
        verified: claims.email_verified.as_ref().is_some_and(Flag::is_set),
        hosted: claims.hd.as_deref().is_some_and(|domain| !domain.is_empty()),
        first_name: claims.given_name.as_deref(),
        last_name: claims.family_name.as_deref(),
    };
    Identity::of(provider, raw).ok_or(Error::Malformed)
}

fn claims(token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Claims, Error> {
    let (message, signature) = token.rsplit_once('.').ok_or(Error::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(Error::Malformed)?;
    let header: Header = part(header)?;
    // RFC 7515, 4.1.11: an extension that must be understood and is not.
    if header.crit.is_some() {
        return Err(Error::Malformed);
    }
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| Error::Malformed)?;
    keys.verify(header.alg, header.kid.as_deref(), message.as_bytes(), &signature)?;
    let claims: Claims = part(claims)?;
    if claims.iss != expected.issuer {
        return Err(Error::Issuer);
    }
    // An audience beside us is nobody we trust, and the party it was issued to must be us.
    let for_us = match &claims.aud {
        Audience::One(client) => client == expected.client,
        Audience::Many(clients) => !clients.is_empty() && clients.iter().all(|client| client == expected.client),
    };
    if !for_us || claims.azp.as_deref().is_some_and(|client| client != expected.client) {
        return Err(Error::Audience);
    }
    let latest = expected.now.saturating_add(LEEWAY);
    if expected.now >= claims.exp.saturating_add(LEEWAY) || claims.iat > latest || claims.nbf.is_some_and(|from| from > latest) {
        return Err(Error::Expired);
    }
    match &claims.nonce {
        Some(nonce) if nonce == expected.nonce => Ok(claims),
        None if expected.nonce_may_be_missing => Ok(claims),
        _ => Err(Error::Nonce),
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Error::Malformed)
}

impl Flag {
    fn is_set(&self) -> bool {
        match self {
            Self::Bool(flag) => *flag,
            Self::Text(text) => text == "true",
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::provider::EmailTrust;
    use serde_json::Value;

    use super::*;

    /// Tokens by Node's own cryptography, each right or wrong in one thing; `vectors/make.mjs` made them.
    fn vectors() -> Value {
        serde_json::from_str(include_str!("../vectors/id-tokens.json")).expect("vectors")
    }

    fn text<'a>(vectors: &'a Value, name: &str) -> &'a str {
        vectors[name].as_str().expect("a text")
    }

    fn expected(vectors: &Value) -> Expected<'_> {
        let [issuer, client, nonce] = ["issuer", "client", "nonce"].map(|name| text(vectors, name));
        Expected { issuer, client, nonce, nonce_may_be_missing: false, now: vectors["now"].as_i64().expect("a time") }
    }

    fn keys(vectors: &Value) -> Keys {
        Keys::parse(serde_json::json!({ "keys": vectors["keys"] }).to_string().as_bytes()).expect("keys")
    }

    fn named(result: Result<&Identity, &Error>) -> &'static str {
        match result {
            Ok(_) => "good",
            Err(Error::Malformed) => "malformed",
            Err(Error::Key(keys::Error::UnknownKey)) => "unknown-key",
            Err(Error::Key(keys::Error::Signature)) => "signature",
            Err(Error::Issuer) => "issuer",
            Err(Error::Audience) => "audience",
            Err(Error::Expired) => "expired",
            Err(Error::Nonce) => "nonce",
        }
    }

    #[test]
    fn each_token_is_taken_or_refused_for_its_own_reason() {
        let vectors = vectors();
        let (keys, expected) = (keys(&vectors), expected(&vectors));
        let tokens = vectors["tokens"].as_array().expect("tokens");
        assert_eq!(tokens.len(), 46);
        for token in tokens {
            let [what, wanted, token] = ["what", "expected", "token"].map(|name| text(token, name));
            let result = identity(Provider::Google, token, &keys, expected);
            let lax = identity(Provider::Linkedin, token, &keys, Expected { nonce_may_be_missing: true, ..expected });
            // Only where a provider leaves the nonce out may it be missing; a wrong one counts nowhere.
            let (strictly, laxly) = if wanted == "no-nonce" { ("nonce", "good") } else { (wanted, wanted) };
            assert_eq!((named(result.as_ref()), named(lax.as_ref())), (strictly, laxly), "{what}");
            if let Ok(identity) = result {
                let email = identity.email.expect("an address");
                let name = identity.first_name.expect("a name");
                assert_eq!(
                    (identity.external_id.as_str(), email.expose(), name.expose()),
                    ("4711", "ada@gmail.com", "Ada"),
                    "{what}"
                );
                assert_eq!(identity.trust, EmailTrust::Owned, "{what}");
            }
        }
    }

    #[test]
    fn a_token_is_for_one_issuer_one_client_one_try_and_one_time() {
        let vectors = vectors();
        let (keys, right) = (keys(&vectors), expected(&vectors));
        let good = text(&vectors["tokens"][0], "token");
        let refused = |expected: Expected<'_>| named(identity(Provider::Google, good, &keys, expected).as_ref());
        assert_eq!(refused(right), "good");
        assert_eq!(refused(Expected { issuer: "https://other.example", ..right }), "issuer");
        assert_eq!(refused(Expected { issuer: "", ..right }), "issuer");
        assert_eq!(refused(Expected { client: "other", ..right }), "audience");
        assert_eq!(refused(Expected { nonce: "other", ..right }), "nonce");
        // Good for an hour; our clock may be a minute off, either way.
        assert_eq!(refused(Expected { now: right.now + 3_659, ..right }), "good");
        assert_eq!(refused(Expected { now: right.now + 3_660, ..right }), "expired");
        assert_eq!(refused(Expected { now: right.now - 65, ..right }), "good");
        assert_eq!(refused(Expected { now: right.now - 66, ..right }), "expired");
        assert_eq!(refused(Expected { now: i64::MAX, ..right }), "expired");
        assert_eq!(refused(Expected { now: i64::MIN, ..right }), "expired");
    }

    #[test]
    fn a_set_without_a_usable_key_is_none() {
        for set in [r#"{"keys": []}"#, r#"{"keys": [{"kty": "oct", "k": "AA"}]}"#, "{}", "[]", "", "null", r#"{"keys": {}}"#] {
            assert!(Keys::parse(set.as_bytes()).is_err(), "{set}");
        }
    }
}
