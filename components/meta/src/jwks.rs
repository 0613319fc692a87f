//! `GET /.well-known/jwks.json`.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use web::{Kind, Problem, problem::ProblemDocument, settings};

/// The public keys of access tokens (and later of receipts) as a JWKS (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "operations",
        responses(
        (status = 200, description = "The keys", content_type = "application/jwk-set+json", body = Object),
        (status = 503, description = "`not-configured`", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn jwks() -> Result<Response, Problem> {
    let keys = settings::required("verification_keys").await?;
    // What the operator set is served as it is, but only if it is a JWKS of public keys.
    let document: serde_json::Value = serde_json::from_str(&keys).map_err(|_| Kind::NotConfigured)?;
    let public =
        document["keys"].as_array().is_some_and(|keys| keys.iter().all(|key| key["kty"] == "OKP" && key.get("d").is_none()));
    if !public {
        return Err(Kind::NotConfigured.into());
    }
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, document.to_string()).into_response())
}
