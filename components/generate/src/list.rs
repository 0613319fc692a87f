//! `GET /v1/generations`.

use axum::{
    Json,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use domain::GenerationId;
use generation::{Generation, query, read};
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::{generations, sessions};
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth, problem::ProblemDocument};

use crate::cursor;

/// How many a page has unless the caller says otherwise, and at most.
const PAGE: (usize, usize) = (20, 100);

/// A page of generations, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct GenerationPage {
    /// Without their files.
    items: Vec<Generation>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// Where a page begins and how long it is.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    limit: usize,
    after: Option<(Timestamp, GenerationId)>,
}

impl Page {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let mut page = Self { limit: PAGE.0, after: None };
        for (name, value) in query::pairs(query)? {
            match name.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=PAGE.1).contains(limit));
                    page.limit = limit.ok_or_else(|| Problem::field("limit", "must be a number from 1 to 100"))?;
                }
                "cursor" => {
                    let after = cursor::read(&value).ok_or_else(|| Problem::field("cursor", "is not one that we gave"))?;
                    page.after = Some(after);
                }
                _ => return Err(Problem::field(&name, "is not a parameter of this address")),
            }
        }
        Ok(page)
    }
}

/// The caller's generations, newest first.
#[utoipa::path(
    get, path = "/v1/generations", tag = "generations", security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many, 20 if not given", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = GenerationPage),
        (status = 401, description = "`unauthenticated`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`phone-unverified`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable` or `not-configured`", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(context: Context, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let (accounts, now) = (&state.zone.accounts, web::now());
    let bearer = auth::bearer(&headers, &state.zone.verifier, &context, now)?;
    let page = match Page::read(uri.query()) {
        Ok(page) => page,
        Err(problem) => {
            let session = sessions::read(accounts, now, bearer.session, bearer.user).await?;
            return Err(if session.is_some() { problem } else { Kind::Unauthenticated.into() });
        }
    };
    // One more than asked for tells whether there is a next page.
    let wanted = i32::try_from(page.limit + 1).unwrap_or(i32::MAX);
    let mut found = read::found(generations::list(accounts, now, bearer.session, bearer.user, wanted, page.after).await?)?;
    let more = found.len() > page.limit;
    found.truncate(page.limit);
    let next_cursor = found.last().filter(|_| more).map(|last| cursor::write(last.created_at, last.id));
    let items = found.into_iter().map(|stored| Generation::of(stored, None, context.language)).collect();
    Ok(Json(GenerationPage { items, next_cursor }).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded_and_cursors_are_ours() {
        assert_eq!(Page::read(None).ok(), Some(Page { limit: 20, after: None }));
        assert_eq!(Page::read(Some("limit=100")).ok(), Some(Page { limit: 100, after: None }));
        let after = (Timestamp::UNIX_EPOCH, uuid::Uuid::from_u128(5).into());
        let cursor = cursor::write(after.0, after.1);
        assert_eq!(Page::read(Some(&format!("cursor={cursor}"))).ok(), Some(Page { limit: 20, after: Some(after) }));
        for query in
            ["limit=0", "limit=101", "limit=-1", "limit=", "limit=1e1", "cursor=", "cursor=x", "offset=3", "limit=1&limit=1"]
        {
            assert_eq!(Page::read(Some(query)).map_err(|problem| problem.kind()), Err(Kind::InvalidRequest), "{query}");
        }
    }
}
