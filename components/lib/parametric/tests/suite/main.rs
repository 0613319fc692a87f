//! The format from the outside: check, correct, draw.

mod corpus;
mod pictures;
mod properties;
mod support;
mod unchanged;
mod valid;
