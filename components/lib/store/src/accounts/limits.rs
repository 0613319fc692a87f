//! Limits: how often something may be asked for.

use domain::limits::Limit;
use jiff::Timestamp;

use crate::{Database, Error, statement::statements};

statements! {
    LimitsTake for [Identity, Generation]:
        "select api.limits_take" => (now: Timestamp, keys: Vec<String>, max: Vec<i32>, seconds: Vec<i32>);
}

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

/// Takes one from each of the given limits, or from none; the seconds to wait, 0 if it was admitted.
///
/// # Errors
/// As for any statement.
pub async fn limits_take(database: &Database, now: Timestamp, limits: &[(Limit, &str)]) -> Result<i32, Error> {
    let (keys, max, seconds) = limit_lists(limits);
    database.row(LimitsTake { now, keys, max, seconds }).await?.take()
}

/// Limits with what they count as the three lists that `limits_take` takes.
pub(crate) fn limit_lists(limits: &[(Limit, &str)]) -> (Vec<String>, Vec<i32>, Vec<i32>) {
    (
        limits.iter().map(|(limit, key)| format!("{}:{key}", limit.name)).collect(),
        limits.iter().map(|(limit, _)| limit.max).collect(),
        limits.iter().map(|(limit, _)| limit.seconds).collect(),
    )
}
