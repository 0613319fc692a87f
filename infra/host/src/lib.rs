//! The local Spin host: the same wasm and the same spin.toml, on wasmtime.
