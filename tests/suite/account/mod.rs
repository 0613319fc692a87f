//! A person's own account.

mod email;
mod me;
mod password;
mod security_events;
mod sessions;
mod takeover;
