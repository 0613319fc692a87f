//! A component with a dependency: answers `sum seen`.
#![cfg(target_family = "wasm")]

use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::{http_service, wit_bindgen};

wit_bindgen::generate!({
    world: "dependent",
    path: "../calc/wit",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
});

#[http_service]
async fn handle(_: Request) -> impl IntoResponse {
    let (sum, seen) = test::calc::calc::add(40, 2);
    format!("{sum} {seen}")
}
