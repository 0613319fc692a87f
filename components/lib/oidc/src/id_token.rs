//! ID tokens: whom to believe, in the order of `OpenID` Connect Core 1.0, 3.1.3.7.

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

/// Why a token is not believed.
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
    if expected.now >= claims.exp.saturating_add(LEEWAY) || claims.iat > expected.now.saturating_add(LEEWAY) {
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
