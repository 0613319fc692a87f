//! Billing, on the running components and Stripe's stand-in.

mod checkout;
mod erasure;
mod heavy;
mod official;
mod order;
mod reversals;
mod sync;
mod webhook;
