//! `POST /v1/me/links/{provider}`.

use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::session::OAUTH_SECONDS;
use oidc::Attempt;
use serde::Serialize;
use store::accounts::oauth::{self, BeginLink, NewState};
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth, problem::ProblemDocument};

use crate::{providers::Name, state_cookie};

/// Where to go for linking.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkStart {
    /// The provider's page. It leads to a link in this browser and for this session only.
    url: String,
}

/// Begins to link a provider to the caller's account. This answer sets the cookie `oauth_state`, so a link that somebody else began
/// and had the caller follow comes to nothing.
#[utoipa::path(
    post, path = "/v1/me/links/{provider}", tag = "accounts", security(("bearer" = [])),
    params(("provider" = String, Path, description = "`google`, `github`, `linkedin` or `facebook`")),
    responses(
        (status = 200, description = "The address to follow", body = LinkStart),
        (status = 403, description = "`reauthentication-required`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: no such provider here", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`link-conflict`: one of this provider is linked", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn begin(context: Context, Name(provider): Name, headers: HeaderMap) -> Result<Response, Problem> {
    let (state, now) = (crate::state().await?, web::now());
    let bearer = auth::bearer(&headers, &state.verifier, &context, now)?;
    let (provider, client) = state.providers.find(&provider)?;
    let attempt = Attempt::new(provider)?;
    let (id, browser) = (attempt.stored_id(&state.key), attempt.stored_browser(&state.key));
    let new = NewState { id: &id, browser: &browser, expires: web::after(now, OAUTH_SECONDS) };
    match oauth::begin_link(&state.accounts, now, bearer.session, bearer.user, provider, new).await? {
        BeginLink::Unauthenticated => Err(Kind::Unauthenticated.into()),
        BeginLink::Stale => Err(Kind::ReauthenticationRequired.into()),
        BeginLink::Conflict => Err(Kind::LinkConflict.into()),
        BeginLink::Begun => {
            let url = client.authorization_url(&attempt, &state.key);
            Ok(([(header::SET_COOKIE, state_cookie::set(&attempt)?)], Json(LinkStart { url })).into_response())
        }
    }
}
