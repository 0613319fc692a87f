//! The rules of Ask N Pic as plain data and functions: no I/O, no async, no wasm.
//!
//! Everything that decides (how long a code lives, what a plan allows, what a password must be) is here, so that it can be
//! read in one place and tested without a runtime. Time and randomness come in as arguments.

pub mod billing;
pub mod complexity;
pub mod contact;
pub mod detect;
pub mod email;
pub mod erasure;
pub mod generation;
pub mod ids;
pub mod inactivity;
pub mod keyset;
pub mod language;
pub mod leak;
pub mod limits;
pub mod moderation;
pub mod otp;
pub mod password;
pub mod patch;
pub mod personal;
pub mod phone;
mod predictable;
pub mod provider;
pub mod quota;
pub mod retention;
pub mod rights;
pub mod scrub;
pub mod session;
pub mod stripe;

pub use email::Email;
pub use ids::{GenerationId, SessionId, TenantId, UserId};
pub use language::Language;
pub use patch::Patch;
pub use personal::{Brief, FileText, OtpCode, Password, PersonName, Secret};
pub use phone::Phone;
pub use provider::Provider;

/// The version of the privacy policy that a sign-up accepts (promises a02, b07): the date of its text.
pub const POLICY_VERSION: &str = "2026-11-01";
