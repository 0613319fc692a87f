//! `GET /v1/support/{id}`.

use axum::{
    Json,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use store::accounts::support::{self, Found};
use uuid::Uuid;
use web::{Context, Kind, Problem, auth};

use crate::representation::SupportRequest;

/// One request of the caller's with all its messages, oldest first.
#[utoipa::path(
    get, path = "/v1/support/{id}", tag = "contact", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the request")),
    responses(
        (status = 200, description = "The request", body = SupportRequest),
        web::responses::SignedIn, web::responses::NotFound,
    )
)]
pub(crate) async fn read(context: Context, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&headers, &state.verifier, &context, now)?;
    // What is no id is nobody's; that the session holds is looked at first.
    let id = uri.path().rsplit('/').next().filter(|text| text.len() == 36).and_then(|text| text.parse().ok());
    let id = id.unwrap_or_else(Uuid::nil);
    match support::read(&state.accounts, now, bearer.session, bearer.user, id).await? {
        Found::Request(request, salt, messages) => {
            Ok(Json(SupportRequest::whole(&state.masters, bearer.user, &request, &salt, &messages)?).into_response())
        }
        Found::NotFound => Err(Kind::NotFound.into()),
        Found::Unauthenticated => Err(Kind::Unauthenticated.into()),
    }
}
