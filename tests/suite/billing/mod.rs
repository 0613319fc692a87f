//! Billing, on the running components and Stripe's stand-in.

mod checkout;
mod gifts;
mod order;
mod webhook;
