//! `DELETE /v1/session`.

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use store::accounts::sessions;
use web::{Problem, cookie, problem::ProblemDocument};

use crate::refresh::presented;

/// Signs out: the session and its family end, and the cookie is cleared. Without a session it is 204 as well.
#[utoipa::path(
    delete, path = "/v1/session", tag = "accounts",
    responses(
        (status = 204, description = "Signed out"),
        (status = 400, description = "`malformed-request`: two such cookies", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`origin-refused`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable,
    )
)]
pub(crate) async fn delete(request: Request<Body>) -> Result<Response, Problem> {
    let state = crate::state().await?;
    cookie::same_origin(request.headers(), &state.public_url)?;
    let key = state.minter.refresh_key();
    if let Some(token) = presented(request.headers(), key)? {
        let now = web::now();
        let origin = state.limits.event_origin(request.headers(), now)?;
        sessions::end(&state.accounts, now, token.session(), &token.stored(key), &origin).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::clear())]).into_response())
}
