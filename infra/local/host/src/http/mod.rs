//! HTTP in both directions.

pub(crate) mod headers;
pub(crate) mod outbound;
pub(crate) mod server;
