//! Leaving the waitlist: from the page of a mail's link, and by one click in a mail program (RFC 8058; promises a01, a77).
//!
//! Any token answers alike: who is on the list is nobody's business, and who has left twice has left.

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, Uri},
};
use store::accounts::waitlist;
use web::{
    Problem, body,
    contact::{Purpose, read},
    problem::ProblemDocument,
    query,
};

use crate::forms::Token;

/// Takes the address of the token off the list, at once and for good.
#[utoipa::path(
    post, path = "/v1/waitlist/unsubscribe", tag = "contact", request_body = Token,
    responses(
        (status = 204, description = "Not on the list (any more)"),
        web::responses::Unavailable, web::responses::JsonBody,
    )
)]
pub(crate) async fn unsubscribe(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    leave(&raw.parse::<Token>()?.token).await
}

/// What a mail program's unsubscribe button calls (RFC 8058). The token says nothing of whom it stands for; logs drop the query.
#[utoipa::path(
    post, path = "/v1/waitlist/one-click", tag = "contact",
    params(("token" = String, Query, description = "As in the header `List-Unsubscribe` of the mail", max_length = 44)),
    responses(
        (status = 204, description = "Not on the list (any more)"),
        (status = 413, description = "`payload-too-large`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable,
    )
)]
pub(crate) async fn one_click(uri: Uri, request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    // The body may be a form of either kind; that it was posted is what counts, and what keeps link checkers from unsubscribing people.
    let body = body::bytes(&parts.headers, body, crate::BODY_LIMIT).await?;
    let text = String::from_utf8_lossy(&body);
    if !["List-Unsubscribe=One-Click", "name=\"List-Unsubscribe\""].iter().any(|sign| text.contains(sign)) {
        return Err(Problem::field("List-Unsubscribe", "must be One-Click"));
    }
    let mut pairs = query::pairs(uri.query())?.into_iter();
    match (pairs.next(), pairs.next()) {
        (Some((name, token)), None) if name == "token" => leave(&token).await,
        _ => Err(Problem::field("token", "must be the one parameter of this address")),
    }
}

async fn leave(token: &str) -> Result<StatusCode, Problem> {
    let state = crate::state().await?;
    if let Some(id) = read(&state.tokens, Purpose::WaitlistLeave, token) {
        waitlist::leave(&state.accounts, id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
