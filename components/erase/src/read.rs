//! `GET /v1/erasures/{id}`.

use axum::{Json, extract::Path};
use store::accounts::erasures;
use uuid::Uuid;
use web::{Kind, Problem};

use crate::receipt::ErasureReceipt;

/// The receipt as of now, for whoever holds its id.
#[utoipa::path(
    get, path = "/v1/erasures/{id}", tag = "rights", params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "The receipt", body = ErasureReceipt),
        web::responses::Unavailable, web::responses::NotFound,
    )
)]
pub(crate) async fn read(Path(id): Path<String>) -> Result<Json<ErasureReceipt>, Problem> {
    let state = crate::state::state().await?;
    // Only the hyphenated form is in the contract.
    let id = Some(id).filter(|id| id.len() == 36).and_then(|id| id.parse::<Uuid>().ok()).ok_or(Kind::NotFound)?;
    let journal = erasures::read(&state.runner.accounts, id).await?.ok_or(Kind::NotFound)?;
    ErasureReceipt::of(id, journal, &state.receipts).map(Json)
}
