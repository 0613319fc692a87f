//! `POST /v1/generations`.
//!
//! The chain runs in a task of its own: a client that hangs up does not stop it, and finds the result when it comes back. Until it
//! is admitted a problem is an ordinary answer, for a stream of events too.

use std::{future::poll_fn, task::Poll};

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt as _;
use generation::{Generation, links};
use web::{Context, Kind, Problem, address, auth, body, problem::ProblemDocument};

use crate::{
    chain,
    event::{self, Event, Events, Outcome},
    request::{self, GenerationRequest, NewGeneration},
    sse,
};

/// 4,000 characters of at most 12 bytes (a pair of escaped surrogates), and room.
const BODY_LIMIT: usize = 64 * 1_024;

/// Makes a visual of a brief. With `Accept: text/event-stream` the answer is a stream of the events `accepted` (with the
/// place in the queue before the model host, 0 where it is free), `translated`, `progress`, `corrected`, and `done` or `error`.
#[utoipa::path(
    post, path = "/v1/generations", tag = "generations", request_body = NewGeneration, security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Any string of 1 to 255 bytes, kept 24 hours: a repeat gets the same result and is not charged again", max_length = 255)),
    responses(
        (status = 201, description = "Made", headers(("Location" = String)), content((Generation = "application/json"))),
        (status = 200, description = "Made by an earlier request with this key, or a stream of events", content((Generation = "application/json"), (String = "text/event-stream"))),
        (status = 400, description = "`malformed-body` or `malformed-request`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 402, description = "`quota-exhausted`, with tokens: `quota`, `used`, `reserved` for what runs and `left` of today; `needed` for this one at least, and `at_most`; `credits` there are and `credits_needed` for `spend_credits`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`phone-unverified` or `processing-restricted`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency-conflict`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "`content-expired`: the result of this key was deleted since", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`, or `brief-refused` with its `category`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`, or `quota-reserved` where only your running generations stand in the way, with the figures of 402; `Retry-After` says when to ask again", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 502, description = "`model-invalid-output`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "`model-unavailable`, `unavailable` or `not-configured`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 504, description = "`model-timeout`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::AnyBody,
    )
)]
pub(crate) async fn create(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.zone.verifier, &context, now)?;
    let input = match request::read(&parts.headers, &raw, &bearer, &state.zone.limits) {
        Ok(read) => read,
        Err(problem) => return Err(auth::refused(&state.zone.accounts, &bearer, problem, now).await),
    };
    let reader = sse::Reader { language: context.language, request_id: context.request_id, heartbeat: state.heartbeat };
    let origin = address::event_origin(&parts.headers, &state.proxy, now)?;
    let request = GenerationRequest { state, bearer, language: reader.language, request_id: reader.request_id, input, origin };
    let (sender, events) = event::channel();
    web::spawn(chain::run(request, sender));
    yield_now().await;
    if web::sse::event_stream(&parts.headers) { stream(events, reader).await } else { whole(events).await }
}

/// Lets what was spawned begin. The runtime of the bindings takes a new task up when it has polled the others and waits then for the
/// outside only: a handler that waits for its own task at once would wait for ever (measured with wit-bindgen 0.57).
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn stream(mut events: Events, reader: sse::Reader) -> Result<Response, Problem> {
    match events.next().await {
        Some(Event::Ended(result)) => match *result {
            Err(problem) => Err(problem),
            Ok(outcome) => Ok(sse::answer(Event::Ended(Box::new(Ok(outcome))), events, reader)),
        },
        Some(first) => Ok(sse::answer(first, events, reader)),
        None => Err(Kind::Internal.into()),
    }
}

async fn whole(mut events: Events) -> Result<Response, Problem> {
    while let Some(event) = events.next().await {
        if let Event::Ended(result) = event {
            let Outcome { generation, id, replayed } = (*result)?;
            return Ok(if replayed {
                Json(generation).into_response()
            } else {
                (StatusCode::CREATED, [(header::LOCATION, links::generation(id))], Json(generation)).into_response()
            });
        }
    }
    Err(Kind::Internal.into())
}
