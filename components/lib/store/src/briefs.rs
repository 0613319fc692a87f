//! The database `briefs`: envelopes only (brief or translated brief).

use domain::{GenerationId, UserId, generation::ContentKind};
use jiff::Timestamp;
use vault::Envelope;

use crate::{Database, Error, accounts::parameters, content::Piece};

/// Keeps an envelope. A second call for the same generation and kind changes nothing.
///
/// # Errors
/// As for any statement.
pub async fn keep(
    database: &Database,
    now: Timestamp,
    user: UserId,
    generation: GenerationId,
    kind: ContentKind,
    envelope: Envelope,
) -> Result<(), Error> {
    let parameters = parameters![generation, i16::from(kind.number()), user, envelope.into_bytes(), now];
    let sql = "insert into briefs (generation_id, kind, user_id, envelope, created_at) values ($1, $2, $3, $4, $5) \
               on conflict (generation_id, kind) do nothing";
    database.rows(sql, parameters).await.map(|_| ())
}

/// The envelope of a generation, if it is there.
///
/// # Errors
/// As for any statement.
pub async fn read(
    database: &Database,
    user: UserId,
    generation: GenerationId,
    kind: ContentKind,
) -> Result<Option<Envelope>, Error> {
    let sql = "select envelope from briefs where generation_id = $1 and kind = $2 and user_id = $3";
    let rows = database.rows(sql, parameters![generation, i16::from(kind.number()), user]).await?;
    rows.into_iter().next().map(|mut row| row.take().map(Envelope::from_bytes)).transpose()
}

/// Deletes everything of a generation.
///
/// # Errors
/// As for any statement.
pub async fn delete(database: &Database, user: UserId, generation: GenerationId) -> Result<(), Error> {
    let sql = "delete from briefs where generation_id = $1 and user_id = $2";
    database.rows(sql, parameters![generation, user]).await.map(|_| ())
}

/// The ids of the generations that have content here, after the given one, for the lifecycle job.
///
/// # Errors
/// As for any statement.
pub async fn batch(database: &Database, after: Option<GenerationId>, limit: i32) -> Result<Vec<GenerationId>, Error> {
    let rows = database.rows("select generation_id from content_batch($1, $2)", parameters![after, limit]).await?;
    rows.into_iter().map(|mut row| row.take_id()).collect()
}

/// Removes the content of these generations, for the lifecycle job; how many envelopes that were.
///
/// # Errors
/// As for any statement.
pub async fn remove(database: &Database, ids: &[GenerationId]) -> Result<i64, Error> {
    database.row("select content_remove($1::text[]::uuid[])", parameters![ids]).await?.take::<i32>().map(i64::from)
}

/// Every envelope of some generations of a person.
///
/// # Errors
/// As for any statement.
pub async fn of_generations(database: &Database, user: UserId, generations: &[GenerationId]) -> Result<Vec<Piece>, Error> {
    let sql =
        "select generation_id, kind, envelope from briefs where user_id = $1 and generation_id = any (($2::text[])::uuid[])";
    database.rows(sql, parameters![user, generations]).await?.into_iter().map(Piece::take).collect()
}

/// Deletes a batch of everything of a person; how many envelopes went.
///
/// # Errors
/// As for any statement.
pub async fn delete_of(database: &Database, user: UserId, batch: i32) -> Result<i64, Error> {
    let sql = "with gone as (delete from briefs where ctid = any (array(select ctid from briefs where user_id = $1 limit $2::integer)) returning 1) \
               select count(*) from gone";
    database.row(sql, parameters![user, batch]).await?.take()
}
