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

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    routing::{get, post},
};
use generation::Zone;
use utoipa::OpenApi;
use web::{Problem, settings};

async fn zone() -> Result<Arc<Zone>, Problem> {
    static ZONE: settings::Once<Zone> = settings::Once::new();
    ZONE.get(Zone::load).await
}

/// Every handler with its documentation. Not part of the wasm: there it would take a tenth of the size and be built for nothing.
#[derive(OpenApi)]
#[openapi(paths(
    get::get,
    delete::delete,
    brief::brief,
    file::file,
    raw::raw,
    corrections::corrections,
    visual::svg,
    visual::png,
    visual::pdf,
    visual_post::visual
))]
struct Document;

/// The component's part of the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The component's router, made once for each instance.
pub fn router() -> Router {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| {
        Router::new()
            .route("/v1/generations/{id}", get(get::get).delete(delete::delete))
            .route("/v1/generations/{id}/brief", get(brief::brief))
            .route("/v1/generations/{id}/file", get(file::file))
            .route("/v1/generations/{id}/raw", get(raw::raw))
            .route("/v1/generations/{id}/corrections", get(corrections::corrections))
            .route("/v1/generations/{id}/visual.svg", get(visual::svg))
            .route("/v1/generations/{id}/visual.png", get(visual::png))
            .route("/v1/generations/{id}/visual.pdf", get(visual::pdf))
            .route("/v1/generations/{id}/visual", post(visual_post::visual))
            .route(web::ready::PATH, get(ready::ready))
    });
    ROUTER.clone()
}

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "the entry point of the wasm"))]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    web::serve("library", router(), request).await
}
