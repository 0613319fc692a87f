//! What every component's HTTP side shares: problems, authentication, limits, headers, logs.

pub mod address;
pub mod auth;
pub mod body;
pub mod claim;
mod component;
pub mod contact;
pub mod context;
pub mod cookie;
pub mod cursor;
pub mod email_token;
pub mod idempotency;
pub mod internal;
pub mod keys;
pub mod lifecycle;
pub mod log;
pub mod method;
pub mod notify;
pub mod otp;
pub mod page;
pub mod problem;
pub mod query;
pub mod ready;
pub mod responses;
pub mod schema;
pub mod serve;
pub mod settings;
pub mod sse;
pub mod tokens;

pub use context::Context;
pub use problem::{Kind, Problem};
pub use serve::serve;

use jiff::Timestamp;
use std::time::{Duration, Instant};

/// The time, from the runtime's wall clock (decision 4), in whole microseconds as PostgreSQL keeps it: what was answered and what
/// is stored are the same.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or(Timestamp::MAX)
}

/// A time so many seconds later.
#[must_use]
pub fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// A fresh UUIDv7 of the time given.
///
/// # Errors
/// [`Kind::Internal`] if the runtime has no random bytes.
pub fn uuid_v7(now: Timestamp) -> Result<uuid::Uuid, Problem> {
    Ok(vault::random::uuid_v7(u64::try_from(now.as_millisecond()).unwrap_or(0))?)
}

/// Runs a future after the answer was given, within the same instance: Spin keeps the instance until it has ended.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    spin_sdk::wit_bindgen::spawn(future);
}

/// Waits until so long after a beginning, or not at all where that is over: for answers whose own work takes a little longer for those who
/// have an account (contract, *No oracle*).
pub async fn pad_response_time(began: Instant, duration: Duration) {
    if let Some(left) = duration.checked_sub(began.elapsed()) {
        sleep(left).await;
    }
}

/// Waits.
pub async fn sleep(duration: Duration) {
    spin_sdk::time::sleep(duration).await;
}
