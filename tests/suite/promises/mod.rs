//! The promises of `tests/promises.toml` that are kept by now, each by a test named after it.

mod account;
mod billing;
mod contact;
mod content;
mod erasure;
mod generation;
mod identity;
mod injection;
mod keys_and_evidence;
mod limits;
mod logs;
mod model;
mod outbound;
mod register;
mod retention;
mod rights;
mod session;
mod storage;
mod training;
mod visual;
