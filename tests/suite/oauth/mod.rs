//! Sign-in with Google, GitHub, `LinkedIn` and Facebook, and an account's links with them.

mod certified;
mod claims;
mod hijack;
mod links;
mod sign_in;
mod state;
