//! `GET /v1/generations/{id}/file`.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::generation::ContentKind;
use web::{Context, Problem, problem::ProblemDocument};

use crate::access::{Access, Id};

/// The file as delivered.
#[utoipa::path(
    get, path = "/v1/generations/{id}/file", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "The parametric file", body = Object),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound,
    )
)]
pub(crate) async fn file(context: Context, headers: HeaderMap, id: Id) -> Result<Response, Problem> {
    let (_, mut text) = Access::of(&context, &headers, id).await?.content(ContentKind::FinalFile).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], std::mem::take(&mut *text)).into_response())
}
