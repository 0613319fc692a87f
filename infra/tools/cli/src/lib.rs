//! The `asknpic` command as a library: what the end-to-end suite and the operator's own tools call.
//!
//! A subcommand is one module: its arguments, what it does, and its tests.

pub mod account;
pub mod beta;
pub mod billing;
pub mod build;
mod check;
pub mod command;
pub mod dataset;
pub mod evidence;
mod gallery;
mod journey;
pub mod keys;
pub mod lifecycle;
pub mod logs;
pub mod manifest;
pub mod migrate;
pub mod operator;
mod parametric;
pub mod project;
pub mod promises;
pub mod receipt;
pub mod rectify;
mod render;
mod report;
pub mod requests;
pub mod rewrite;
pub mod ropa;
pub mod stack;
pub mod stripe;
pub mod support;
mod temporary;
pub mod trace;
mod try_it;
mod ui;
mod up;
pub mod waitlist;
