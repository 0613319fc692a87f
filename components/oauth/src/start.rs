//! `GET /v1/oauth/{provider}/start`.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{limits::OAUTH_ADDRESS, session::OAUTH_SECONDS};
use oidc::Attempt;
use store::accounts::oauth::{self, NewState};
use web::{Kind, Problem, problem::ProblemDocument};

use crate::{providers::Name, state_cookie};

/// Sends the browser to the provider. What comes back counts once, within ten minutes, and in this browser only.
#[utoipa::path(
    get, path = "/v1/oauth/{provider}/start", tag = "accounts",
    params(("provider" = String, Path, description = "`google`, `github`, `linkedin` or `facebook`")),
    responses(
        (status = 302, description = "To the provider; the cookie `oauth_state` is set"),
        (status = 404, description = "`not-found`: no such provider here", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::RateLimited,
    )
)]
pub(crate) async fn start(Name(provider): Name, headers: HeaderMap) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let (provider, client) = state.providers.find(&provider)?;
    let (now, attempt) = (web::now(), Attempt::new(provider)?);
    let (id, browser) = (attempt.stored_id(&state.key), attempt.stored_browser(&state.key));
    let new = NewState { id: &id, browser: &browser, expires: web::after(now, OAUTH_SECONDS) };
    let (address, limit) = (state.limits.address(&headers), state.limits.attempts(OAUTH_ADDRESS));
    let wait = oauth::begin(&state.accounts, now, new, &address, limit).await?;
    if wait > 0 {
        return Err(Problem::retry(Kind::RateLimited, wait));
    }
    let mut response = redirect(&client.authorization_url(&attempt, &state.key))?;
    response.headers_mut().append(header::SET_COOKIE, state_cookie::set(&attempt)?);
    Ok(response)
}

/// 302 to an address.
///
/// # Errors
/// 500 where it is no header value: a variable has a control character.
pub(crate) fn redirect(url: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(url).map_err(|_| Kind::NotConfigured)?;
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}
