//! `GET /healthz`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Alive.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `up`.
    status: &'static str,
}

/// Whether the application answers at all.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "Alive", body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "up" })
}
