//! The component `signup`.
