//! Stand-ins for the providers one can sign in with: Google and `LinkedIn` (`OpenID` Connect), GitHub and Facebook (their own APIs).
//!
//! Whoever comes says on the page who they are. Everything else is as strict as the real ones: the client and its secret, the exact
//! redirect address, codes that count once, PKCE where it was begun, and answers in the recorded shapes.

mod api;
mod authorize;
mod keys;
mod token;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use serde::Deserialize;

use self::keys::Key;
use crate::server::Server;

/// Our id at every provider.
pub const CLIENT_ID: &str = "local-client";
/// Our secret there.
pub const CLIENT_SECRET: &str = "local-secret";

/// One of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// `OpenID` Connect.
    Google,
    /// Its own API.
    Github,
    /// `OpenID` Connect, without a nonce in the token.
    Linkedin,
    /// Its own API, without a flag for a verified address.
    Facebook,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Google, Self::Github, Self::Linkedin, Self::Facebook];

    /// As in paths and variables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Github => "github",
            Self::Linkedin => "linkedin",
            Self::Facebook => "facebook",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Github => "GitHub",
            Self::Linkedin => "LinkedIn",
            Self::Facebook => "Facebook",
        }
    }
}

/// Who somebody says they are: the fields of the page's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// The stable id, a number; empty: made of the address.
    pub id: String,
    /// May be empty, as with Facebook accounts that have a phone only.
    pub email: String,
    /// `on` where the provider has verified it.
    pub verified: String,
    /// Google's `hd`; empty outside a hosted domain.
    pub hosted: String,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
}

/// The running stand-ins, all behind one address. They stop when this is dropped.
#[derive(Debug)]
pub struct Providers {
    server: Server,
}

impl Providers {
    /// Serves on `listen`; port 0 picks a free one.
    ///
    /// # Errors
    /// The address is in use, or the system gives no random bytes.
    pub fn start(listen: SocketAddr) -> std::io::Result<Self> {
        let state = Arc::new(Shared { key: Key::generate()?, granted: Mutex::default() });
        let routes = Router::new()
            .route("/{provider}/authorize", get(authorize::page).post(authorize::grant))
            .route("/page.css", get(authorize::style))
            // Google and LinkedIn.
            .route("/token", post(token::google))
            .route("/oauth2/v3/certs", get(keys::set))
            .route("/oauth/v2/accessToken", post(token::linkedin))
            .route("/oauth/openid/jwks", get(keys::set))
            // GitHub.
            .route("/login/oauth/access_token", post(token::github))
            .route("/user", get(api::github_user))
            .route("/user/emails", get(api::github_emails))
            // Facebook.
            .route("/{version}/oauth/access_token", post(token::facebook))
            .route("/{version}/me", get(api::facebook_me))
            .with_state(state);
        Ok(Self { server: Server::start("providers", listen, routes)? })
    }

    /// Where they listen.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Their base URL, also the issuer of their ID tokens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// The variables of `spin.toml` that lead here.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let url = self.url();
        let mut variables = Vec::new();
        for name in Provider::ALL.map(Provider::name) {
            variables.push((format!("{name}_client_id"), CLIENT_ID.to_owned()));
            variables.push((format!("{name}_client_secret"), CLIENT_SECRET.to_owned()));
            variables.push((format!("{name}_authorization_endpoint"), format!("{url}/{name}/authorize")));
        }
        let here = [
            "google_issuer",
            "google_token_url",
            "google_keys_url",
            "github_url",
            "github_api_url",
            "linkedin_issuer",
            "linkedin_url",
            "facebook_graph_url",
        ];
        variables.extend(here.map(|name| (name.to_owned(), url.clone())));
        variables
    }
}

/// What the handlers share.
#[derive(Debug)]
struct Shared {
    key: Key,
    granted: Mutex<Granted>,
}

#[derive(Debug, Default)]
struct Granted {
    codes: HashMap<String, Grant>,
    tokens: HashMap<String, (Provider, Identity)>,
}

/// What a code stands for.
#[derive(Clone, Debug)]
struct Grant {
    provider: Provider,
    identity: Identity,
    client: String,
    redirect: String,
    nonce: Option<String>,
    challenge: Option<String>,
    issuer: String,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Granted> {
        self.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose access token it is.
    fn bearer(&self, headers: &axum::http::HeaderMap, provider: Provider) -> Option<(String, Identity)> {
        let value = headers.get(axum::http::header::AUTHORIZATION)?.to_str().ok()?;
        let token = value.strip_prefix("Bearer ")?.to_owned();
        let (of, identity) = self.lock().tokens.get(&token).cloned()?;
        (of == provider).then_some((token, identity))
    }
}
