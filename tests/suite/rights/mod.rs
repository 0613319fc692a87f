//! The person's rights: export, erasure, objection, restriction, consents.

mod archive;
mod erasure;
mod export;
