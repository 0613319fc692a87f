//! `GET /v1/generations/{id}/visual.svg`, `.png` and `.pdf`.

use axum::{
    http::{HeaderMap, Uri},
    response::Response,
};
use web::{Context, Problem, problem::ProblemDocument};

use crate::{
    access::{Access, Id},
    options::VisualOptions,
    renderer::Format,
};

/// The visual as SVG. `p.<parameter>=<value>` sets a number, colour, choice or switch of the file.
#[utoipa::path(
    get, path = "/v1/generations/{id}/visual.svg", tag = "generations", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path),
    ),
    responses(
        (status = 200, description = "The visual", body = [u8], content_type = "image/svg+xml",
            headers(("Visual-Corrections" = Option<String>, description = "See the contract"))),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound, web::responses::RateLimited,
    )
)]
pub(crate) async fn svg(context: Context, uri: Uri, headers: HeaderMap, id: Id) -> Result<Response, Problem> {
    let access = Access::of(&context, &headers, id).await?;
    access.render(VisualOptions::from_query(Format::Svg, uri.query())).await
}

/// The visual as PNG. `p.<parameter>=<value>` sets a number, colour, choice or switch of the file.
#[utoipa::path(
    get, path = "/v1/generations/{id}/visual.png", tag = "generations", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path),
        ("width" = Option<u32>, Query, description = "In pixels, at most 16 megapixels in all; the canvas's own if not given", minimum = 16, maximum = 4096),
    ),
    responses(
        (status = 200, description = "The visual", body = [u8], content_type = "image/png",
            headers(("Visual-Corrections" = Option<String>, description = "See the contract"))),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound, web::responses::RateLimited,
    )
)]
pub(crate) async fn png(context: Context, uri: Uri, headers: HeaderMap, id: Id) -> Result<Response, Problem> {
    let access = Access::of(&context, &headers, id).await?;
    access.render(VisualOptions::from_query(Format::Png, uri.query())).await
}

/// The visual as PDF. `p.<parameter>=<value>` sets a number, colour, choice or switch of the file.
#[utoipa::path(
    get, path = "/v1/generations/{id}/visual.pdf", tag = "generations", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path),
    ),
    responses(
        (status = 200, description = "The visual", body = [u8], content_type = "application/pdf",
            headers(("Visual-Corrections" = Option<String>, description = "See the contract"))),
        (status = 410, description = "`content-expired` with its `reason`: `plan` (an upgrade brings it back `until` then) or `removed`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound, web::responses::RateLimited,
    )
)]
pub(crate) async fn pdf(context: Context, uri: Uri, headers: HeaderMap, id: Id) -> Result<Response, Problem> {
    let access = Access::of(&context, &headers, id).await?;
    access.render(VisualOptions::from_query(Format::Pdf, uri.query())).await
}
