//! The APIs of the two that have no ID tokens, in their recorded shapes.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ring::hmac;
use serde_json::json;

use super::authorize::read;
use super::{CLIENT_SECRET, Provider, Shared};

pub(super) async fn github_user(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let identity = match github(&shared, &headers) {
        Ok(identity) => identity,
        Err(answer) => return *answer,
    };
    let name = format!("{} {}", identity.first_name, identity.last_name);
    Json(json!({
        "login": "ada", "id": identity.id.parse::<u64>().unwrap_or_default(), "node_id": "MDQ6VXNlcjE=", "type": "User",
        "site_admin": false, "name": Some(name.trim()).filter(|name| !name.is_empty()), "company": null, "email": null,
        "public_repos": 2, "followers": 20, "created_at": "2008-01-14T04:33:35Z",
    }))
    .into_response()
}

pub(super) async fn github_emails(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let identity = match github(&shared, &headers) {
        Ok(identity) => identity,
        Err(answer) => return *answer,
    };
    // An address of GitHub's own is always there, verified, and not the primary one.
    let mut emails = vec![json!({
        "email": format!("{}+ada@users.noreply.github.com", identity.id), "primary": false, "verified": true, "visibility": null,
    })];
    if !identity.email.is_empty() {
        let verified = identity.verified == "on";
        emails.push(json!({ "email": identity.email, "primary": true, "verified": verified, "visibility": "private" }));
    }
    Json(emails).into_response()
}

/// Whose token it is, or GitHub's refusal: also of a caller that does not say who it is.
fn github(shared: &Shared, headers: &HeaderMap) -> Result<super::Identity, Box<Response>> {
    if !headers.contains_key(header::USER_AGENT) {
        return Err(Box::new((StatusCode::FORBIDDEN, "Request forbidden by administrative rules.").into_response()));
    }
    let bearer = shared.bearer(headers, Provider::Github).map(|(_, identity)| identity);
    bearer.ok_or_else(|| {
        let body = json!({ "message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401" });
        Box::new((StatusCode::UNAUTHORIZED, Json(body)).into_response())
    })
}

pub(super) async fn facebook_me(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let refused = |message: &str| {
        let error = json!({ "message": message, "type": "OAuthException", "code": 190, "fbtrace_id": "A1b2C3" });
        (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
    };
    let Some((token, identity)) = shared.bearer(&headers, Provider::Facebook) else {
        return refused("Invalid OAuth access token - Cannot parse access token");
    };
    let query = read(query.unwrap_or_default().as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
    let proof = hex::decode(query.get("appsecret_proof").map_or("", String::as_str)).unwrap_or_default();
    if hmac::verify(&key, token.as_bytes(), &proof).is_err() {
        return refused("Invalid appsecret_proof provided in the API argument");
    }
    let mut me = json!({ "id": identity.id });
    let fields = query.get("fields").map_or("", String::as_str);
    let known = [("email", identity.email), ("first_name", identity.first_name), ("last_name", identity.last_name)];
    for (name, value) in known {
        if !value.is_empty() && fields.split(',').any(|field| field == name) {
            me[name] = value.into();
        }
    }
    Json(me).into_response()
}
