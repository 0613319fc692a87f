//! The end-to-end suite: the real components over HTTP, asserted on from outside and on what is in the tables.
//!
//! `./dev test` builds the components and runs it. Each test has a world of its own (see the library of this crate); tests of
//! promises are called `promise_<id>_…`, and the harness leaves their results in `target/promises`.
#![expect(clippy::unwrap_used, reason = "tests")]

mod account;
mod bad_input;
mod billing;
mod commands;
mod components;
mod contact;
mod conventions;
mod faults;
mod generations;
mod journey;
mod lifecycle;
mod no_oracle;
mod oauth;
mod ollama_client;
mod operator;
mod otp;
mod promises;
mod refresh;
mod rights;
mod schemathesis;
mod sign_in;
mod sign_up;
mod statements;
mod tokens;

fn main() -> std::process::ExitCode {
    e2e::harness::main(env!("CARGO_TARGET_TMPDIR"))
}
