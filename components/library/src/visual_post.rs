//! `POST /v1/generations/{id}/visual`: text parameters too, which must not be in a URL.

use axum::{
    body::Body,
    extract::{FromRequestParts as _, Request},
    response::Response,
};
use web::{Context, Problem, body, problem::ProblemDocument};

use crate::{
    access::{Access, Id},
    wanted::{VisualRequest, Wanted},
};

const BODY_LIMIT: usize = 64 * 1_024;

/// The visual with values for its parameters, texts included.
#[utoipa::path(
    post, path = "/v1/generations/{id}/visual", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    request_body = VisualRequest,
    responses(
        (status = 200, description = "The visual", headers(("Visual-Corrections" = Option<String>, description = "See the contract")), content(
            ([u8] = "image/svg+xml"), ([u8] = "image/png"), ([u8] = "application/pdf"))),
        (status = 400, description = "`malformed-body`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`phone-unverified`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable` or `not-configured`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "`payload-too-large`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported-media-type`", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn visual(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let Ok(id) = Id::from_request_parts(&mut parts, &()).await;
    let access = Access::of(&context, &parts.headers, id).await?;
    let wanted = raw.parse::<VisualRequest>().and_then(Wanted::from_body);
    access.render(wanted).await
}
