//! `POST /v1/gift-codes/redeem`.

use axum::{
    Json,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use domain::{
    Secret,
    billing::gift_code,
    limits::{GIFT_ADDRESS, GIFT_USER},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::accounts::billing::{self, Redeemed, Redemption};
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth, body, problem::ProblemDocument};

/// What a gift code is hashed with besides its key; `asknpic gift create` does the same.
const PURPOSE: &[u8] = b"gift-code:";

/// A gift code as typed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redeem {
    /// Twenty symbols; case, spaces and hyphens do not matter.
    #[schema(value_type = String)]
    code: Secret,
}

/// What the code gave.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gift {
    /// `credits-<tokens>`, or `<plan>-<days>-days`.
    kind: String,
    /// Of a plan: until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
}

/// Redeems a gift code, once.
#[utoipa::path(
    post, path = "/v1/gift-codes/redeem", tag = "billing", request_body = Redeem, security(("bearer" = [])),
    responses(
        (status = 200, description = "Yours", body = Gift),
        (status = 404, description = "`gift-code-invalid`: unknown, used or expired alike", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn redeem(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    let typed = match raw.parse::<Redeem>() {
        Ok(input) => input.code,
        Err(problem) => return Err(auth::refused(&state.accounts, &bearer, problem, now).await),
    };
    // What cannot be a code is looked up all the same, so that it counts and answers like one that is unknown.
    let code = gift_code(typed.expose()).unwrap_or_default();
    let redemption = Redemption {
        session: bearer.session,
        user: bearer.user,
        code: &state.gifts.mac_raw(&[PURPOSE, code.as_bytes()].concat()),
        limits: &[(GIFT_USER, state.person(&bearer)), (GIFT_ADDRESS, state.address(&parts.headers))],
        id: web::uuid_v7(now)?,
    };
    match billing::redeem(&state.accounts, now, redemption).await? {
        Redeemed::Redeemed(kind, ends_at) => Ok(Json(Gift { kind, ends_at }).into_response()),
        Redeemed::Invalid => Err(Kind::GiftCodeInvalid.into()),
        Redeemed::Rate(seconds) => Err(Problem::retry(Kind::RateLimited, seconds)),
        Redeemed::Unauthenticated => Err(Kind::Unauthenticated.into()),
    }
}
