//! Sign-in with a provider: the authorization code flow with PKCE (RFC 6749, RFC 7636, RFC 9700), `OpenID` Connect's ID tokens,
//! and the two providers that have none.
//!
//! What decides is pure and tested without a network: [`attempt`] (state, nonce, PKCE), [`authorization`] (the address a browser is
//! sent to, and what it brings back), [`keys`] and [`id_token`] (what verifies), [`github`] and [`facebook`] (what their answers
//! mean). Only [`client`] makes calls.

pub mod attempt;
pub mod authorization;
mod cache;
pub mod client;
mod error;
pub mod facebook;
pub mod github;
pub mod id_token;
pub mod identity;
pub mod keys;

pub use attempt::Attempt;
pub use client::{Client, Endpoints};
pub use error::Error;
pub use identity::Identity;
