//! `GET /v1/billing`.

use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::billing;
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth};

/// What a tenant has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Billing {
    /// `free`, `starter`, `pro` or `agency`.
    plan: String,
    /// Of the subscription, as Stripe names it (`active`, `past_due` while a payment is tried again, `canceled`…); `gift` for a plan given
    /// by a code, `none` without either.
    status: String,
    /// Until when the plan is paid or given.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_end: Option<Timestamp>,
    /// Whether it ends then.
    ends_at_period_end: bool,
    /// Tokens left of packs and gifts. They do not expire, and are spent only where a request says so.
    credits: i64,
    /// Today's tokens.
    quota_today: QuotaToday,
}

/// Tokens of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuotaToday {
    /// Tokens a day.
    quota: i64,
    /// Of those, used by what was delivered.
    used: i64,
    /// Of those, set aside for what runs; what it does not use comes back.
    reserved: i64,
}

/// Plan, status, period, credits and today's quota.
#[utoipa::path(
    get, path = "/v1/billing", tag = "billing", security(("bearer" = [])),
    responses(
        (status = 200, description = "As of now", body = Billing),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn overview(context: Context, request: Request) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(request.headers(), &state.verifier, &context, now)?;
    let found = billing::overview(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    let answer = Billing {
        plan: found.plan,
        status: found.status,
        period_end: found.period_end,
        ends_at_period_end: found.ends_at_period_end,
        credits: found.credits,
        quota_today: QuotaToday { quota: found.quota, used: found.used, reserved: found.reserved },
    };
    Ok(Json(answer).into_response())
}
