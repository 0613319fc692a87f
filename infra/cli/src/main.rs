//! The `asknpic` command.
fn main() {}
