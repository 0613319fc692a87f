//! `GET /v1/generations/{id}`.

use axum::{Json, http::HeaderMap};
use generation::{Generation, read};
use web::{Context, Problem};

use crate::access::{Access, Id};

/// A generation. Once its content is gone, its metadata with `content_expired` and no `file`.
#[utoipa::path(
    get, path = "/v1/generations/{id}", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "The generation", body = Generation),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound,
    )
)]
pub(crate) async fn get(context: Context, headers: HeaderMap, id: Id) -> Result<Json<Generation>, Problem> {
    let access = Access::of(&context, &headers, id).await?;
    let Access { zone, bearer, id, now } = &access;
    read::whole(zone, *now, bearer, *id, context.language).await.map(Json)
}
