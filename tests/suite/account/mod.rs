//! A person's own account.

mod me;
mod security_events;
