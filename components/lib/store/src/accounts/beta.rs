//! Candidacies for the beta test (promise a07).

use domain::{
    Email, Language,
    contact::{Country, FormText},
    limits::Limit,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{limit_lists, parameters};
use crate::{Database, Error};

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
    let parameters = parameters![
        now,
        candidacy.id,
        candidacy.email.expose(),
        candidacy.profile.expose(),
        candidacy.country.code(),
        candidacy.tools.map(FormText::expose),
        candidacy.visuals.map(FormText::expose),
        candidacy.frequency.map(FormText::expose),
        candidacy.motivation.map(FormText::expose),
        candidacy.language.tag(),
        candidacy.consent_version,
        candidacy.training,
        keys,
        max,
        seconds,
    ];
    let sql = "select wait, id, language from beta_apply($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let mut row = database.row(sql, parameters).await?;
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
    database.row("select beta_confirm($1, $2)", parameters![now, id]).await?.take()
}

/// Gives or withdraws each of the two consents of a confirmed candidacy; whether there is one.
///
/// # Errors
/// As for any statement.
pub async fn consents(database: &Database, now: Timestamp, id: Uuid, participation: bool, training: bool) -> Result<bool, Error> {
    let sql = "select participation from beta_consents($1, $2, $3, $4)";
    Ok(!database.rows(sql, parameters![now, id, participation, training]).await?.is_empty())
}
