//! `GET /v1/generations`.

use axum::{
    Json,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use domain::GenerationId;
use generation::{Generation, read};
use serde::Serialize;
use store::accounts::generations;
use utoipa::ToSchema;
use web::{Context, Problem, auth, page::Page, problem::ProblemDocument};

/// A page of generations, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct GenerationPage {
    /// Without their files.
    items: Vec<Generation>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// The caller's generations, newest first.
#[utoipa::path(
    get, path = "/v1/generations", tag = "generations", security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many, 20 if not given", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = GenerationPage),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::PhoneUnverified,
    )
)]
pub(crate) async fn list(context: Context, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let (accounts, now) = (&state.zone.accounts, web::now());
    let bearer = auth::bearer(&headers, &state.zone.verifier, &context, now)?;
    let page = match Page::read(uri.query()) {
        Ok(page) => page,
        Err(problem) => return Err(auth::refused(accounts, &bearer, problem, now).await),
    };
    let after = page.after.map(|(time, id)| (time, GenerationId::from(id)));
    let found = read::found(generations::list(accounts, now, bearer.session, bearer.user, page.fetch_limit(), after).await?)?;
    let (found, next_cursor) = page.cut(found, |last| (last.created_at, last.id.uuid()));
    let items = found.into_iter().map(|stored| Generation::of(stored, None, context.language)).collect();
    Ok(Json(GenerationPage { items, next_cursor }).into_response())
}
