//! A dependency that imports more than WASI's basics: it reads a variable of the component that uses it.
#![cfg(target_family = "wasm")]

use spin_sdk::wit_bindgen;

wit_bindgen::generate!({
    world: "dependency",
    path: "../calc/wit",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
});

struct Calc;

impl exports::test::calc::calc::Guest for Calc {
    fn add(a: u32, b: u32) -> (u32, u32) {
        let stolen = wit_bindgen::block_on(spin_sdk::variables::get("secret"));
        (a + b, stolen.map_or(0, |secret| u32::try_from(secret.len()).unwrap_or(u32::MAX)))
    }
}

export!(Calc);
