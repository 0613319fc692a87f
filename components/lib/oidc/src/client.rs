//! The calls to a provider: code against tokens, keys, and the two APIs of those that have no ID token.

use std::{
    sync::{LazyLock, Mutex},
    time::Duration,
};

use bytes::Bytes;
use domain::{Provider, Secret};
use form_urlencoded::Serializer;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use serde::Deserialize;
use spin_sdk::http::FullBody;
use vault::MacKey;

use crate::{
    Attempt, Error, Identity, authorization, cache, facebook, github,
    id_token::{self, Expected},
    keys::Keys,
};

/// How long a provider may take for one call; a sign-in makes three at most.
const DEADLINE: Duration = Duration::from_secs(8);
/// The most bytes of an answer that are read.
const ANSWER_LIMIT: usize = 131_072;
/// GitHub answers nobody without it.
const USER_AGENT: &str = "asknpic";

/// Where a provider is.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// Its page, for browsers.
    pub authorization: String,
    /// The origin that exchanges codes.
    pub token: String,
    /// The origin of its keys (`OpenID` Connect) or of its API.
    pub api: String,
    /// What its ID tokens and answers name as the issuer, where they do.
    pub issuer: Option<String>,
}

/// A client of one provider.
#[derive(Debug)]
pub struct Client {
    provider: Provider,
    endpoints: Endpoints,
    id: String,
    secret: Secret,
    redirect: String,
}

/// What differs between providers (their documentation of 2025).
struct Profile {
    scope: &'static str,
    /// Whether it takes a PKCE challenge. `LinkedIn` does so only for applications it has been asked to enable it for, Facebook only in
    /// its trial of `OpenID` Connect.
    pkce: bool,
    token_path: String,
    /// Of its keys, where it has ID tokens.
    keys_path: Option<&'static str>,
}

impl Profile {
    fn of(provider: Provider) -> Self {
        match provider {
            Provider::Google => Self {
                scope: "openid email profile",
                pkce: true,
                token_path: "/token".to_owned(),
                keys_path: Some("/oauth2/v3/certs"),
            },
            Provider::Linkedin => Self {
                scope: "openid email profile",
                pkce: false,
                token_path: "/oauth/v2/accessToken".to_owned(),
                keys_path: Some("/oauth/openid/jwks"),
            },
            Provider::Github => {
                Self { scope: "user:email", pkce: true, token_path: "/login/oauth/access_token".to_owned(), keys_path: None }
            }
            Provider::Facebook => Self {
                scope: "public_profile email",
                pkce: false,
                token_path: format!("/{}/oauth/access_token", facebook::VERSION),
                keys_path: None,
            },
        }
    }
}

#[derive(Deserialize)]
struct Tokens {
    access_token: Option<Secret>,
    id_token: Option<Secret>,
}

impl Client {
    /// `redirect` is where the provider sends browsers back to, exactly as it is registered there.
    #[must_use]
    pub fn new(provider: Provider, endpoints: Endpoints, id: String, secret: Secret, redirect: String) -> Self {
        Self { provider, endpoints, id, secret, redirect }
    }

    /// The address to send a browser to.
    #[must_use]
    pub fn authorization_url(&self, attempt: &Attempt, key: &MacKey) -> String {
        let profile = Profile::of(self.provider);
        let nonce = profile.keys_path.map(|_| attempt.nonce(key));
        let challenge = profile.pkce.then(|| attempt.challenge(key));
        let request = authorization::Request {
            endpoint: &self.endpoints.authorization,
            client: &self.id,
            redirect: &self.redirect,
            scope: profile.scope,
            state: attempt.state(),
            nonce: nonce.as_deref(),
            challenge: challenge.as_deref(),
        };
        request.url()
    }

    /// Whether an answer that names its issuer names this provider (RFC 9207, 2.4).
    #[must_use]
    pub fn is_issuer(&self, issuer: &str) -> bool {
        self.endpoints.issuer.as_deref().is_none_or(|own| own == issuer)
    }

