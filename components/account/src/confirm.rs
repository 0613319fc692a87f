//! `POST /v1/email/confirm`.

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
};
use domain::{Secret, limits::TOKEN_ADDRESS};
use serde::Deserialize;
use store::accounts::{
    email::{self, Confirmed},
    limits_take,
};
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth, body, claim, email_token, notify::Message, problem::ProblemDocument};

/// The token of a mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailConfirmation {
    /// From the link, after `#token=`.
    #[schema(value_type = String)]
    token: Secret,
}

/// Proves an address, by the token of whichever mail of ours asked for it: of a sign-up, of a new address, or of a sign-in with a provider
/// that does not vouch for it. Send the account's bearer where there is one: whoever confirms the address of a sign-up without being signed in
/// to it owns the address and perhaps not the account, whose password, phone and sessions are then removed. A new address of an account counts
/// only with a bearer of that account; without one the token stays good, for after the sign-in.
#[utoipa::path(
    post, path = "/v1/email/confirm", tag = "accounts", request_body = EmailConfirmation, security((), ("bearer" = [])),
    responses(
        (status = 204, description = "Proved"),
        (status = 401, description = "`unauthenticated`: a bearer was sent and is not good, or the token is for a new address and no bearer of its account was sent", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`account-blocked`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`link-conflict`: the account has another link with that provider", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "`token-expired`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn confirm(context: Context, request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = if parts.headers.contains_key(header::AUTHORIZATION) {
        let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
        Some((bearer.session, bearer.user))
    } else {
        None
    };
    let address = state.limits.address(&parts.headers);
    let wait = limits_take(&state.accounts, now, &[(state.limits.attempts(TOKEN_ADDRESS), &address)]).await?;
    if wait > 0 {
        return Err(Problem::retry(Kind::RateLimited, wait));
    }
    let input: EmailConfirmation = raw.parse()?;
    let stored = email_token::presented(&state.codes, input.token.expose()).ok_or(Kind::TokenExpired)?;

    let origin = state.limits.event_origin(&parts.headers, now)?;
    match email::confirm(&state.accounts, now, &stored, bearer, &origin).await? {
        Confirmed::Expired => {
            let claimed = claim::stored(&state.codes, input.token.expose().trim());
            if !claim::confirm(&state.accounts, &state.notifier, now, &claimed, &origin).await? {
                return Err(Kind::TokenExpired.into());
            }
        }
        Confirmed::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Confirmed::Confirmed => {}
        Confirmed::Stripped(to, language) => {
            state.notifier.send_later(Message::AccountStripped { to: to.expose().to_owned(), language });
        }
        Confirmed::Changed(to, language) => {
            state.notifier.send_later(Message::EmailChanged { to: to.expose().to_owned(), language });
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
