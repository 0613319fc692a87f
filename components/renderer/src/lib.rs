//! The component `renderer`.
