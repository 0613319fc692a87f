//! The component `library`: generations that exist, their parts, and the visuals rendered of them.

mod access;
mod brief;
mod corrections;
mod delete;
mod file;
mod get;
mod options;
mod raw;
mod render;
mod renderer;
mod visual;
mod visual_post;

use std::sync::Arc;

use axum::routing::{get, post};
use generation::Zone;
use web::{Problem, settings};

async fn zone() -> Result<Arc<Zone>, Problem> {
    static ZONE: settings::Once<Zone> = settings::Once::new();
    ZONE.get(Zone::load).await
}

web::component! {
    "library",
    documented: [
        get::get,
        delete::delete,
        brief::brief,
        file::file,
        raw::raw,
        corrections::corrections,
        visual::svg,
        visual::png,
        visual::pdf,
        visual_post::visual,
    ],
    routes: {
        "/v1/generations/{id}" => get(get::get).delete(delete::delete),
        "/v1/generations/{id}/brief" => get(brief::brief),
        "/v1/generations/{id}/file" => get(file::file),
        "/v1/generations/{id}/raw" => get(raw::raw),
        "/v1/generations/{id}/corrections" => get(corrections::corrections),
        "/v1/generations/{id}/visual.svg" => get(visual::svg),
        "/v1/generations/{id}/visual.png" => get(visual::png),
        "/v1/generations/{id}/visual.pdf" => get(visual::pdf),
        "/v1/generations/{id}/visual" => post(visual_post::visual),
    },
    ready: zone => [accounts, briefs, files],
}
