//! The component `meta`.
