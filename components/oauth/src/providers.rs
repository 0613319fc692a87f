//! Which providers there are: those with a client id.

use std::{collections::BTreeMap, convert::Infallible};

use axum::extract::{FromRequestParts, Path};
use domain::Provider;
use http::request::Parts;
use oidc::{Client, Endpoints};
use web::{Kind, Problem, settings};

/// The provider's name in a path. What is no text at all names nobody.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self(Path::<String>::from_request_parts(parts, state).await.map(|Path(text)| text).unwrap_or_default()))
    }
}

/// The providers that the operator has configured.
#[derive(Debug)]
pub(crate) struct Providers(BTreeMap<Provider, Client>);

/// The variables of a provider.
struct Variables {
    id: &'static str,
    secret: &'static str,
    authorization: &'static str,
    token: &'static str,
    api: &'static str,
    issuer: Option<&'static str>,
}

impl Variables {
    fn of(provider: Provider) -> Self {
        match provider {
            Provider::Google => Self {
                id: "google_client_id",
                secret: "google_client_secret",
                authorization: "google_authorization_endpoint",
                token: "google_token_url",
                api: "google_keys_url",
                issuer: Some("google_issuer"),
            },
            Provider::Github => Self {
                id: "github_client_id",
                secret: "github_client_secret",
                authorization: "github_authorization_endpoint",
                token: "github_url",
                api: "github_api_url",
                issuer: None,
            },
            Provider::Linkedin => Self {
                id: "linkedin_client_id",
                secret: "linkedin_client_secret",
                authorization: "linkedin_authorization_endpoint",
                token: "linkedin_url",
                api: "linkedin_url",
                issuer: Some("linkedin_issuer"),
            },
            Provider::Facebook => Self {
                id: "facebook_client_id",
                secret: "facebook_client_secret",
                authorization: "facebook_authorization_endpoint",
                token: "facebook_graph_url",
                api: "facebook_graph_url",
                issuer: None,
            },
        }
    }
}

impl Providers {
    /// Reads the variables of each provider. Without a client id there is no such provider.
    ///
    /// # Errors
    /// 503 `not-configured` where one has a client id and not all that goes with it.
    pub(crate) async fn load(public_url: &str) -> Result<Self, Problem> {
        let mut clients = BTreeMap::new();
        for provider in Provider::ALL {
            let names = Variables::of(provider);
            let id = settings::optional(names.id).await?;
            if id.trim().is_empty() {
                continue;
            }
            let endpoints = Endpoints {
                authorization: settings::required(names.authorization).await?,
                token: origin(names.token).await?,
                api: origin(names.api).await?,
                issuer: match names.issuer {
                    Some(name) => Some(settings::required(name).await?),
                    None => None,
                },
            };
            let redirect = format!("{public_url}/v1/oauth/{}/callback", provider.name());
            let secret = settings::secret(names.secret).await?;
            clients.insert(provider, Client::new(provider, endpoints, id.trim().to_owned(), secret, redirect));
        }
        Ok(Self(clients))
    }

    /// The client of a provider by its name in a path.
    ///
    /// # Errors
    /// 404 where it is unknown or not configured.
    pub(crate) fn find(&self, name: &str) -> Result<(Provider, &Client), Problem> {
        let provider = Provider::from_name(name).ok_or(Kind::NotFound)?;
        Ok((provider, self.0.get(&provider).ok_or(Kind::NotFound)?))
    }
}

async fn origin(name: &'static str) -> Result<String, Problem> {
    Ok(settings::required(name).await?.trim().trim_end_matches('/').to_owned())
}
