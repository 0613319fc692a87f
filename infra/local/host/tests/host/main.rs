//! The host from outside: real wasm components (in `guests/`) behind real sockets.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod client;
mod composition;
mod fixture;
mod http;
mod instances;
mod postgres;
mod starting;
