//! `GET /v1/support`.

use axum::{
    Json,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use store::accounts::support;
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth, page::Page, problem::ProblemDocument};

use crate::representation::SupportRequest;

/// A page of requests, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SupportRequestPage {
    /// Without their messages.
    items: Vec<SupportRequest>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// The caller's requests to support, newest first.
#[utoipa::path(
    get, path = "/v1/support", tag = "contact", security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many, 20 if not given", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = SupportRequestPage),
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
    let found = support::list(accounts, now, bearer.session, bearer.user, page.fetch_limit(), page.after).await?;
    let (found, next_cursor) = page.cut(found.ok_or(Kind::Unauthenticated)?, |(request, ..)| (request.created_at, request.id));
    let listed =
        found.iter().map(|(request, salt, first)| SupportRequest::listed(&state.masters, bearer.user, request, salt, first));
    let items = listed.collect::<Result<_, _>>()?;
    Ok(Json(SupportRequestPage { items, next_cursor }).into_response())
}
