//! Who may be learnt from (promises a18, a44).

use domain::{GenerationId, PersonName, UserId};
use jiff::Timestamp;
use vault::UserSalt;

use crate::{Database, Error, statement::statements};

statements! {
    DatasetCandidates for [Lifecycle]:
        "select id, user_id, basis, salt, prompt_version, first_name, last_name from api.dataset_candidates" => (
            opt_in: bool, after: Option<GenerationId>, limit: i32
        );
    DatasetUnfounded<'a> for [Lifecycle]:
        "select user_id from api.dataset_unfounded" => (users: &'a [UserId] as "::text[]::uuid[]", opt_in: bool);
    GenerationMayTeach for [Generation]:
        "select api.generation_may_teach" => (id: GenerationId, opt_in: bool);
    DatasetRemovalsOpen for [Lifecycle]:
        "select user_id, asked_at from api.dataset_removals_open" => (limit: i32);
    DatasetRemovalDone for [Lifecycle]:
        "select api.dataset_removal_done" => (now: Timestamp, user: UserId, asked_at: Timestamp);
}

/// A generation that may be copied into the dataset.
pub struct Candidate {
    /// Its id.
    pub id: GenerationId,
    /// Whose it is.
    pub user: UserId,
    /// On what basis.
    pub basis: String,
    /// Of the keys it is encrypted under.
    pub salt: UserSalt,
    /// Of the system prompt that made its file.
    pub prompt_version: String,
    /// The person's own names, to be taken out of texts.
    pub names: Vec<PersonName>,
}

/// A page of generations with content.
#[derive(Default)]
pub struct CandidatePage {
    /// Those that may be copied.
    pub candidates: Vec<Candidate>,
    /// The last one of the page; `None` where the page is empty.
    pub last: Option<GenerationId>,
}

/// The next `limit` generations with content after the given one. Under opt-in only a consent is a basis (promise c03).
///
/// # Errors
/// As for any statement.
pub async fn candidates(
    database: &Database,
    opt_in: bool,
    after: Option<GenerationId>,
    limit: i32,
) -> Result<CandidatePage, Error> {
    let mut page = CandidatePage::default();
    for mut row in database.rows(DatasetCandidates { opt_in, after, limit }).await? {
        let (id, user) = (row.take_id()?, row.take_id()?);
        page.last = Some(id);
        let Some(basis) = row.take::<Option<String>>()? else { continue };
        let salt = UserSalt::from_bytes(&row.take::<Vec<u8>>()?).ok_or(Error::Decode)?;
        let prompt_version = row.take::<Option<String>>()?.unwrap_or_default();
        let names = [row.take::<Option<String>>()?, row.take::<Option<String>>()?];
        let names = names.into_iter().flatten().map(PersonName::new).collect();
        page.candidates.push(Candidate { id, user, basis, salt, prompt_version, names });
    }
    Ok(page)
}

/// Which of these people's entries have to go.
///
/// # Errors
/// As for any statement.
pub async fn unfounded(database: &Database, users: &[UserId], opt_in: bool) -> Result<Vec<UserId>, Error> {
    let rows = database.rows(DatasetUnfounded { users, opt_in }).await?;
    rows.into_iter().map(|mut row| row.take_id()).collect()
}

/// Whether what was rejected on the way to this generation may be kept for the dataset (promise a18).
///
/// # Errors
/// As for any statement.
pub async fn training_allowed(database: &Database, id: GenerationId, opt_in: bool) -> Result<bool, Error> {
    database.row(GenerationMayTeach { id, opt_in }).await?.take()
}

/// Persons whose dataset entries have to go, with the time of their wish.
///
/// # Errors
/// As for any statement.
pub async fn dataset_removals(database: &Database, limit: i32) -> Result<Vec<(UserId, Timestamp)>, Error> {
    let rows = database.rows(DatasetRemovalsOpen { limit }).await?;
    rows.into_iter().map(|mut row| Ok((row.take_id()?, row.take()?))).collect()
}

/// A person's dataset entries are gone; false where the wish was repeated meanwhile.
///
/// # Errors
/// As for any statement.
pub async fn dataset_removed(database: &Database, now: Timestamp, user: UserId, asked_at: Timestamp) -> Result<bool, Error> {
    database.row(DatasetRemovalDone { now, user, asked_at }).await?.take()
}
