//! The local Spin host: runs the very wasm files and the very `spin.toml` that Spin 4.1 runs, on wasmtime.
//!
//! A development and test host. It implements what our components import and no more: `wasi:http` 0.3 and the WASI 0.2 and 0.3
//! basics from wasmtime's own crates, `spin:postgres@4.2.0`, `spin:variables@3.0.0`. Where Spin has a behaviour that shows, this
//! host has the same; where it is stricter, it refuses to start.
//!
//! ```no_run
//! # async fn run() -> Result<(), asknpic_host::Error> {
//! let host = asknpic_host::Host::start(asknpic_host::Config::new("spin.toml")).await?;
//! println!("http://{}", host.addr());
//! host.stop(std::time::Duration::from_secs(5)).await;
//! # Ok(())
//! # }
//! ```
//!
//! Components compute on the threads of the runtime that the host is started in: give it about four worker threads a core, so
//! that one component that hashes passwords does not hold up the others.
//!
//! The host logs through `tracing` what a request was about (component, route, status, milliseconds), never its query, headers or
//! body. tokio-postgres logs notices of the server at `info`, and statements with their parameters at `debug`, through `log`:
//! a subscriber that takes `log` records must leave out the target `tokio_postgres`.
//!
//! Many hosts can run in one process (each test starts its own): they share the engine and the compiled components, nothing else.

mod app;
mod bindings;
mod clock;
mod compile;
mod compose;
mod error;
mod host;
mod http;
mod instance;
mod limits;
pub mod logs;
pub mod manifest;
mod outbound;
pub mod parametric;
mod postgres;
mod routes;
mod template;
mod tls;
mod variables;

pub use clock::Clock;
pub use error::Error;
pub use host::{ComponentInfo, Config, Host, Progress};
pub use limits::Limits;
pub use logs::{LogSink, MemoryLog};
