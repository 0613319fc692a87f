//! The database `briefs`: envelopes only (brief or translated brief).

use domain::{GenerationId, UserId, generation::ContentKind};
use jiff::Timestamp;
use vault::Envelope;

use crate::{Database, Error, accounts::parameters};

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
