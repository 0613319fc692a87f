//! Sign-up.

use domain::{Email, Language, PersonName, Phone, TenantId, UserId};
use jiff::Timestamp;

use super::{PhoneKeys, SmsLimits, events::EventOrigin, parameters};
use crate::{Database, Error};

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
    let parameters = parameters![
        now,
        signup.user,
        signup.tenant,
        signup.salt,
        signup.email.expose(),
        signup.password_hash,
        signup.phone.expose(),
        signup.first_name.map(PersonName::expose),
        signup.last_name.map(PersonName::expose),
        signup.language.tag(),
        signup.policy_version,
        code.verification,
        code.code,
        code.code_expires,
        code.expires,
        keys.phone.as_str(),
        keys.country.as_str(),
        limits.address_key.as_str(),
        limits.max.clone(),
        limits.seconds.clone(),
        signup_limit.max,
        signup_limit.seconds,
        origin.id,
        origin.ip(),
    ];
    let sql = "select outcome, wait, owner_language from signup_begin($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
               $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";
    let mut row = database.row(sql, parameters).await?;
    let (outcome, wait, language) = (row.take::<String>()?, row.take::<Option<i32>>()?, row.take::<Option<String>>()?);
    match outcome.as_str() {
        "sent" => Ok(Outcome::Sent),
        "taken" => Ok(Outcome::Taken(language.as_deref().and_then(Language::from_tag).unwrap_or_default())),
        "rate" => Ok(Outcome::Rate(wait.unwrap_or(1))),
        _ => Err(Error::Decode),
    }
}
