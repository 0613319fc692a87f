//! The rules of Ask N Pic as plain data and functions: no I/O, no async, no wasm.
