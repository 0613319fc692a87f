//! `GET /v1/generations/{id}/raw`.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::generation::ContentKind;
use web::{Context, Problem, problem::ProblemDocument};

use crate::access::{Access, Id};

/// The file as the model wrote it, where it was corrected. It is shown as text: it may be anything, and nothing but the checker
/// parses it (decision 9).
#[utoipa::path(
    get, path = "/v1/generations/{id}/raw", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "What the model wrote", body = String, content_type = "text/plain"),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound,
    )
)]
pub(crate) async fn raw(context: Context, headers: HeaderMap, id: Id) -> Result<Response, Problem> {
    let (_, mut text) = Access::of(&context, &headers, id).await?.content(ContentKind::RawFile).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], std::mem::take(&mut *text)).into_response())
}
