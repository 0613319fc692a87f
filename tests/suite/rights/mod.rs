//! The person's rights: export, erasure, objection, restriction, consents.

pub(crate) mod archive;
pub(crate) mod erasure;
mod export;
