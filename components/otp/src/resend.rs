//! `POST /v1/otp/resend`.

use axum::{Json, body::Body, extract::Request, http::StatusCode, response::IntoResponse, response::Response};
use domain::otp;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::accounts::otp::Sent;
use utoipa::ToSchema;
use uuid::Uuid;
use vault::random;
use web::{Kind, Problem, body, notify::Message, problem::ProblemDocument};

/// Which verification wants a new code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resend {
    /// From the sign-up, the sign-in or the start.
    verification_id: Uuid,
}

/// A code is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Goes with the code to `POST /v1/otp/verify`.
    pub(crate) verification_id: Uuid,
    /// When the code ends.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Timestamp,
}

/// Sends a new code; the old one is void. At most one a minute and five a day for a phone.
#[utoipa::path(
    post, path = "/v1/otp/resend", tag = "accounts", request_body = Resend,
    responses(
        (status = 202, description = "A new code was sent", body = Verification),
        (status = 403, description = "`account-blocked`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "`otp-expired`: sign up again", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited` or `otp-locked`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::JsonBody,
    )
)]
pub(crate) async fn resend(request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let verification_id = raw.parse::<Resend>()?.verification_id;

    let (now, code) = (web::now(), random::otp_code()?);
    let expires_at = web::after(now, otp::CODE_SECONDS);
    let sent = store::accounts::otp::resend(
        &state.accounts,
        now,
        &web::otp::stored_id(&state.codes, verification_id),
        &web::otp::stored_code(&state.codes, verification_id, &code),
        expires_at,
        &state.limits.sms(&parts.headers),
        &state.limits.event_origin(&parts.headers, now)?,
    )
    .await?;
    state.notifier.send_later(match sent {
        Sent::Sent(phone, language) => Message::Code { to: phone.expose().to_owned(), code: code.expose().to_owned(), language },
        Sent::Decoy => Message::Nothing,
        other => return Err(refusal(&other)),
    });
    Ok((StatusCode::ACCEPTED, Json(Verification { verification_id, expires_at })).into_response())
}

/// The problem of a code that was not sent.
pub(crate) fn refusal(sent: &Sent) -> Problem {
    match sent {
        Sent::Rate(seconds) => Problem::retry(Kind::RateLimited, *seconds),
        Sent::Locked(seconds) => Problem::retry(Kind::OtpLocked, *seconds),
        Sent::Recent => Kind::ReauthenticationRequired.into(),
        Sent::Blocked => Kind::AccountBlocked.into(),
        Sent::Unauthenticated => Kind::Unauthenticated.into(),
        Sent::Expired | Sent::Decoy | Sent::Sent(..) => Kind::OtpExpired.into(),
    }
}
