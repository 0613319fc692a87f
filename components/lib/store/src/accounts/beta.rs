//! Candidacies for the beta test (promise a07).

use domain::{
    Email, Language,
    contact::{Country, FormText},
    limits::Limit,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::limits::limit_lists;
use crate::{Database, Error, statement::statements};

statements! {
    BetaApply<'a> for [Contact]:
        "select wait, id, language from api.beta_apply" => (
            now: Timestamp, id: Uuid, email: &'a str, profile: &'a str, country: &'a str, tools: Option<&'a str>,
            visuals: Option<&'a str>, frequency: Option<&'a str>, motivation: Option<&'a str>, language: &'a str,
            consent_version: &'a str, training: bool, keys: Vec<String>, max: Vec<i32>, seconds: Vec<i32>
        );
    BetaConfirm for [Contact]:
        "select api.beta_confirm" => (now: Timestamp, id: Uuid);
    BetaConsents for [Contact]:
        "select participation from api.beta_consents" => (now: Timestamp, id: Uuid, participation: bool, training: bool);
}

/// A candidacy as it is stored.
pub struct Candidacy<'a> {
    /// Its id, where there is none of this address yet.
    pub id: Uuid,
    /// Normalised.
    pub email: &'a Email,
    /// What they do.
    pub profile: &'a FormText,
    /// Where.
    pub country: Country,
    /// What they work with.
    pub tools: Option<&'a FormText>,
    /// Which visuals they make.
    pub visuals: Option<&'a FormText>,
    /// How often.
    pub frequency: Option<&'a FormText>,
    /// Why they want to test.
    pub motivation: Option<&'a FormText>,
    /// Of the page.
    pub language: Language,
    /// Of the texts they agreed to.
    pub consent_version: &'a str,
    /// Whether their generations may improve the model.
    pub training: bool,
}

/// What became of a candidacy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// A limit is reached; seconds to wait.
    Rate(i32),
    /// A mail is to be sent about the candidacy of this id: the new one, or the confirmed one of before.
    Candidacy(Uuid, Language),
}

/// Keeps a candidacy; one that was confirmed before stays as it is.
///
/// # Errors
/// As for any statement.
pub async fn apply(
    database: &Database,
    now: Timestamp,
    candidacy: Candidacy<'_>,
    limits: &[(Limit, &str)],
) -> Result<Applied, Error> {
    let (keys, max, seconds) = limit_lists(limits);
    let mut row = database
        .row(BetaApply {
            now,
            id: candidacy.id,
            email: candidacy.email.expose(),
            profile: candidacy.profile.expose(),
            country: candidacy.country.code(),
            tools: candidacy.tools.map(FormText::expose),
            visuals: candidacy.visuals.map(FormText::expose),
            frequency: candidacy.frequency.map(FormText::expose),
            motivation: candidacy.motivation.map(FormText::expose),
            language: candidacy.language.tag(),
            consent_version: candidacy.consent_version,
            training: candidacy.training,
            keys,
            max,
            seconds,
        })
        .await?;
    match row.take::<i32>()? {
        0 => Ok(Applied::Candidacy(row.take()?, Language::from_tag(&row.take::<String>()?).unwrap_or_default())),
        wait => Ok(Applied::Rate(wait)),
    }
}

/// The owner of the address confirms; whether there is such a candidacy.
///
/// # Errors
/// As for any statement.
pub async fn confirm(database: &Database, now: Timestamp, id: Uuid) -> Result<bool, Error> {
    database.row(BetaConfirm { now, id }).await?.take()
}

/// Gives or withdraws each of the two consents of a confirmed candidacy; whether there is one.
///
/// # Errors
/// As for any statement.
pub async fn consents(database: &Database, now: Timestamp, id: Uuid, participation: bool, training: bool) -> Result<bool, Error> {
    Ok(!database.rows(BetaConsents { now, id, participation, training }).await?.is_empty())
}
