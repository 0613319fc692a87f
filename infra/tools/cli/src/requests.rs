//! The register of exercised rights (promise a70), for operators: what is open, and until when it has to be answered.

use domain::PersonName;
use domain::rights::{ANSWER_SECONDS, EXTENSION_SECONDS};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// Who asked, as an id; nobody once the account is closed.
    pub user: Option<String>,
    /// Which right.
    pub kind: String,
    /// `account` or `email`.
    pub channel: String,
    /// When it was asked for.
    pub received_at: String,
    /// Until when it has to be answered.
    pub due_at: String,
    /// When notice of a delay was given.
    pub extended_at: Option<String>,
    /// When it was answered.
    pub answered_at: Option<String>,
    /// Whole days left; negative: overdue. None where it is answered.
    pub days_left: Option<i64>,
}

/// The requests, those first whose time ends first; `all`: the answered ones too.
///
/// # Errors
/// Of the server.
pub async fn list(accounts: &Client, now: Timestamp, all: bool) -> Result<Vec<Request>, Error> {
    let sql = "select id::text, user_id::text, kind, channel, instant(received_at), instant(due_at), instant(extended_at),
                   instant(answered_at),
                   case when answered_at is null then floor(extract(epoch from due_at - $1::text::timestamp) / 86400)::bigint end
               from requests where $2 or answered_at is null order by answered_at is not null, due_at, id";
    let rows = accounts.query(sql, &[&stamp(now), &all]).await?;
    Ok(rows
        .iter()
        .map(|row| Request {
            id: row.get(0),
            user: row.get(1),
            kind: row.get(2),
            channel: row.get(3),
            received_at: row.get(4),
            due_at: row.get(5),
            extended_at: row.get(6),
            answered_at: row.get(7),
            days_left: row.get(8),
        })
        .collect())
}

/// Enters a request that came by email, of a person whose identity was checked; its id. `None` where there is no such account.
///
/// # Errors
/// Of the server: a kind that is none.
pub async fn add(accounts: &Client, now: Timestamp, user: Uuid, kind: &str) -> Result<Option<Uuid>, Error> {
    let id = Uuid::now_v7();
    let sql = "select request_add($1::text::timestamp, $2::text::uuid, $3::text::uuid, $4, $5::text::timestamp)";
    let due = stamp(later(now, ANSWER_SECONDS));
    let row = accounts.query_one(sql, &[&stamp(now), &id.to_string(), &user.to_string(), &kind, &due]).await?;
    Ok(row.get::<_, bool>(0).then_some(id))
}

/// Answers a request; false where it is unknown or answered already.
///
/// # Errors
/// Of the server.
pub async fn answer(accounts: &Client, now: Timestamp, id: Uuid) -> Result<bool, Error> {
    let sql = "select request_answer($1::text::timestamp, $2::text::uuid)";
    Ok(accounts.query_one(sql, &[&stamp(now), &id.to_string()]).await?.get(0))
}

/// Notes that the person was told of a delay: two more months, once. False where that cannot be.
///
/// # Errors
/// Of the server.
pub async fn extend(accounts: &Client, now: Timestamp, id: Uuid) -> Result<bool, Error> {
    let more = i32::try_from(EXTENSION_SECONDS).unwrap_or(i32::MAX);
    let sql = "select request_extend($1::text::timestamp, $2::text::uuid, $3)";
    Ok(accounts.query_one(sql, &[&stamp(now), &id.to_string(), &more]).await?.get(0))
}

/// What is to be rectified of an account; what is not given stays.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rectification {
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// `en` or `fr`.
    pub language: Option<String>,
    /// A new address; it has to be confirmed by its token.
    pub email: Option<String>,
    /// A new number, E.164; it has to be verified by its code.
    pub phone: Option<String>,
}

impl std::fmt::Debug for Rectification {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Only which fields there are: their values are personal.
        let fields = [
            ("first_name", self.first_name.is_some()),
            ("last_name", self.last_name.is_some()),
            ("language", self.language.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
        ];
        formatter.debug_set().entries(fields.iter().filter(|(_, given)| *given).map(|(name, _)| name)).finish()
    }
}

/// Why an account was not rectified.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such account.
    #[error("there is no account with this id")]
    Unknown,
    /// A new number where no confirmed address stays.
    #[error("a new phone needs a confirmed email that stays: with neither proved, the account would go as one that never was")]
    Unproved,
    /// The address is another account's.
    #[error("this email belongs to another account")]
    Taken,
    /// A value that is not acceptable; it is not repeated.
    #[error("{0} is not acceptable")]
    Value(&'static str),
    /// Of the server.
    #[error(transparent)]
    Postgres(#[from] Error),
}

/// Rectifies an account for a person who wrote to support and whose identity was checked. Registered as answered.
///
/// # Errors
/// Every [`Refused`].
pub async fn rectify(accounts: &Client, now: Timestamp, user: Uuid, values: &Rectification) -> Result<(), Refused> {
    let Rectification { first_name, last_name, language, email, phone } = values.clone();
    for (name, what) in [(&first_name, "first_name"), (&last_name, "last_name")] {
        if name.as_ref().is_some_and(|name| PersonName::new(name.as_str()).parse().is_err()) {
            return Err(Refused::Value(what));
        }
    }
    if language.as_deref().is_some_and(|language| domain::Language::from_tag(language).is_none()) {
        return Err(Refused::Value("language"));
    }
    let email = match email {
        Some(email) => Some(domain::Email::parse(&email).map_err(|_| Refused::Value("email"))?.expose().to_owned()),
        None => None,
    };
    let phone = match phone {
        Some(phone) => Some(domain::Phone::parse(&phone).map_err(|_| Refused::Value("phone"))?.expose().to_owned()),
        None => None,
    };
    let sql =
        "select account_rectify($1::text::timestamp, $2::text::uuid, $3, $4, $5, $6, $7, $8::text::uuid, $9::text::timestamp,
                   $10::text::uuid)";
    let (request, event) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let due = stamp(later(now, ANSWER_SECONDS));
    let row = accounts
        .query_one(
            sql,
            &[&stamp(now), &user.to_string(), &first_name, &last_name, &language, &email, &phone, &request, &due, &event],
        )
        .await?;
    match row.get::<_, &str>(0) {
        "done" => Ok(()),
        "unproved" => Err(Refused::Unproved),
        "taken" => Err(Refused::Taken),
        _ => Err(Refused::Unknown),
    }
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// As PostgreSQL reads a `timestamp`.
fn stamp(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).datetime().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectification_is_logged_without_its_values() {
        let values = Rectification { email: Some("jane@example.com".to_owned()), ..Rectification::default() };
        assert_eq!(format!("{values:?}"), r#"{"email"}"#);
    }

    #[test]
    fn times_are_utc_without_a_zone() {
        let time: Timestamp = "2026-11-21T08:00:00.5+01:00".parse().expect("a time");
        assert_eq!(stamp(time), "2026-11-21T07:00:00.5");
    }
}
