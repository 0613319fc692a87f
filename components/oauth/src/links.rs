//! `GET /v1/me/links`.

use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::oauth;
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth};

/// A provider that the account can be signed in to with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    /// `google`, `github`, `linkedin` or `facebook`.
    provider: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    linked_at: Timestamp,
}

/// All of them: there are no more than providers, so there is never a next page.
#[derive(Serialize, ToSchema)]
pub(crate) struct Links {
    /// Newest first.
    items: Vec<Link>,
    /// Always null.
    next_cursor: Option<String>,
}

/// The providers that the caller's account can be signed in to with.
#[utoipa::path(
    get, path = "/v1/me/links", tag = "accounts", security(("bearer" = [])),
    responses(
        (status = 200, description = "The links", body = Links),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn list(context: Context, headers: HeaderMap) -> Result<Response, Problem> {
    let (state, now) = (crate::state().await?, web::now());
    let bearer = auth::bearer(&headers, &state.verifier, &context, now)?;
    let links = oauth::links(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    let items = links.into_iter().map(|link| Link { provider: link.provider.name(), linked_at: link.linked_at }).collect();
    Ok(Json(Links { items, next_cursor: None }).into_response())
}
