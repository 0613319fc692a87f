//! The `asknpic` command as a library: what the end-to-end suite and the operator's own tools call.

pub mod accounts;
pub mod billing;
pub mod commands;
pub mod components;
pub mod contact;
pub mod dataset;
pub mod evidence;
mod gallery;
mod journey;
pub mod keys;
pub mod lifecycle;
pub mod manifest;
pub mod migrate;
pub mod operator;
mod parametric;
pub mod project;
pub mod promises;
pub mod receipt;
pub mod record;
pub mod requests;
pub mod rewrite;
pub mod rotate;
pub mod stack;
pub mod stripe;
pub mod trace;
mod ui;
