//! The component `notify`.
