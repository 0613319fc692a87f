//! `GET /v1/me/security-events`.

use axum::{
    Json,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::events;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Context, Kind, Problem, auth, page::Page, problem::ProblemDocument};

/// Something that happened to the account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecurityEvent {
    /// Of the event.
    id: Uuid,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What, such as `sign-in` or `password-changed`.
    kind: String,
    /// From which address; null where it is not known.
    ip: Option<String>,
}

/// A page of events, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecurityEventPage {
    /// Newest first.
    items: Vec<SecurityEvent>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// What happened to the caller's account in the last year: sign-ins, failures, changes.
#[utoipa::path(
    get, path = "/v1/me/security-events", tag = "accounts", security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many, 20 if not given", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = SecurityEventPage),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn list(context: Context, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let (accounts, now) = (&state.accounts, web::now());
    let bearer = auth::bearer(&headers, &state.verifier, &context, now)?;
    let page = match Page::read(uri.query()) {
        Ok(page) => page,
        Err(problem) => return Err(auth::refused(accounts, &bearer, problem, now).await),
    };
    let found = events::list(accounts, now, bearer.session, bearer.user, page.fetch_limit(), page.after).await?;
    let (found, next_cursor) = page.cut(found.ok_or(Kind::Unauthenticated)?, |event| (event.at, event.id));
    let items =
        found.into_iter().map(|event| SecurityEvent { id: event.id, at: event.at, kind: event.kind, ip: event.ip }).collect();
    Ok(Json(SecurityEventPage { items, next_cursor }).into_response())
}
