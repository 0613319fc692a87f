//! `GET /v1/me/usage`.

use axum::{Json, http::HeaderMap};
use jiff::civil::Date;
use serde::Serialize;
use store::accounts::usage::{self, Day as Stored};
use utoipa::ToSchema;
use web::{Context, Kind, Problem};

use crate::rights::bearer;

/// How long tokens by day are kept (promise a45).
const DAYS: i32 = 90;

/// Tokens by day, and what is left of today's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// The quota's day as of now, in the account's time zone.
    #[schema(value_type = String, format = Date)]
    today: Date,
    /// Tokens a day.
    quota: i64,
    /// Credits that are left, in tokens.
    credits: i64,
    /// Newest first, 90 at most; today is always there.
    days: Vec<UsageDay>,
}

/// One day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageDay {
    /// Which.
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// Tokens that the quota paid for.
    used: i64,
    /// Tokens that credits paid for.
    paid_by_credits: i64,
    /// Tokens that are set aside for what runs.
    reserved: i64,
}

impl From<Stored> for UsageDay {
    fn from(Stored { day, used, paid, reserved }: Stored) -> Self {
        Self { day, used, paid_by_credits: paid, reserved }
    }
}

/// The tokens of the caller's tenant by day, its quota and its credits.
#[utoipa::path(
    get, path = "/v1/me/usage", tag = "rights", security(("bearer" = [])),
    responses(
        (status = 200, description = "The usage", body = Usage),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn get(context: Context, headers: HeaderMap) -> Result<Json<Usage>, Problem> {
    let (bearer, now) = bearer(&context, &headers).await?;
    let state = crate::state().await?;
    let found = usage::read(&state.accounts, now, bearer.session, bearer.user, DAYS).await?.ok_or(Kind::Unauthenticated)?;
    let usage::Usage { today, quota, credits, days } = found;
    Ok(Json(Usage { today, quota, credits, days: days.into_iter().map(UsageDay::from).collect() }))
}
