//! `POST /v1/support`.

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    contact::{FormText, MESSAGE_MAX_CHARS, SUBJECT_MAX_CHARS},
    limits::SUPPORT_PER_DAY,
};
use serde::Deserialize;
use store::accounts::support::{self, Asked};
use utoipa::ToSchema;
use web::{
    Context, Kind, Problem, auth, body,
    problem::{FieldError, ProblemDocument},
};

use crate::representation::{SupportRequest, seal};

/// The longest text in escaped form.
const BODY_LIMIT: usize = 131_072;

/// A request to support.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    /// What it is about, one line of up to 200 characters.
    #[schema(value_type = String, max_length = 200)]
    subject: FormText,
    /// Up to 10,000 characters.
    #[schema(value_type = String, max_length = 10000)]
    message: FormText,
}

impl NewRequest {
    fn check(&self) -> Result<(), Problem> {
        let checked = [("subject", self.subject.line(SUBJECT_MAX_CHARS)), ("message", self.message.lines(MESSAGE_MAX_CHARS))];
        let errors: Vec<_> = checked
            .into_iter()
            .filter_map(|(field, checked)| Some(FieldError { field: field.to_owned(), message: checked.err()?.to_string() }))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::fields(&errors)) }
    }
}

/// Asks support. The text is encrypted under the caller's key at once, and an email says when there is an answer.
#[utoipa::path(
    post, path = "/v1/support", tag = "contact", request_body = NewRequest, security(("bearer" = [])),
    responses(
        (status = 201, description = "The request", body = SupportRequest),
        (status = 429, description = "`rate-limited`: 10 a day", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::JsonBody,
    )
)]
pub(crate) async fn create(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    let salt = support::salt(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    let input: NewRequest = raw.parse()?;
    input.check()?;

    let (id, message) = (web::uuid_v7(now)?, web::uuid_v7(now)?);
    let envelope = seal(&state.masters, bearer.user, &salt, message, &input.subject, &input.message)?;
    let asked = support::ask(&state.accounts, now, bearer.session, bearer.user, id, message, envelope, SUPPORT_PER_DAY).await?;
    match asked {
        Asked::Made => {
            let made = SupportRequest::fresh(id, message, now, &input.subject, &input.message);
            Ok((StatusCode::CREATED, [(header::LOCATION, format!("/v1/support/{id}"))], Json(made)).into_response())
        }
        Asked::Rate(wait) => Err(Problem::retry(Kind::RateLimited, wait)),
        Asked::Unauthenticated => Err(Kind::Unauthenticated.into()),
    }
}
