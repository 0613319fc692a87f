//! `POST /v1/oauth/confirm`.

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::{POLICY_VERSION, Secret, TenantId, UserId, limits::OAUTH_CALLBACK};
use serde::Deserialize;
use store::accounts::{
    limits_take,
    oauth::{self, Confirmed, Joined, NewAccount, Refused},
};
use utoipa::ToSchema;
use vault::UserSalt;
use web::{Kind, Problem, body, notify::Message, problem::ProblemDocument};

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
        (status = 413, description = "`payload-too-large`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported-media-type`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable` or `not-configured`", body = ProblemDocument, content_type = "application/problem+json"),
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
    let id = crate::stored_token(&state.tokens, input.token.expose().trim());
    let salt = UserSalt::random()?;
    let account = NewAccount {
        user: UserId::from(web::uuid_v7(now)?),
        tenant: TenantId::from(web::uuid_v7(now)?),
        salt: salt.as_bytes(),
        policy_version: POLICY_VERSION,
    };
    let event = state.limits.stamp(&parts.headers, now)?;
    match oauth::confirm(&state.accounts, now, &id, account, &event).await? {
        Confirmed::Unknown | Confirmed::Refused(Refused::Unproved) => Err(Kind::OauthFailed.into()),
        Confirmed::Refused(Refused::Blocked) => Err(Kind::AccountBlocked.into()),
        Confirmed::Refused(Refused::Conflict) => Err(Kind::LinkConflict.into()),
        Confirmed::Joined(joined, provider, owner) => {
            let (to, language) = (owner.email.expose().to_owned(), owner.language);
            match joined {
                Joined::Joined => state.notifier.send_later(Message::LinkAdded { to, provider, language }),
                Joined::Claimed => state.notifier.send_later(Message::AccountReclaimed { to, provider, language }),
                Joined::Known | Joined::New => {}
            }
            Ok(StatusCode::NO_CONTENT)
        }
    }
}
