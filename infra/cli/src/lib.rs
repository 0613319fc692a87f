//! The `asknpic` command as a library: what the end-to-end suite and the operator's own tools call.

pub mod keys;
pub mod migrate;
