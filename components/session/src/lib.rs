//! The component `session`.
