//! `GET /v1/me/sessions`.

use axum::{
    Json,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::sessions;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Context, Kind, Problem, auth, page::Page, problem::ProblemDocument};

/// A session that is open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Its id; ends with `DELETE /v1/me/sessions/{id}`.
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Its last sign-in or code.
    #[schema(value_type = String, format = DateTime)]
    authenticated_at: Timestamp,
    /// When it was last refreshed.
    #[schema(value_type = String, format = DateTime)]
    refreshed_at: Timestamp,
    /// When it ends unless it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A page of sessions, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionPage {
    /// Newest first.
    items: Vec<Session>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// The caller's open sessions.
#[utoipa::path(
    get, path = "/v1/me/sessions", tag = "accounts", security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many, 20 if not given", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = SessionPage),
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
    let found = sessions::list(accounts, now, bearer.session, bearer.user, page.fetch_limit(), page.after).await?;
    let (found, next_cursor) = page.cut(found.ok_or(Kind::Unauthenticated)?, |open| (open.created_at, open.id.uuid()));
    let item = |open: sessions::Open| Session {
        id: open.id.uuid(),
        current: open.id == bearer.session,
        created_at: open.created_at,
        authenticated_at: open.authenticated_at,
        refreshed_at: open.refreshed_at,
        expires_at: open.expires_at,
    };
    Ok(Json(SessionPage { items: found.into_iter().map(item).collect(), next_cursor }).into_response())
}
