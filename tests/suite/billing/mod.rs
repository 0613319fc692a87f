//! Billing, on the running components and Stripe's stand-in.

mod checkout;
mod order;
mod webhook;
