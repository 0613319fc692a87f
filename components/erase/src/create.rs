//! `POST /v1/me/erasure`.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    erasure::{AGAIN_SECONDS, BACKUP_SECONDS},
    rights::ANSWER_SECONDS,
    session::RECENT_SECONDS,
};
use serde::Deserialize;
use store::accounts::erasures::{self, Begun, NewErasure};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Context, Kind, Problem, address, auth, body, log, notify::Message, problem::ProblemDocument};

use crate::{receipt::ErasureReceipt, state::State};

const BODY_LIMIT: usize = 1_024;
/// What is not begun in this time is left to the lifecycle job.
const STEPS_BUDGET: Duration = Duration::from_mins(5);

/// Said on purpose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureRequest {
    /// Must be true.
    confirm: bool,
}

/// Closes the caller's account. Key, account and sessions die at once, in one statement; the steps that follow are taken right after
/// the answer, and by the lifecycle job where they fail. The receipt tells how far they are.
#[utoipa::path(
    post, path = "/v1/me/erasure", tag = "rights", security(("bearer" = [])), request_body = ErasureRequest,
    responses(
        (status = 202, description = "The account is gone; the receipt as of now", body = ErasureReceipt, headers(("Location" = String))),
        (status = 403, description = "`reauthentication-required`; a code of a phone that was changed in the last 24 hours does not count", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::JsonBody,
    )
)]
pub(crate) async fn create(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let (state, now) = (crate::state::state().await?, web::now());
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    let ErasureRequest { confirm } = raw.parse()?;
    if !confirm {
        return Err(Problem::field("confirm", "must be true"));
    }
    // Whoever holds it may read the receipt: nothing of it may be guessed, the time included.
    let id = vault::random::uuid_v4()?;
    let event = address::event_origin(&parts.headers, &state.proxy, now)?;
    let erasure = NewErasure {
        id,
        due: web::after(now, ANSWER_SECONDS),
        backups_expire: web::after(now, BACKUP_SECONDS),
        again: web::after(now, AGAIN_SECONDS),
        event: &event,
    };
    let accounts = &state.runner.accounts;
    let recent = i32::try_from(RECENT_SECONDS).unwrap_or(i32::MAX);
    match erasures::begin(accounts, now, bearer.session, bearer.user, recent, &erasure).await? {
        Begun::Erased(Some((email, language))) => {
            let receipt = format!("{}/v1/erasures/{id}", state.public_url);
            state.notifier.send_later(Message::AccountErased { to: email.expose().to_owned(), receipt, language });
        }
        Begun::Erased(None) => {}
        Begun::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Begun::Stale => return Err(Kind::ReauthenticationRequired.into()),
    }
    web::spawn(take_steps(Arc::clone(&state), id));
    let journal = erasures::read(accounts, id).await?.ok_or(Kind::Internal)?;
    let receipt = ErasureReceipt::of(id, journal, &state.receipts)?;
    let mut response = (StatusCode::ACCEPTED, Json(receipt)).into_response();
    if let Ok(location) = HeaderValue::try_from(format!("/v1/erasures/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Takes the steps that can be taken here, and asks `lifecycle` for the others. What fails is taken up by its next run.
async fn take_steps(state: Arc<State>, id: Uuid) {
    if state.runner.run(Some(id), STEPS_BUDGET).await.is_err() {
        log::event("erasure-left", serde_json::json!({ "erasure": id }));
    }
    if state.lifecycle.erasure(id).await.is_err() {
        log::event("erasure-left", serde_json::json!({ "erasure": id }));
    }
}
