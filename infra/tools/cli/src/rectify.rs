//! `asknpic rectify`: rectifies an account for somebody who wrote to support.

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use domain::PersonName;
use domain::rights::ANSWER_SECONDS;
use jiff::Timestamp;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use crate::migrate::Database;
use crate::operator::Access;
use crate::requests::{later, stamp};
use crate::ui::print;

/// Rectifies an account for somebody who wrote to support and whose identity you have checked
///
/// The new values come as JSON on standard input, so that no shell history keeps them.
#[derive(Args, Debug)]
#[command(
    after_help = "{\"first_name\": …, \"last_name\": …, \"language\": \"en\" or \"fr\", \"email\": …, \"phone\": …}, each if it changes"
)]
pub(crate) struct Rectify {
    /// The person's user id
    user: Uuid,
    #[command(flatten)]
    access: Access,
}

impl Rectify {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
        // serde's own words could repeat a value.
        let values: Rectification =
            serde_json::from_str(&text).map_err(|_| anyhow::anyhow!("standard input is not such a JSON object; see --help"))?;
        rectify(&self.access.connect(Database::Accounts).await?, Timestamp::now(), self.user, &values).await?;
        print(&format!("rectified: {values:?}\n"))?;
        Ok(())
    }
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
        "select api.account_rectify($1::text::timestamp, $2::text::uuid, $3, $4, $5, $6, $7, $8::text::uuid, $9::text::timestamp,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectification_is_logged_without_its_values() {
        let values = Rectification { email: Some("jane@example.com".to_owned()), ..Rectification::default() };
        assert_eq!(format!("{values:?}"), r#"{"email"}"#);
    }
}
