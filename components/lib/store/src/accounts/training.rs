//! Who may be learnt from (promises a18, a44).

use domain::{GenerationId, PersonName, UserId};
use vault::UserSalt;

use super::parameters;
use crate::{Database, Error};

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
    let sql = "select id, user_id, basis, salt, prompt_version, first_name, last_name from dataset_candidates($1, $2, $3)";
    let mut page = CandidatePage::default();
    for mut row in database.rows(sql, parameters![opt_in, after, limit]).await? {
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
    let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
    let rows = database.rows("select user_id from dataset_unfounded($1::text[]::uuid[], $2)", parameters![ids, opt_in]).await?;
    rows.into_iter().map(|mut row| row.take_id()).collect()
}
