//! `DELETE /v1/me/sessions` and `DELETE /v1/me/sessions/{id}`.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
};
use domain::SessionId;
use store::accounts::sessions::{self, Revoked};
use web::{Context, Kind, Problem, auth, problem::ProblemDocument};

/// Ends one of the caller's sessions, its access tokens at once.
#[utoipa::path(
    delete, path = "/v1/me/sessions/{id}", tag = "accounts", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "Of the session")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "`not-found`, or somebody else's", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn one(context: Context, Path(id): Path<String>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    // What is no id is nobody's session either, but only a bearer learns that.
    let id = id.parse().unwrap_or_else(|_| SessionId::from(uuid::Uuid::nil()));
    revoke(&context, &headers, Some(id)).await
}

/// Signs out everywhere: ends all of the caller's sessions, this one included.
#[utoipa::path(
    delete, path = "/v1/me/sessions", tag = "accounts", security(("bearer" = [])),
    responses(
        (status = 204, description = "All have ended"),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn all(context: Context, headers: HeaderMap) -> Result<StatusCode, Problem> {
    revoke(&context, &headers, None).await
}

async fn revoke(context: &Context, headers: &HeaderMap, id: Option<SessionId>) -> Result<StatusCode, Problem> {
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(headers, &state.verifier, context, now)?;
    let origin = state.limits.event_origin(headers, now)?;
    match sessions::revoke(&state.accounts, now, bearer.session, bearer.user, id, &origin).await? {
        Revoked::Revoked => Ok(StatusCode::NO_CONTENT),
        Revoked::NotFound => Err(Kind::NotFound.into()),
        Revoked::Unauthenticated => Err(Kind::Unauthenticated.into()),
    }
}
