//! The promises of `tests/promises.toml` that are kept by now, each by a test named after it.

mod account;
mod content;
mod generation;
mod injection;
mod limits;
mod logs;
mod model;
mod outbound;
mod register;
mod session;
mod storage;
mod visual;
