//! The component `erase`: closing an account, and the signed receipt of it.

mod create;
mod read;
mod receipt;
mod state;

use axum::routing::{get, post};

web::component! {
    "erase",
    documented: [create::create, read::read],
    routes: {
        "/v1/me/erasure" => post(create::create),
        "/v1/erasures/{id}" => get(read::read),
    },
    ready: state::state => [accounts in runner, briefs in runner, files in runner],
}
