//! `GET /v1/generations/{id}/corrections`.

use axum::{Json, http::HeaderMap};
use domain::generation::Status;
use generation::representation::Correction;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use web::{Context, Kind, Problem};

use crate::access::{Access, Id};

/// What was corrected.
#[derive(Serialize, ToSchema)]
pub(crate) struct Corrections {
    /// In the order in which it was done; empty where the model's file was delivered as it was.
    #[schema(value_type = Vec<Correction>)]
    items: Box<RawValue>,
}

/// The correction log. It holds no personal data and outlives the content.
#[utoipa::path(
    get, path = "/v1/generations/{id}/corrections", tag = "generations", security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "The corrections", body = Corrections),
        web::responses::SignedIn, web::responses::PhoneUnverified, web::responses::NotFound,
    )
)]
pub(crate) async fn corrections(context: Context, headers: HeaderMap, id: Id) -> Result<Json<Corrections>, Problem> {
    let (stored, _) = Access::of(&context, &headers, id).await?.metadata().await?;
    if stored.status != Status::Delivered {
        return Err(Kind::NotFound.into());
    }
    let text = String::from_utf8(stored.corrections).unwrap_or_default();
    let text = if text.trim().is_empty() { "[]".to_owned() } else { text };
    let items = RawValue::from_string(text).map_err(|_| Problem::from(Kind::Internal))?;
    Ok(Json(Corrections { items }))
}
