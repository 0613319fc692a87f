//! The database `dataset`: encrypted copies of pairs that may be learnt from. Only the zone `lifecycle` can connect (promise a63).

use domain::{GenerationId, UserId};
use jiff::Timestamp;
use vault::Envelope;

use crate::{Database, Error, statement::statements};

statements! {
    DeleteOf for [Lifecycle]:
        "with gone as (delete from entries where ctid = any (array(select ctid from entries where user_id = $1 limit $2::integer)) \
         returning 1) select count(*) from gone" => [user: UserId, batch: i32];
    Keep<'a> for [Lifecycle]:
        "insert into entries (id, user_id, envelope, prompt_version, legal_basis, created_at) values ($1, $2, $3, $4, $5, $6) \
         on conflict (id) do nothing" => [
            id: GenerationId, user: UserId, envelope: Vec<u8>, prompt_version: &'a str, legal_basis: &'a str, now: Timestamp
        ];
    Missing<'a> for [Lifecycle]:
        "select i.id from unnest($1::text[]::uuid[]) as i(id) where not exists (select 1 from entries e where e.id = i.id)" => [
            ids: &'a [GenerationId]
        ];
    Page for [Lifecycle]:
        "select id, user_id from entries where $1::uuid is null or id > $1::uuid order by id limit $2::integer" => [
            after: Option<GenerationId>, limit: i32
        ];
    ExportsEnd for [Lifecycle]:
        "select api.exports_end" => (now: Timestamp, batch: i32);
    ExportsEnded for [Lifecycle]:
        "select api.exports_ended" => (now: Timestamp);
}

/// Deletes a batch of a person's entries; how many went.
///
/// # Errors
/// As for any statement.
pub async fn delete_of(database: &Database, user: UserId, batch: i32) -> Result<i64, Error> {
    database.row(DeleteOf { user, batch }).await?.take()
}

/// An entry about to be kept.
pub struct Entry<'a> {
    /// The generation that it is of; there is one entry for each.
    pub id: GenerationId,
    /// Whose it is.
    pub user: UserId,
    /// Brief and file, encrypted under the user's dataset key.
    pub envelope: Envelope,
    /// Of the system prompt that made the file.
    pub prompt_version: &'a str,
    /// In force when it is copied.
    pub basis: &'a str,
}

/// Keeps an entry. A second call for the same generation changes nothing.
///
/// # Errors
/// As for any statement.
pub async fn keep(database: &Database, now: Timestamp, entry: Entry<'_>) -> Result<(), Error> {
    let Entry { id, user, envelope, prompt_version, basis } = entry;
    database.rows(Keep { id, user, envelope: envelope.into_bytes(), prompt_version, legal_basis: basis, now }).await.map(|_| ())
}

/// Which of these generations have no entry yet.
///
/// # Errors
/// As for any statement.
pub async fn missing(database: &Database, ids: &[GenerationId]) -> Result<Vec<GenerationId>, Error> {
    database.rows(Missing { ids }).await?.into_iter().map(|mut row| row.take_id()).collect()
}

/// The next entries after the given one, with whose they are.
///
/// # Errors
/// As for any statement.
pub async fn page(database: &Database, after: Option<GenerationId>, limit: i32) -> Result<Vec<(GenerationId, UserId)>, Error> {
    let rows = database.rows(Page { after, limit }).await?;
    rows.into_iter().map(|mut row| Ok((row.take_id()?, row.take_id()?))).collect()
}

/// Forgets exports whose time is up; how many.
///
/// # Errors
/// As for any statement.
pub async fn end_exports(database: &Database, now: Timestamp, batch: i32) -> Result<i64, Error> {
    database.row(ExportsEnd { now, batch }).await?.take::<i32>().map(i64::from)
}

/// How many exports' time is up.
///
/// # Errors
/// As for any statement.
pub async fn ended_exports(database: &Database, now: Timestamp) -> Result<i64, Error> {
    database.row(ExportsEnded { now }).await?.take()
}
