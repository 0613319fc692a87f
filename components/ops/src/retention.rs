//! `POST /v1/ops/retention`.

use axum::{
    Json,
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use web::{Context, Problem, auth, body, lifecycle::RetentionRun, problem::ProblemDocument, sse};

const BODY_LIMIT: usize = 1_024;

/// Runs every retention rule now; how many rows each dealt with, by the rule's name. Safe to repeat and to run twice at a time. With
/// `{"dry_run": true}` it tells how many rows each has to deal with, and changes nothing. The body may be missing.
///
/// With `Accept: text/event-stream` the answer is a stream of events: `rule` (`{rule, rows}`) as each rule comes to its end, `progress`
/// (the same) while one takes long, and at last `done` (what is answered otherwise) or `error` (a problem).
#[utoipa::path(
    post, path = "/v1/ops/retention", tag = "operations", security(("bearer" = [])), request_body(content = Option<RetentionRun>),
    responses(
        (status = 200, description = "Rows by rule; 0 for all once there is nothing left to do", content((std::collections::BTreeMap<String, i64> = "application/json"), (String = "text/event-stream"))),
        (status = 401, description = "`unauthenticated`: not the operator's token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: a rule failed and will be gone on with by the next run; or `not-configured`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::JsonBody,
    )
)]
pub(crate) async fn retention(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let said = body::optional(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    auth::bearer_is(&parts.headers, &state.token)?;
    let run = match said {
        Some(raw) => raw.parse()?,
        None => RetentionRun::default(),
    };
    if sse::event_stream(&parts.headers) {
        return state.lifecycle.watch(&context, run).await;
    }
    Ok(Json(state.lifecycle.retention(run).await?).into_response())
}
