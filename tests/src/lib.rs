//! What the end-to-end suite is written with.
//!
//! A test has a [`World`] of its own: a host with the real components, four databases, a model, a message catcher, a clock that
//! it can move. With `ASKNPIC_E2E_URL` in the environment the world is another host, such as `spin up` (see [`external`]); what
//! a test then cannot have (the clock, the databases) it asks for with [`World::needing`], and is counted as ignored with the reason.
//!
//! Nothing here depends on the components' own crates: the contract is written down a second time, so that a change of theirs
//! shows.
#![expect(clippy::missing_panics_doc, reason = "helpers of tests fail by panicking")]

pub mod base;
pub mod contract;
pub mod crypto;
pub mod database;
pub mod events;
pub mod external;
pub mod harness;
pub mod haystack;
pub mod http;
pub mod jwt;
pub mod messages;
pub mod model;
pub mod oauth;
pub mod payments;
pub mod person;
pub mod promise;
pub mod python;
pub mod register;
pub mod wait;
pub mod wasm;
pub mod world;

pub use e2e_macros::test;

pub use self::http::Answer;
pub use self::person::{Applicant, Person};
pub use self::world::{Need, World};
