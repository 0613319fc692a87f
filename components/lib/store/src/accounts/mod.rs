//! The database `accounts`: people, sessions, codes, limits, generations' metadata, quota, billing.

pub mod beta;
pub mod billing;
pub mod email;
pub mod erasures;
pub mod events;
pub mod exports;
pub mod generations;
pub mod lifecycle;
pub mod me;
pub mod oauth;
pub mod otp;
pub mod password;
pub mod retention;
pub mod rights;
pub mod sessions;
pub mod signup;
pub mod stripe;
pub mod support;
pub mod training;
pub mod usage;
pub mod waitlist;

/// How SMS are limited: the values of one call, in the order that `sms_take` names them.
#[derive(Clone, Debug)]
pub struct SmsLimits {
    /// Keyed hash of the caller's address prefix.
    pub address_key: String,
    /// Most takes: phone a minute, phone a day, country, address, all.
    pub max: Vec<i32>,
    /// Windows in seconds, likewise.
    pub seconds: Vec<i32>,
}

/// Keyed hashes of a phone, under which its limits and lockouts are counted (promise a23).
#[derive(Clone, Debug)]
pub struct PhoneKeys {
    /// Of the number.
    pub phone: String,
    /// Of its country code.
    pub country: String,
}

/// Turns the parameters of a statement into a list.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => {
        vec![$(crate::value::Parameter::parameter($value)),*]
    };
}
pub(crate) use parameters;

/// Takes one from each of the given limits, or from none; the seconds to wait, 0 if it was admitted.
///
/// # Errors
/// As for any statement.
pub async fn limits_take(
    database: &crate::Database,
    now: jiff::Timestamp,
    limits: &[(domain::limits::Limit, &str)],
) -> Result<i32, crate::Error> {
    let (keys, max, seconds) = limit_lists(limits);
    database.row("select limits_take($1, $2, $3, $4)", parameters![now, keys, max, seconds]).await?.take()
}

/// Limits with what they count as the three lists that `limits_take` takes.
pub(crate) fn limit_lists(limits: &[(domain::limits::Limit, &str)]) -> (Vec<String>, Vec<i32>, Vec<i32>) {
    (
        limits.iter().map(|(limit, key)| format!("{}:{key}", limit.name)).collect(),
        limits.iter().map(|(limit, _)| limit.max).collect(),
        limits.iter().map(|(limit, _)| limit.seconds).collect(),
    )
}
