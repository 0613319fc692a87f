//! `POST /v1/password/forgot`.
//!
//! The answer, its time and the calls behind it are the same whether or not there is an account (contract, *No oracle*).

use std::time::{Duration, Instant};

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::{
    Email,
    limits::{FORGOT_ADDRESS, MAIL},
    session::RESET_SECONDS,
};
use serde::Deserialize;
use store::accounts::password::{self, Forgot};
use utoipa::ToSchema;
use web::{
    Kind, Problem, body,
    email_token::{EmailToken, Page},
    notify::Message,
};

/// How long an answer takes at least. Keeping a token is a third of a millisecond's work, one part in fifteen, that only an account causes;
/// below this time it does not show.
const PADDED_RESPONSE_TIME: Duration = Duration::from_millis(50);

/// Whose password was forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgottenPassword {
    /// Letter case and surrounding space do not matter.
    #[schema(max_length = 254)]
    email: String,
}

/// Sends a token for a new password to an address that has an account.
#[utoipa::path(
    post, path = "/v1/password/forgot", tag = "accounts", request_body = ForgottenPassword,
    responses(
        (status = 202, description = "Sent if there is such an account: the answer is the same"),
        web::responses::Unavailable, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn forgot(request: Request<Body>) -> Result<StatusCode, Problem> {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: ForgottenPassword = raw.parse()?;
    let email = Email::parse(&input.email).map_err(|error| Problem::field("email", error.to_string()))?;

    let now = web::now();
    let token = EmailToken::make(&state.codes, now, RESET_SECONDS)?;
    let forgot = password::forgot(
        &state.accounts,
        now,
        &email,
        (state.limits.attempts(FORGOT_ADDRESS), &state.limits.address(&parts.headers)),
        (MAIL, &state.limits.email(&email)),
        &token.new_token(),
        &state.limits.event_origin(&parts.headers, now)?,
    )
    .await?;
    state.notifier.send_later(match forgot {
        Forgot::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
        Forgot::Send(language) => {
            let (to, link) = (email.expose().to_owned(), token.link(&state.public_url, Page::Reset));
            Message::ResetPassword { to, language, link }
        }
        Forgot::Nothing => Message::Nothing,
    });
    web::pad_response_time(began, PADDED_RESPONSE_TIME).await;
    Ok(StatusCode::ACCEPTED)
}
