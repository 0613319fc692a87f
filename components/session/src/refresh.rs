//! `POST /v1/session/refresh`.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::session::REFRESH_SECONDS;
use store::accounts::sessions::{self, Refresh};
use vault::{MacKey, refresh::RefreshToken};
use web::{Context, Kind, Problem, cookie, notify::Message, problem::ProblemDocument, tokens::Tokens};

/// Rotates the refresh cookie. A repeat within ten seconds gets the same successor; any other reuse ends the session.
#[utoipa::path(
    post, path = "/v1/session/refresh", tag = "accounts",
    responses(
        (status = 200, description = "A new access token and a new cookie", body = Tokens),
        (status = 400, description = "`malformed-request`: two such cookies", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "`session-invalid`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`origin-refused`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable,
    )
)]
pub(crate) async fn refresh(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let headers = request.headers();
    let state = crate::state().await?;
    cookie::same_origin(headers, &state.public_url)?;
    let key = state.minter.refresh_key();
    let Some(presented) = presented(headers, key)? else { return Ok(ended(Kind::SessionInvalid.into())) };

    let now = web::now();
    let successor = presented.successor(key);
    let refreshed = sessions::refresh(
        &state.accounts,
        now,
        presented.session(),
        &presented.stored(key),
        &successor.stored(key),
        web::after(now, REFRESH_SECONDS),
        &state.limits.event_origin(headers, now)?,
    )
    .await?;
    match refreshed {
        Refresh::Refreshed(holder, expires) => {
            context.signed_in(holder.user, holder.tenant);
            state.minter.answer(holder, &successor, now, expires.duration_since(now).as_secs().max(1))
        }
        Refresh::Reused(owner) => {
            web::log::event("refresh-token-reused", serde_json::json!({ "session": presented.session() }));
            state.notifier.send_later(Message::SessionReused { to: owner.email.expose().to_owned(), language: owner.language });
            Ok(ended(Kind::SessionInvalid.into()))
        }
        Refresh::Invalid => Ok(ended(Kind::SessionInvalid.into())),
    }
}

/// The token of the cookie, if there is one of ours.
pub(crate) fn presented(headers: &HeaderMap, key: &MacKey) -> Result<Option<RefreshToken>, Problem> {
    Ok(cookie::refresh_token(headers)?.and_then(|token| RefreshToken::parse(token.expose(), key)))
}

/// A problem that also clears the cookie.
fn ended(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie::clear());
    response
}
