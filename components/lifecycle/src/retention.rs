//! `POST /v1/internal/retention`: runs every rule.

use std::convert::Infallible;

use axum::{
    Json,
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures::{StreamExt as _, pin_mut};
use serde_json::json;
use web::{
    Context, Kind, Problem, body, internal,
    lifecycle::{BUDGET, PATH, RetentionRun},
    sse,
};

use crate::rules::{self, Step};

const BODY_LIMIT: usize = 1_024;

/// Answers with the rows of each rule, or 503 where one of them failed; the others have run. To whom asks for events: rule by rule.
pub(crate) async fn retention(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    internal::verify(&state.key, PATH, &parts.headers, &raw)?;
    let RetentionRun { dry_run } = raw.parse()?;
    let steps = rules::run(state, web::now(), BUDGET, dry_run);
    if sse::event_stream(&parts.headers) {
        return Ok(sse::answer(steps.map(move |step| Ok::<_, Infallible>(frame(step, &context))), sse::HEARTBEAT));
    }
    pin_mut!(steps);
    while let Some(step) = steps.next().await {
        if let Step::Ended(counts) = step {
            return Ok(Json(counts?).into_response());
        }
    }
    Err(Kind::Internal.into())
}

fn frame(step: Step, context: &Context) -> Bytes {
    match step {
        Step::Rule { rule, rows, ended } => {
            sse::frame(if ended { "rule" } else { "progress" }, &json!({ "rule": rule, "rows": rows }))
        }
        Step::Ended(Ok(counts)) => sse::frame("done", &counts),
        Step::Ended(Err(problem)) => sse::frame("error", &problem.document(context.language, context.request_id)),
    }
}