    /// Who has signed in, by the code that the browser brought back; `now` in Unix seconds.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn identify(&self, code: &Secret, attempt: &Attempt, key: &MacKey, now: i64) -> Result<Identity, Error> {
        let profile = Profile::of(self.provider);
        let tokens = self.exchange(code, attempt, key, &profile).await?;
        match (self.provider, profile.keys_path) {
            (_, Some(path)) => {
                self.verify_id_token(&tokens.id_token.ok_or(Error::Refused)?, path, &attempt.nonce(key), now).await
            }
            (Provider::Facebook, None) => self.facebook(&tokens.access_token.ok_or(Error::Refused)?).await,
            (_, None) => self.github(&tokens.access_token.ok_or(Error::Refused)?).await,
        }
    }

    async fn exchange(&self, code: &Secret, attempt: &Attempt, key: &MacKey, profile: &Profile) -> Result<Tokens, Error> {
        let form = self.form(code, profile.pkce.then(|| attempt.verifier(key)).as_deref());
        let request = Request::post(format!("{}{}", self.endpoints.token, profile.token_path))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, USER_AGENT)
            .body(FullBody::new(Bytes::from(form)));
        // GitHub says no with 200 and an `error`: then there is no token in it.
        serde_json::from_slice(&call(request).await?).map_err(|_| Error::Malformed)
    }

    /// RFC 6749, 4.1.3, with the client's secret in the body, which all four take.
    fn form(&self, code: &Secret, verifier: Option<&str>) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.expose())
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("client_id", &self.id)
            .append_pair("client_secret", self.secret.expose());
        if let Some(verifier) = verifier {
            form.append_pair("code_verifier", verifier);
        }
        form.finish()
    }

    async fn verify_id_token(&self, token: &Secret, path: &str, nonce: &str, now: i64) -> Result<Identity, Error> {
        let expected = Expected {
            issuer: self.endpoints.issuer.as_deref().unwrap_or_default(),
            client: &self.id,
            nonce,
            nonce_may_be_missing: self.provider == Provider::Linkedin,
            now,
        };
        let url = format!("{}{path}", self.endpoints.api);
        let identify = |keys: &Keys| id_token::identity(self.provider, token.expose(), keys, expected);
        let fetch = async || {
            let request = Request::get(&url).header(header::ACCEPT, "application/json").body(FullBody::new(Bytes::new()));
            Keys::parse(&call(request).await?).map_err(|_| Error::Malformed)
        };
        cache::with_keys(&CACHE, &url, now, identify, fetch).await
    }

    async fn github(&self, token: &Secret) -> Result<Identity, Error> {
        let get = |path: &str| {
            Request::get(format!("{}{path}", self.endpoints.api))
                .header(header::AUTHORIZATION, bearer(token))
                .header(header::ACCEPT, "application/vnd.github+json")
                .header(HeaderName::from_static("x-github-api-version"), "2022-11-28")
                .header(header::USER_AGENT, USER_AGENT)
                .body(FullBody::new(Bytes::new()))
        };
        let user = call(get("/user")).await?;
        let emails = call(get("/user/emails")).await?;
        github::identity(&user, &emails).ok_or(Error::Malformed)
    }

    async fn facebook(&self, token: &Secret) -> Result<Identity, Error> {
        let proof = facebook::proof(token.expose(), self.secret.expose());
        let version = facebook::VERSION;
        let url = format!("{}/{version}/me?fields=id,email,first_name,last_name&appsecret_proof={proof}", self.endpoints.api);
        let request = Request::get(url).header(header::AUTHORIZATION, bearer(token)).body(FullBody::new(Bytes::new()));
        facebook::identity(&call(request).await?).ok_or(Error::Malformed)
    }
}

/// A token that is no header value is one that its provider will refuse.
fn bearer(token: &Secret) -> HeaderValue {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

async fn call(request: Result<Request<FullBody<Bytes>>, http::Error>) -> Result<Bytes, Error> {
    let request = request.map_err(|_| Error::NotAllowed)?;
    match outbound::call(request, DEADLINE, ANSWER_LIMIT).await {
        Ok((status, body)) => verdict(status).map_or(Ok(body), Err),
        Err(outbound::Error::Refused | outbound::Error::Address) => Err(Error::NotAllowed),
        Err(outbound::Error::TooLarge) => Err(Error::Malformed),
        Err(outbound::Error::Timeout | outbound::Error::Unreachable) => Err(Error::Unavailable),
    }
}

fn verdict(status: StatusCode) -> Option<Error> {
    match status {
        status if status.is_success() => None,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Some(Error::Unavailable),
        status if status.is_server_error() => Some(Error::Unavailable),
        _ => Some(Error::Refused),
    }
}

/// Keys by their address; they live as long as the instance.
static CACHE: LazyLock<Mutex<cache::Cache>> = LazyLock::new(Mutex::default);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_provider_in_trouble_is_worth_another_try() {
        assert_eq!(verdict(StatusCode::OK), None);
        assert_eq!(verdict(StatusCode::BAD_REQUEST), Some(Error::Refused));
        assert_eq!(verdict(StatusCode::UNAUTHORIZED), Some(Error::Refused));
        assert_eq!(verdict(StatusCode::FOUND), Some(Error::Refused));
        assert_eq!(verdict(StatusCode::BAD_GATEWAY), Some(Error::Unavailable));
        assert_eq!(verdict(StatusCode::TOO_MANY_REQUESTS), Some(Error::Unavailable));
    }

    #[test]
    fn a_client_asks_for_what_its_provider_knows() {
        let key = MacKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").expect("a key");
        for (provider, nonce, pkce) in [
            (Provider::Google, true, true),
            (Provider::Linkedin, true, false),
            (Provider::Github, false, true),
            (Provider::Facebook, false, false),
        ] {
            let origin = || "https://provider.example".to_owned();
            let endpoints = Endpoints { authorization: origin(), token: origin(), api: origin(), issuer: Some(origin()) };
            let client =
                Client::new(provider, endpoints, "us".to_owned(), Secret::new("x"), "https://us.example/back".to_owned());
            let url = client.authorization_url(&Attempt::new(provider).expect("random"), &key);
            assert_eq!((url.contains("&nonce="), url.contains("&code_challenge_method=S256")), (nonce, pkce), "{url}");
            assert!(client.is_issuer("https://provider.example") && !client.is_issuer("https://evil.example"));
        }
    }
}
