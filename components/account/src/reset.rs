//! `POST /v1/password/reset`.

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::{Email, Password, Secret, limits::TOKEN_ADDRESS};
use serde::Deserialize;
use store::accounts::{limits_take, password};
use utoipa::ToSchema;
use vault::password::hash;
use web::{Kind, Problem, body, email_token, notify::Message, problem::ProblemDocument};

/// A new password by the token of a mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordReset {
    /// From the link, after `#token=`.
    #[schema(value_type = String)]
    token: Secret,
    /// 12 to 128 characters, not a common one.
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    password: Password,
}

/// Sets a new password; all sessions end. Where the address was not proved before, it is now, and what somebody else may have put into
/// the account is gone: its sessions and its phone.
#[utoipa::path(
    post, path = "/v1/password/reset", tag = "accounts", request_body = PasswordReset,
    responses(
        (status = 204, description = "Set; all sessions have ended"),
        (status = 410, description = "`token-expired`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn reset(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let address = state.limits.address(&parts.headers);
    let wait = limits_take(&state.accounts, now, &[(state.limits.attempts(TOKEN_ADDRESS), &address)]).await?;
    if wait > 0 {
        return Err(Problem::retry(Kind::RateLimited, wait));
    }
    let input: PasswordReset = raw.parse()?;
    let stored = email_token::presented(&state.codes, input.token.expose());
    // Whose it is, before the cost of a hash: a password may not be its owner's email.
    let email = match &stored {
        Some(stored) => password::reset_email(&state.accounts, now, stored).await?,
        None => None,
    };
    let owner = email.as_ref().map_or("", Email::expose);
    input.password.parse_for(&[owner]).map_err(|error| Problem::field("password", error.to_string()))?;
    let (Some(stored), Some(_)) = (stored, email) else { return Err(Kind::TokenExpired.into()) };

    let hash = hash(&input.password)?;
    let origin = state.limits.event_origin(&parts.headers, now)?;
    let reset = password::reset(&state.accounts, now, &stored, &hash, &origin).await?;
    let (owner, stripped) = reset.ok_or(Kind::TokenExpired)?;
    let (to, language) = (owner.email.expose().to_owned(), owner.language);
    state.notifier.send_later(if stripped {
        Message::AccountStripped { to, language }
    } else {
        Message::PasswordChanged { to, language }
    });
    Ok(StatusCode::NO_CONTENT)
}
