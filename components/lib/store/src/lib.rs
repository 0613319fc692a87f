//! SQL: one module per database, one function per statement, one struct per row.
//!
//! Every state change is one statement (decision 3); nothing here sends `BEGIN`. Times come from the caller (decision 4).
//! Statements may be sent again after a lost connection, so each is written such that a second run does no harm.

pub mod accounts;
pub mod briefs;
pub mod content;
mod database;
pub mod dataset;
pub mod files;
pub mod statement;
mod value;

pub use database::{Database, Error};
