//! Stripe: webhook signatures, the events we use, and a client of the calls we make.
//!
//! Of what Stripe sends we read ids, types, times and amounts, and nothing else (promise a30): there is no field here that a name, an
//! address, an email or a digit of a card could arrive in. What we send is an email, the tenant's id and the item (promise a34).

pub mod client;
pub mod event;
pub mod signature;

pub use client::{Client, Error};
pub use event::Event;
pub use signature::Secrets;
