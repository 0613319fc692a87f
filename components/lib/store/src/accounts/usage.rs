//! A tenant's tokens by day, its quota and its credits.

use domain::{SessionId, UserId};
use jiff::{Timestamp, civil::Date};

use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    UsageRead for [Identity, Generation, Rights, Billing] returns { outcome: UsageReadOutcome }:
        "select outcome, today, quota, credits, day, used, paid, reserved from api.usage_read" => (
            now: Timestamp, session: SessionId, user: UserId, days: i32
        );
}

names! {
    enum UsageReadOutcome {
        Unauthenticated = "unauthenticated",
        Found = "found",
    }
}

/// What a tenant used, and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The quota's day as of now, in the tenant's time zone.
    pub today: Date,
    /// Tokens a day.
    pub quota: i64,
    /// Credits that are left, in tokens.
    pub credits: i64,
    /// Newest first; today is always there.
    pub days: Vec<Day>,
}

/// One day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub day: Date,
    /// Tokens that the quota paid for.
    pub used: i64,
    /// Tokens that credits paid for.
    pub paid: i64,
    /// Tokens of the quota that are set aside for what runs.
    pub reserved: i64,
}

/// The usage of the bearer's tenant, of at most so many days; `None` where the session ended.
///
/// # Errors
/// As for any statement.
pub async fn read(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    days: i32,
) -> Result<Option<Usage>, Error> {
    let date = |text: String| text.parse::<Date>().map_err(|_| Error::Decode);
    let mut usage: Option<Usage> = None;
    for mut row in database.rows(UsageRead { now, session, user, days }).await? {
        match row.take::<UsageReadOutcome>()? {
            UsageReadOutcome::Unauthenticated => return Ok(None),
            UsageReadOutcome::Found => {}
        }
        let (today, quota, credits) = (date(row.take()?)?, row.take()?, row.take()?);
        let day = Day { day: date(row.take()?)?, used: row.take()?, paid: row.take()?, reserved: row.take()? };
        usage.get_or_insert_with(|| Usage { today, quota, credits, days: Vec::new() }).days.push(day);
    }
    usage.map(Some).ok_or(Error::Decode)
}
