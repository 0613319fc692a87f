//! The page where one says who one is.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use form_urlencoded::Serializer;
use uuid::Uuid;

use super::{CLIENT_ID, Grant, Identity, Provider, Shared};

/// Nothing but the page's own style, and no request to anywhere else. The form's answer leads back to the application.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) async fn page(Path(provider): Path<Provider>, RawQuery(query): RawQuery) -> Response {
    if let Err(why) = authorization_request(provider, query.as_deref().unwrap_or_default()) {
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    let text = include_str!("page.html").replace("{provider}", provider.title());
    asset("text/html; charset=utf-8", text)
}

pub(super) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("page.css").to_owned())
}

fn asset(kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

/// Sends the browser back with a code, or with a refusal where the form says so.
pub(super) async fn grant(
    State(shared): State<Arc<Shared>>,
    Path(provider): Path<Provider>,
    RawQuery(query): RawQuery,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> Response {
    let request = match authorization_request(provider, query.as_deref().unwrap_or_default()) {
        Ok(request) => request,
        Err(why) => return (StatusCode::BAD_REQUEST, why).into_response(),
    };
    let form = read(&body);
    let field = |name: &str| form.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let issuer = format!("http://{host}");
    let mut back = Serializer::new(String::new());
    if field("answer") == "refuse" {
        back.append_pair("error", "access_denied");
    } else {
        let mut identity = Identity {
            id: field("id"),
            email: field("email"),
            verified: field("verified"),
            hosted: field("hosted"),
            first_name: field("first_name"),
            last_name: field("last_name"),
        };
        if identity.id.is_empty() {
            identity.id = number(&identity.email);
        }
        let code = Uuid::new_v4().simple().to_string();
        back.append_pair("code", &code);
        let grant = Grant { provider, identity, issuer: issuer.clone(), ..request.grant };
        shared.lock().codes.insert(code, grant);
    }
    back.append_pair("state", &request.state);
    if matches!(provider, Provider::Google) {
        back.append_pair("iss", &issuer);
    }
    let separator = if request.redirect.contains('?') { '&' } else { '?' };
    (StatusCode::FOUND, [(header::LOCATION, format!("{}{separator}{}", request.redirect, back.finish()))]).into_response()
}

struct AuthorizationRequest {
    redirect: String,
    state: String,
    grant: Grant,
}

/// What an authorization request asks for, if it is a good one.
fn authorization_request(provider: Provider, query: &str) -> Result<AuthorizationRequest, String> {
    let query = read(query.as_bytes());
    let field = |name: &str| query.get(name).cloned().filter(|text| !text.is_empty());
    let needed = |name: &str| field(name).ok_or_else(|| format!("{name} is missing\n"));
    let client = needed("client_id")?;
    let redirect = needed("redirect_uri")?;
    if client != CLIENT_ID || needed("response_type")? != "code" {
        return Err("client_id or response_type is not right\n".to_owned());
    }
    if !redirect.ends_with(&format!("/v1/oauth/{}/callback", provider.name())) {
        return Err("redirect_uri is not registered\n".to_owned());
    }
    let challenge = field("code_challenge");
    if challenge.is_some() && field("code_challenge_method").as_deref() != Some("S256") {
        return Err("code_challenge_method must be S256\n".to_owned());
    }
    if provider == Provider::Google && challenge.is_none() {
        return Err("code_challenge is missing\n".to_owned());
    }
    needed("scope")?;
    let grant = Grant {
        provider,
        identity: Identity::default(),
        client,
        redirect: redirect.clone(),
        nonce: field("nonce"),
        challenge,
        issuer: String::new(),
    };
    Ok(AuthorizationRequest { redirect, state: needed("state")?, grant })
}

pub(super) fn read(form: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

/// A number that stands for an address: the same for the same one.
fn number(email: &str) -> String {
    // FNV-1a, cut to what GitHub's numbers fit in.
    let hash = email.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash >> 16).to_string()
}
