//! `POST /v1/otp/start`.

use axum::{Json, body::Body, extract::Request, http::StatusCode, response::IntoResponse, response::Response};
use domain::{Phone, otp};
use serde::Deserialize;
use store::accounts::{
    otp::{Sent, Start},
    sessions,
    signup::NewCode,
};
use utoipa::ToSchema;
use vault::random;
use web::{Context, Kind, Problem, auth, body, notify::Message, problem::ProblemDocument};

use crate::resend::{Verification, refusal};

/// What a code is asked for.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Purpose {
    /// To prove a new phone.
    Phone,
    /// To prove presence anew.
    Reauthenticate,
}

/// A code for an account that is signed in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartVerification {
    /// What the code is for.
    purpose: Purpose,
    /// The new phone, for `phone` only.
    phone: Option<String>,
}

/// Sends a code for a purpose. It needs the same bearer at `otp/verify`.
#[utoipa::path(
    post, path = "/v1/otp/start", tag = "accounts", request_body = StartVerification, security(("bearer" = [])),
    responses(
        (status = 202, description = "A code was sent", body = Verification),
        (status = 403, description = "`phone-unverified` or `reauthentication-required`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn start(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    let session = sessions::read(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    let input: StartVerification = raw.parse()?;

    let (purpose, phone) = match (input.purpose, input.phone) {
        (Purpose::Phone, Some(text)) => {
            let phone = Phone::parse(&text).map_err(|error| Problem::field("phone", error.to_string()))?;
            if !state.limits.allows(&phone) {
                return Err(Problem::field("phone", "is of a country we do not send SMS to"));
            }
            (otp::Purpose::Phone, phone)
        }
        (Purpose::Phone, None) => return Err(Problem::field("phone", "is missing")),
        (Purpose::Reauthenticate, None) => {
            let phone = session.phone.filter(|_| session.holder.phone_verified).ok_or(Kind::PhoneUnverified)?;
            (otp::Purpose::Reauthenticate, phone)
        }
        (Purpose::Reauthenticate, Some(_)) => return Err(Problem::field("phone", "goes with the purpose phone only")),
    };

    let (verification_id, code) = (random::uuid_v4()?, random::otp_code()?);
    let expires_at = web::after(now, otp::CODE_SECONDS);
    let keys = state.limits.phone(&phone);
    let sent = store::accounts::otp::start(
        &state.accounts,
        now,
        Start { session: bearer.session, user: bearer.user, purpose, phone: &phone, keys: &keys },
        NewCode {
            verification: &web::otp::stored_id(&state.codes, verification_id),
            code: &web::otp::stored_code(&state.codes, verification_id, &code),
            code_expires: expires_at,
            expires: web::after(now, otp::VERIFICATION_SECONDS),
        },
        &state.limits.sms(&parts.headers),
        &state.limits.event_origin(&parts.headers, now)?,
    )
    .await?;
    let Sent::Sent(phone, language) = sent else { return Err(refusal(&sent)) };
    state.notifier.send_later(Message::Code { to: phone.expose().to_owned(), code: code.expose().to_owned(), language });
    Ok((StatusCode::ACCEPTED, Json(Verification { verification_id, expires_at })).into_response())
}
