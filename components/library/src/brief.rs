//! `GET /v1/generations/{id}/brief`.

use axum::{Json, http::HeaderMap};
use domain::generation::ContentKind;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Context, Problem, problem::ProblemDocument};
use zeroize::Zeroizing;

use crate::access::{Access, Id};

/// What was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct BriefText {
    /// As submitted.
    #[schema(value_type = String)]
    brief: Zeroizing<String>,
    /// As the model got it, where it was translated.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    translated_brief: Option<Zeroizing<String>>,
}

/// The brief.
#[utoipa::path(
    get, path = "/v1/generations/{id}/brief", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "The brief", body = BriefText),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound,
    )
)]
pub(crate) async fn brief(context: Context, headers: HeaderMap, id: Id) -> Result<Json<BriefText>, Problem> {
    let access = Access::of(&context, &headers, id).await?;
    let (stored, salt) = access.metadata().await?;
    let brief = access.content_of(&stored, &salt, ContentKind::Brief).await?;
    let translated_brief =
        if stored.translated { Some(access.content_of(&stored, &salt, ContentKind::TranslatedBrief).await?) } else { None };
    Ok(Json(BriefText { brief, translated_brief }))
}
