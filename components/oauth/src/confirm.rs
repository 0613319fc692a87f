//! `POST /v1/oauth/confirm`.

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::{Secret, limits::OAUTH_CALLBACK};
use serde::Deserialize;
use store::accounts::limits_take;
use utoipa::ToSchema;
use web::{Kind, Problem, body, claim, problem::ProblemDocument};

/// The most bytes of a body here.
const BODY_LIMIT: usize = 4_096;

/// The token of a mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInConfirmation {
    /// From the link, after `#token=`.
    #[schema(value_type = String)]
    token: Secret,
}

/// Confirms, from an address that the provider does not vouch for, that its owner signs in with that provider. It opens no session: the
/// person signs in with the provider once more. An account whose email was never confirmed loses what somebody else may have put there.
#[utoipa::path(
    post, path = "/v1/oauth/confirm", tag = "accounts", request_body = SignInConfirmation,
    responses(
        (status = 204, description = "Confirmed: sign in with the provider again"),
        (status = 400, description = "`oauth-failed`: the token is unknown, used or more than an hour old; or `malformed-body`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`account-blocked`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`link-conflict`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::AnyBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn confirm(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let (state, now) = (crate::state().await?, web::now());
    let address = state.limits.address(&parts.headers);
    let wait = limits_take(&state.accounts, now, &[(state.limits.attempts(OAUTH_CALLBACK), &address)]).await?;
    if wait > 0 {
        return Err(Problem::retry(Kind::RateLimited, wait));
    }
    let input: SignInConfirmation = raw.parse()?;
    let id = claim::stored(&state.tokens, input.token.expose().trim());
    let origin = state.limits.event_origin(&parts.headers, now)?;
    let known = claim::confirm(&state.accounts, &state.notifier, now, &id, &origin).await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Kind::OauthFailed.into()) }
}
