//! The component `checker`.
