//! `POST /v1/otp/verify`.

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{OtpCode, limits::OTP_ADDRESS, otp, session::CONFIRM_SECONDS};
use serde::Deserialize;
use store::accounts::{self, otp::Verified};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{
    Context, Kind, Problem, auth, body,
    email_token::{EmailToken, Page},
    notify::Message,
    problem::ProblemDocument,
    tokens::Tokens,
};

/// A code that was typed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verify {
    /// From the sign-up, the sign-in or the start.
    verification_id: Uuid,
    /// Six digits.
    #[schema(value_type = String, pattern = "^[0-9]{6}$")]
    code: OtpCode,
}

/// Checks a code. For a sign-up it opens a session; for `otp/start` it needs the same bearer, whose session must still hold, and answers 204.
/// Only a code of purpose `reauthenticate` makes the session recent.
#[utoipa::path(
    post, path = "/v1/otp/verify", tag = "accounts", request_body = Verify,
    responses(
        (status = 200, description = "Signed in; the refresh token is in the cookie `refresh_token`", body = Tokens),
        (status = 204, description = "The code of `otp/start` was right"),
        (status = 400, description = "`malformed-body`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`account-blocked`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "`otp-expired`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`otp-invalid` with `attempts_left`, or `invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "`otp-locked` or `rate-limited`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::AnyBody,
    )
)]
pub(crate) async fn verify(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    // A bearer is needed for some purposes only; one that is sent must be good.
    let bearer = if parts.headers.contains_key(header::AUTHORIZATION) {
        Some(auth::bearer(&parts.headers, &state.verifier, &context, now)?)
    } else {
        None
    };
    let address = state.limits.address(&parts.headers);
    let wait = accounts::limits_take(&state.accounts, now, &[(state.limits.attempts(OTP_ADDRESS), &address)]).await?;
    if wait > 0 {
        return Err(Problem::retry(Kind::RateLimited, wait));
    }
    let input: Verify = raw.parse()?;
    let code = otp::parse_code(input.code.expose()).ok_or_else(|| Problem::field("code", "must be six digits"))?;

    let (opening, token) = (state.minter.open(now)?, EmailToken::make(&state.codes, now, CONFIRM_SECONDS)?);
    let verified = accounts::otp::verify(
        &state.accounts,
        now,
        &web::otp::stored_id(&state.codes, input.verification_id),
        &web::otp::stored_code(&state.codes, input.verification_id, &code),
        bearer.map(|bearer| bearer.session),
        opening.session(),
        &token.new_token(),
        &state.limits.event_origin(&parts.headers, now)?,
    )
    .await?;
    match verified {
        Verified::SignedIn(holder, email) => {
            context.signed_in(holder.user, holder.tenant);
            if let Some(email) = email {
                let link = token.link(&state.public_url, Page::Confirm);
                let (to, language) = (email.expose().to_owned(), holder.language);
                state.notifier.send_later(Message::ConfirmEmail { to, language, link });
            }
            state.minter.opened(&opening, holder)
        }
        Verified::Confirmed => Ok(StatusCode::NO_CONTENT.into_response()),
        Verified::Invalid(left) => Err(Problem::from(Kind::OtpInvalid).with("attempts_left", left)),
        Verified::Expired => Err(Kind::OtpExpired.into()),
        Verified::Locked(seconds) => Err(Problem::retry(Kind::OtpLocked, seconds)),
        Verified::Blocked => Err(Kind::AccountBlocked.into()),
        Verified::Unauthenticated => Err(Kind::Unauthenticated.into()),
    }
}
