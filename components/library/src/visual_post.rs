//! `POST /v1/generations/{id}/visual`: text parameters too, which must not be in a URL.

use axum::{
    body::Body,
    extract::{FromRequestParts as _, Request},
    response::Response,
};
use web::{Context, Problem, body, problem::ProblemDocument};

use crate::{
    access::{Access, Id},
    options::{VisualOptions, VisualRequest},
};

const BODY_LIMIT: usize = 64 * 1_024;

/// The visual with values for its parameters, texts included.
#[utoipa::path(
    post, path = "/v1/generations/{id}/visual", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    request_body = VisualRequest,
    responses(
        (status = 200, description = "The visual", headers(("Visual-Corrections" = Option<String>, description = "See the contract")), content(
            ([u8] = "image/svg+xml"), ([u8] = "image/png"), ([u8] = "application/pdf"))),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn,
        web::responses::JsonBody,
        web::responses::PhoneUnverified,
        web::responses::NotFound,
        web::responses::RateLimited,
    )
)]
pub(crate) async fn visual(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let Ok(id) = Id::from_request_parts(&mut parts, &()).await;
    let access = Access::of(&context, &parts.headers, id).await?;
    let options = raw.parse::<VisualRequest>().and_then(VisualOptions::from_body);
    access.render(options).await
}
