//! The component `library`: generations that exist, their parts, and the visuals rendered of them.

mod access;
mod brief;
mod corrections;
mod delete;
mod file;
mod get;
mod raw;
mod ready;
mod render;
mod renderer;
mod visual;
mod visual_post;
mod wanted;

use axum::Router;
use generation::Zone;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Problem, settings};

async fn zone() -> Result<Arc<Zone>, Problem> {
    static ZONE: settings::Once<Zone> = settings::Once::new();
    ZONE.get(Zone::load).await
}

fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get::get, delete::delete))
        .routes(routes!(brief::brief))
        .routes(routes!(file::file))
        .routes(routes!(raw::raw))
        .routes(routes!(corrections::corrections))
        .routes(routes!(visual::svg))
        .routes(routes!(visual::png))
        .routes(routes!(visual::pdf))
        .routes(routes!(visual_post::visual))
}

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

/// The component's router.
pub fn router() -> Router {
    Router::from(routes()).route(web::ready::PATH, axum::routing::get(ready::ready))
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("library", router(), request).await
}
