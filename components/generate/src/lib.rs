//! The component `generate`.
