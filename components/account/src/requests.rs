//! `GET /v1/me/requests` (promise a70).

use axum::{Json, http::HeaderMap};
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::rights::{self, Request as Stored};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Context, Kind, Problem};

use crate::rights::bearer;

/// A right that was exercised.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RightsRequest {
    /// Its id; that of an erasure or an export is the same.
    id: Uuid,
    /// `access`, `rectification`, `erasure`, `restriction`, `portability`, `objection` or `consent-withdrawal`.
    kind: String,
    /// `account`, or `email` where an operator took it up.
    channel: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// Until when it has to be answered: one month, counted as 30 days, and two more with notice.
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    /// When notice of a delay was given.
    #[schema(value_type = Option<String>, format = DateTime)]
    extended_at: Option<Timestamp>,
    /// When it was answered; null while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
}

/// The requests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RightsRequests {
    /// Newest first.
    items: Vec<RightsRequest>,
}

impl From<Stored> for RightsRequest {
    fn from(stored: Stored) -> Self {
        let Stored { id, kind, channel, received_at, due_at, extended_at, answered_at } = stored;
        Self { id, kind, channel, received_at, due_at, extended_at, answered_at }
    }
}

/// Every right the caller exercised, with what became of it.
#[utoipa::path(
    get, path = "/v1/me/requests", tag = "rights", security(("bearer" = [])),
    responses(
        (status = 200, description = "The requests", body = RightsRequests),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn list(context: Context, headers: HeaderMap) -> Result<Json<RightsRequests>, Problem> {
    let (bearer, now) = bearer(&context, &headers).await?;
    let state = crate::state().await?;
    let found = rights::requests(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    Ok(Json(RightsRequests { items: found.into_iter().map(RightsRequest::from).collect() }))
}
