//! Billing, on the running components and Stripe's stand-in.

mod checkout;
mod erasure;
mod official;
mod order;
mod webhook;
