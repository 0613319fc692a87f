//! The component `library`.
