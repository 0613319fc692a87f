//! `DELETE /v1/generations/{id}`.

use axum::http::{HeaderMap, StatusCode};
use store::accounts::generations::{self, Forgotten};
use web::{Context, Kind, Problem, problem::ProblemDocument};

use crate::access::{Access, Id};

/// Deletes a generation's content, physically. It is marked first, so that it is out of reach at once; a repeat completes what a
/// failure left.
#[utoipa::path(
    delete, path = "/v1/generations/{id}", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "The content is gone"),
        (status = 409, description = "`generation-running`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::NotFound,
    )
)]
pub(crate) async fn delete(context: Context, headers: HeaderMap, id: Id) -> Result<StatusCode, Problem> {
    let Access { zone, bearer, id, now } = Access::of(&context, &headers, id).await?;
    match generations::forget(&zone.accounts, now, bearer.session, bearer.user, id).await? {
        Forgotten::Done => {}
        Forgotten::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Forgotten::NotFound => return Err(Kind::NotFound.into()),
        Forgotten::Running => return Err(Kind::GenerationRunning.into()),
    }
    zone.remove_content(bearer.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
