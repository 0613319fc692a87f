//! The database `dataset`: encrypted copies of pairs that may be learnt from. Only the zone `lifecycle` can connect (promise a63).

use domain::{GenerationId, UserId};
use jiff::Timestamp;
use vault::Envelope;

use crate::{Database, Error, accounts::parameters};

/// Deletes a batch of a person's entries; how many went.
///
/// # Errors
/// As for any statement.
pub async fn delete_of(database: &Database, user: UserId, batch: i32) -> Result<i64, Error> {
    let sql = "with gone as (delete from entries where ctid = any (array(select ctid from entries where user_id = $1 limit $2::integer)) returning 1) \
               select count(*) from gone";
    database.row(sql, parameters![user, batch]).await?.take()
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
    let sql = "insert into entries (id, user_id, envelope, prompt_version, legal_basis, created_at) values ($1, $2, $3, $4, $5, $6) \
               on conflict (id) do nothing";
    let parameters = parameters![entry.id, entry.user, entry.envelope.into_bytes(), entry.prompt_version, entry.basis, now];
    database.rows(sql, parameters).await.map(|_| ())
}

/// Which of these generations have no entry yet.
///
/// # Errors
/// As for any statement.
pub async fn missing(database: &Database, ids: &[GenerationId]) -> Result<Vec<GenerationId>, Error> {
    let sql = "select i.id from unnest($1::text[]::uuid[]) as i(id) where not exists (select 1 from entries e where e.id = i.id)";
    database.rows(sql, parameters![ids]).await?.into_iter().map(|mut row| row.take_id()).collect()
}

/// The next entries after the given one, with whose they are.
///
/// # Errors
/// As for any statement.
pub async fn page(database: &Database, after: Option<GenerationId>, limit: i32) -> Result<Vec<(GenerationId, UserId)>, Error> {
    let sql = "select id, user_id from entries where $1::uuid is null or id > $1::uuid order by id limit $2::integer";
    let rows = database.rows(sql, parameters![after, limit]).await?;
    rows.into_iter().map(|mut row| Ok((row.take_id()?, row.take_id()?))).collect()
}

/// Forgets exports whose time is up; how many.
///
/// # Errors
/// As for any statement.
pub async fn end_exports(database: &Database, now: Timestamp, batch: i32) -> Result<i64, Error> {
    database.row("select exports_end($1, $2)", parameters![now, batch]).await?.take::<i32>().map(i64::from)
}

/// How many exports' time is up.
///
/// # Errors
/// As for any statement.
pub async fn ended_exports(database: &Database, now: Timestamp) -> Result<i64, Error> {
    database.row("select exports_ended($1)", parameters![now]).await?.take()
}
