//! `DELETE /v1/me/links/{provider}`.

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::Provider;
use store::accounts::oauth::{self, Unlinked};
use web::{Context, Kind, Problem, auth, notify::Message, problem::ProblemDocument};

use crate::providers::Name;

/// Removes a link, also of a provider that is no longer configured, but never the last way in.
#[utoipa::path(
    delete, path = "/v1/me/links/{provider}", tag = "accounts", security(("bearer" = [])),
    params(("provider" = String, Path, description = "`google`, `github`, `linkedin` or `facebook`")),
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "`reauthentication-required`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: no such link", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`last-link`: nobody could sign in any more", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn unlink(context: Context, Name(provider): Name, headers: HeaderMap) -> Result<Response, Problem> {
    let (state, now) = (crate::state().await?, web::now());
    let bearer = auth::bearer(&headers, &state.verifier, &context, now)?;
    let provider = Provider::from_name(&provider).ok_or(Kind::NotFound)?;
    let event = state.limits.event_origin(&headers, now)?;
    match oauth::unlink(&state.accounts, now, bearer.session, bearer.user, provider, &event).await? {
        Unlinked::Unauthenticated => Err(Kind::Unauthenticated.into()),
        Unlinked::Stale => Err(Kind::ReauthenticationRequired.into()),
        Unlinked::Missing => Err(Kind::NotFound.into()),
        Unlinked::Last => Err(Kind::LastLink.into()),
        Unlinked::Removed(owner) => {
            let to = owner.email.expose().to_owned();
            state.notifier.send_later(Message::LinkRemoved { to, provider, language: owner.language });
            Ok(StatusCode::NO_CONTENT.into_response())
        }
    }
}
