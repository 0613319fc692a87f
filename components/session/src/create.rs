//! `POST /v1/session`.
//!
//! A wrong password costs one full hash whether or not there is an account, and counts before it is looked at. What is special
//! about an account is told only after the right password.

use axum::{body::Body, extract::Request, response::Response};
use domain::{Email, Password, limits::SIGNIN_ADDRESS, otp};
use serde::Deserialize;
use store::accounts::{
    signin::{self, Begin, Finish, RightPassword},
    signup::NewCode,
};
use utoipa::ToSchema;
use vault::{
    password::{self, Verdict},
    random,
};
use web::{Context, Kind, Problem, body, notify::Message, problem::ProblemDocument, tokens::Tokens};

use crate::refresh::presented;

const BODY_LIMIT: usize = 4_096;

/// Email and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// Letter case and surrounding space do not matter.
    email: String,
    /// As typed.
    #[schema(value_type = String)]
    password: Password,
}

/// Signs in.
#[utoipa::path(
    post, path = "/v1/session", tag = "accounts", request_body = SignIn,
    responses(
        (status = 200, description = "Signed in; the refresh token is in the cookie `refresh_token`", body = Tokens),
        (status = 401, description = "`credentials-invalid`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`phone-unverified` with `verification_id`, or `account-blocked`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "`account-locked` or `rate-limited`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::JsonBody,
    )
)]
pub(crate) async fn create(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: SignIn = raw.parse()?;
    let email = Email::parse(&input.email).map_err(|error| Problem::field("email", error.to_string()))?;

    let now = web::now();
    let (keys, limit) = (state.limits.sign_in(&email, &parts.headers), state.limits.attempts(SIGNIN_ADDRESS));
    let origin = state.limits.event_origin(&parts.headers, now)?;
    // A device that is signed in does not wait for what others do to the account.
    let refresh_key = state.minter.refresh_key();
    let device = presented(&parts.headers, refresh_key)?.map(|token| (token.session(), token.stored(refresh_key)));
    let candidate = match signin::begin(&state.accounts, now, &email, &keys, limit, device, &origin).await? {
        Begin::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
        Begin::Locked(seconds) => return Err(Problem::retry(Kind::AccountLocked, seconds)),
        Begin::Try(candidate) => candidate,
    };
    let stored = candidate.as_ref().and_then(|candidate| candidate.password_hash.as_deref());
    let verdict = password::verify(&input.password, stored);
    let (Some(candidate), Some(seen), Verdict::Right | Verdict::RightButWeak) = (&candidate, stored, verdict) else {
        return Err(Kind::CredentialsInvalid.into());
    };
    let rehash = if verdict == Verdict::RightButWeak { Some(password::hash(&input.password)?) } else { None };

    let (verification_id, code) = (random::uuid_v4()?, random::otp_code()?);
    let opening = state.minter.open(now)?;
    let finish = signin::finish(
        &state.accounts,
        now,
        candidate.user,
        &keys,
        &RightPassword { seen, rehash: rehash.as_deref() },
        opening.session(),
        NewCode {
            verification: &web::otp::stored_id(&state.codes, verification_id),
            code: &web::otp::stored_code(&state.codes, verification_id, &code),
            code_expires: web::after(now, otp::CODE_SECONDS),
            expires: web::after(now, otp::VERIFICATION_SECONDS),
        },
        candidate.unproved_phone.as_ref().map(|phone| state.limits.phone(phone)).as_ref(),
        &state.limits.sms(&parts.headers),
        &origin,
    )
    .await?;
    match finish {
        Finish::SignedIn(holder) => {
            context.signed_in(holder.user, holder.tenant);
            state.minter.opened(&opening, holder)
        }
        Finish::Unverified(phone, language) => {
            if let Some(phone) = phone {
                state.notifier.send_later(Message::Code {
                    to: phone.expose().to_owned(),
                    code: code.expose().to_owned(),
                    language,
                });
            }
            Err(Problem::from(Kind::PhoneUnverified).with("verification_id", verification_id.to_string()))
        }
        Finish::Blocked => Err(Kind::AccountBlocked.into()),
        Finish::Gone => Err(Kind::CredentialsInvalid.into()),
    }
}
