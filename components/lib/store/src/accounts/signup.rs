//! Sign-up.

use domain::{Email, Language, PersonName, Phone, TenantId, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use super::{PhoneKeys, SmsLimits, events::EventOrigin};
use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    SignupBegin<'a> for [Identity] returns { outcome: SignupBeginOutcome }:
        "select outcome, wait, owner_language from api.signup_begin" => (
            now: Timestamp, user: UserId, tenant: TenantId, salt: &'a [u8], email: &'a str, password_hash: &'a str,
            phone: &'a str, first_name: Option<&'a str>, last_name: Option<&'a str>, language: &'a str,
            policy_version: &'a str, verification: &'a str, code: &'a [u8], code_expires: Timestamp, expires: Timestamp,
            phone_key: &'a str, country_key: &'a str, address_key: &'a str, max: Vec<i32>, seconds: Vec<i32>,
            signup_max: i32, signup_seconds: i32, event: Uuid, ip: Option<&'a str>
        );
}

names! {
    enum SignupBeginOutcome {
        Sent = "sent",
        Taken = "taken",
        Rate = "rate",
    }
}

/// A sign-up as it is stored (promise a02: this and nothing else).
pub struct Signup<'a> {
    /// The new user's id.
    pub user: UserId,
    /// The id of the tenant of their own.
    pub tenant: TenantId,
    /// The salt of their content key.
    pub salt: &'a [u8],
    /// Normalised.
    pub email: &'a Email,
    /// In the ASP.NET Core Identity V3 format.
    pub password_hash: &'a str,
    /// E.164.
    pub phone: &'a Phone,
    /// If given.
    pub first_name: Option<&'a PersonName>,
    /// If given.
    pub last_name: Option<&'a PersonName>,
    /// From `Accept-Language`.
    pub language: Language,
    /// The policy they accepted.
    pub policy_version: &'a str,
}

/// A code on its way.
pub struct NewCode<'a> {
    /// Keyed hash of the verification id.
    pub verification: &'a str,
    /// Keyed hash of code and verification id.
    pub code: &'a [u8],
    /// When the code ends.
    pub code_expires: Timestamp,
    /// When the verification ends.
    pub expires: Timestamp,
}

/// What became of a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The account waits for its code.
    Sent,
    /// A decoy: the owner of the address is to be told, in this language.
    Taken(Language),
    /// A limit is reached; seconds to wait.
    Rate(i32),
}

/// Records a sign-up, or a decoy where the address is taken.
///
/// # Errors
/// As for any statement.
#[expect(clippy::too_many_arguments, reason = "one statement's parameters; grouping them further would only rename them")]
pub async fn begin(
    database: &Database,
    now: Timestamp,
    signup: Signup<'_>,
    code: NewCode<'_>,
    keys: &PhoneKeys,
    limits: &SmsLimits,
    signup_limit: domain::limits::Limit,
    origin: &EventOrigin,
) -> Result<Outcome, Error> {
    let mut row = database
        .row(SignupBegin {
            now,
            user: signup.user,
            tenant: signup.tenant,
            salt: signup.salt,
            email: signup.email.expose(),
            password_hash: signup.password_hash,
            phone: signup.phone.expose(),
            first_name: signup.first_name.map(PersonName::expose),
            last_name: signup.last_name.map(PersonName::expose),
            language: signup.language.tag(),
            policy_version: signup.policy_version,
            verification: code.verification,
            code: code.code,
            code_expires: code.code_expires,
            expires: code.expires,
            phone_key: keys.phone.as_str(),
            country_key: keys.country.as_str(),
            address_key: limits.address_key.as_str(),
            max: limits.max.clone(),
            seconds: limits.seconds.clone(),
            signup_max: signup_limit.max,
            signup_seconds: signup_limit.seconds,
            event: origin.id,
            ip: origin.ip(),
        })
        .await?;
    let (outcome, wait, language) =
        (row.take::<SignupBeginOutcome>()?, row.take::<Option<i32>>()?, row.take::<Option<String>>()?);
    match outcome {
        SignupBeginOutcome::Sent => Ok(Outcome::Sent),
        SignupBeginOutcome::Taken => Ok(Outcome::Taken(language.as_deref().and_then(Language::from_tag).unwrap_or_default())),
        SignupBeginOutcome::Rate => Ok(Outcome::Rate(wait.unwrap_or(1))),
    }
}
