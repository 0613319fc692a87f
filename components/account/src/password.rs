//! `PUT /v1/me/password`.

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::{Password, limits::PASSWORD_SESSION};
use serde::Deserialize;
use store::accounts::password::{self, Read, Set};
use utoipa::ToSchema;
use vault::password::{Verdict, hash, verify};
use web::{Context, Kind, Problem, auth, body, notify::Message, problem::ProblemDocument};

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// As it is now. An account that signs in with a provider only has none.
    #[schema(value_type = Option<String>)]
    current_password: Option<Password>,
    /// 12 to 128 characters, not a common one.
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    new_password: Password,
}

/// Changes the password, or sets the first one of an account without, for which the session must be recent. The other sessions end.
#[utoipa::path(
    put, path = "/v1/me/password", tag = "accounts", request_body = NewPassword, security(("bearer" = [])),
    responses(
        (status = 204, description = "Changed; the other sessions have ended"),
        (status = 400, description = "`malformed-body`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`reauthentication-required`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request` or `current-password-invalid`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::AnyBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn put(context: Context, request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    let key = state.limits.subject("password", bearer.session.uuid());
    let read = password::read(&state.accounts, now, bearer.session, bearer.user, (PASSWORD_SESSION, &key)).await?;
    let (seen, email) = match read {
        Read::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Read::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
        Read::Stored(seen, email) => (seen, email),
    };
    let input: NewPassword = raw.parse()?;
    input.new_password.parse_for(&[email.expose()]).map_err(|error| Problem::field("new_password", error.to_string()))?;

    let origin = state.limits.event_origin(&parts.headers, now)?;
    let right = match (&input.current_password, &seen) {
        (Some(current), Some(stored)) => verify(current, Some(stored)) != Verdict::Wrong,
        (None, None) => true,
        (Some(_), None) => false,
        (None, Some(_)) => return Err(Problem::field("current_password", "is missing")),
    };
    if !right {
        password::failed(&state.accounts, now, bearer.user, &origin).await?;
        return Err(Kind::CurrentPasswordInvalid.into());
    }
    let hash = hash(&input.new_password)?;
    let set = password::set(&state.accounts, now, bearer.session, bearer.user, seen.as_deref(), &hash, &origin).await?;
    match set {
        Set::Unauthenticated => Err(Kind::Unauthenticated.into()),
        Set::Recent => Err(Kind::ReauthenticationRequired.into()),
        Set::ChangedMeanwhile => Err(Kind::CurrentPasswordInvalid.into()),
        Set::Done(owner) => {
            let (to, language) = (owner.email.expose().to_owned(), owner.language);
            state.notifier.send_later(Message::PasswordChanged { to, language });
            Ok(StatusCode::NO_CONTENT)
        }
    }
}
