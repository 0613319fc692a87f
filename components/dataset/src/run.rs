//! `POST /v1/internal/dataset`: one run over all generations and all entries.

use axum::{Json, body::Body, extract::Request};
use web::{
    Problem, body, internal,
    lifecycle::{Counts, DATASET_PATH, RetentionRun},
};

use crate::copy;

const BODY_LIMIT: usize = 1_024;

/// Answers with how many entries were copied and removed, and how many exports have ended; or would be.
pub(crate) async fn run(request: Request<Body>) -> Result<Json<Counts>, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    internal::verify(&state.key, DATASET_PATH, &parts.headers, &raw)?;
    let RetentionRun { dry_run } = raw.parse()?;
    let now = web::now();
    let removed = copy::remove_unfounded(&state, dry_run).await?;
    let copied = if dry_run { copy::missing(&state).await? } else { copy::copy(&state, now).await? };
    let ended = if dry_run {
        store::dataset::ended_exports(&state.dataset, now).await?
    } else {
        store::dataset::end_exports(&state.dataset, now, copy::BATCH).await?
    };
    let counts = [("dataset_copied", copied), ("dataset_removed", removed), ("dataset_exports_ended", ended)];
    Ok(Json(counts.map(|(name, rows)| (name.to_owned(), rows)).into()))
}
