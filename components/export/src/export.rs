//! `GET /v1/me/export`.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use domain::{
    rights::{ANSWER_SECONDS, EXPORT_LEASE_SECONDS, EXPORTS_PER_DAY},
    session::RECENT_SECONDS,
};
use store::accounts::exports::{self, Begun, NewExport};
use web::{Context, Kind, Problem, address, auth, problem::ProblemDocument};

use crate::chain::{self, Export};

/// Everything held about the caller: an archive of JSON, texts and pictures, with a README in the person's language and a manifest with
/// the SHA-256 of each entry. One at a time and three a day. An archive that breaks off is not complete and does not open.
#[utoipa::path(
    get, path = "/v1/me/export", tag = "rights", security(("bearer" = [])),
    responses(
        (status = 200, description = "The archive, as it is made", content_type = "application/zip"),
        (status = 403, description = "`reauthentication-required`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`: one is running, or three were made in 24 hours", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn export(context: Context, headers: HeaderMap) -> Result<Response, Problem> {
    let (state, now) = (crate::state::state().await?, web::now());
    let bearer = auth::bearer(&headers, &state.verifier, &context, now)?;
    let id = web::uuid_v7(now)?;
    let event = address::event_origin(&headers, &state.proxy, now)?;
    let new =
        NewExport { id, lease_until: web::after(now, EXPORT_LEASE_SECONDS), due: web::after(now, ANSWER_SECONDS), event: &event };
    let recent = i32::try_from(RECENT_SECONDS).unwrap_or(i32::MAX);
    let begun = exports::begin(&state.accounts, now, bearer.session, bearer.user, recent, EXPORTS_PER_DAY, &new).await?;
    let (salt, language) = match begun {
        Begun::Admitted(salt, language) => (salt, language),
        Begun::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Begun::Stale => return Err(Kind::ReauthenticationRequired.into()),
        Begun::Running(seconds) | Begun::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
    };
    let mut response = Response::new(Body::from_stream(chain::stream(Export { state, bearer, id, salt, language })));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"asknpic-export.zip\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store, no-transform"));
    // Nginx, and what is built on it, would hold the archive back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}
