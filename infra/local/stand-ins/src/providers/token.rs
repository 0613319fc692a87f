//! Codes against tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::authorize::read;
use super::{CLIENT_SECRET, Grant, Provider, Shared};

/// How long an ID token is good for, in seconds.
const ID_TOKEN_SECONDS: i64 = 3_600;

pub(super) async fn google(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Some((grant, access)) = redeem(&shared, Provider::Google, &body) else { return refused() };
    let mut claims = claims(&grant);
    claims["email"] = grant.identity.email.clone().into();
    claims["email_verified"] = (grant.identity.verified == "on").into();
    claims["azp"] = grant.client.clone().into();
    for (name, value) in [("nonce", grant.nonce.as_deref()), ("hd", Some(grant.identity.hosted.as_str()))] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            claims[name] = value.into();
        }
    }
    id_token(&shared, &claims, &access)
}

pub(super) async fn linkedin(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Some((grant, access)) = redeem(&shared, Provider::Linkedin, &body) else { return refused() };
    let mut claims = claims(&grant);
    claims["email"] = grant.identity.email.clone().into();
    // Text, as LinkedIn writes it.
    claims["email_verified"] = (grant.identity.verified == "on").to_string().into();
    id_token(&shared, &claims, &access)
}

pub(super) async fn github(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    // GitHub says no with 200.
    let answer = redeem(&shared, Provider::Github, &body).map_or_else(
        || json!({ "error": "bad_verification_code", "error_description": "The code passed is incorrect or expired." }),
        |(_, access)| json!({ "access_token": access, "scope": "user:email", "token_type": "bearer" }),
    );
    Json(answer).into_response()
}

pub(super) async fn facebook(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Some((_, access)) = redeem(&shared, Provider::Facebook, &body) else {
        let error = json!({ "message": "This authorization code has been used.", "type": "OAuthException", "code": 100 });
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    };
    Json(json!({ "access_token": access, "token_type": "bearer", "expires_in": 5_183_944 })).into_response()
}

/// What a code stands for, and an access token, if everything that goes with the code is right. A code counts once.
fn redeem(shared: &Shared, provider: Provider, body: &[u8]) -> Option<(Grant, String)> {
    let form = read(body);
    let field = |name: &str| form.get(name).map(String::as_str);
    let mut granted = shared.lock();
    let grant = granted.codes.remove(field("code")?)?;
    let client = field("client_id") == Some(&grant.client) && field("client_secret") == Some(CLIENT_SECRET);
    let same = grant.provider == provider && field("redirect_uri") == Some(&grant.redirect);
    let verifier = match &grant.challenge {
        Some(challenge) => {
            let verifier = field("code_verifier").unwrap_or_default();
            *challenge == BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
        }
        None => field("code_verifier").is_none(),
    };
    if !client || !same || !verifier || field("grant_type") != Some("authorization_code") {
        return None;
    }
    let access = format!("local-{}", Uuid::new_v4().simple());
    granted.tokens.insert(access.clone(), (provider, grant.identity.clone()));
    Some((grant, access))
}

fn claims(grant: &Grant) -> Value {
    let (identity, now) = (&grant.identity, jiff::Timestamp::now().as_second());
    let mut claims = json!({
        "iss": grant.issuer, "aud": grant.client, "sub": identity.id, "iat": now, "exp": now + ID_TOKEN_SECONDS,
        "name": format!("{} {}", identity.first_name, identity.last_name).trim(),
    });
    for (name, value) in [("given_name", &identity.first_name), ("family_name", &identity.last_name)] {
        if !value.is_empty() {
            claims[name] = value.clone().into();
        }
    }
    claims
}

fn id_token(shared: &Shared, claims: &Value, access: &str) -> Response {
    let Some(token) = shared.key.sign(claims) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    Json(json!({
        "access_token": access, "expires_in": 3_599, "scope": "openid email profile", "token_type": "Bearer", "id_token": token,
    }))
    .into_response()
}

fn refused() -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant", "error_description": "Bad Request" }))).into_response()
}
