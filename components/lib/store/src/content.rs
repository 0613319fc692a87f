//! What the two databases of content have in common: one table of envelopes each, and the same statements on it.

use domain::{GenerationId, generation::ContentKind};
use vault::Envelope;

use crate::{Error, value::Row};

/// One envelope with what it belongs to.
pub struct Piece {
    /// The generation.
    pub generation: GenerationId,
    /// What it is of it.
    pub kind: ContentKind,
    /// Encrypted.
    pub envelope: Envelope,
}

impl Piece {
    /// Of the columns `generation_id`, `kind` and `envelope`.
    pub(crate) fn take(mut row: Row) -> Result<Self, Error> {
        Ok(Self {
            generation: row.take_id()?,
            kind: u8::try_from(row.take::<i16>()?).ok().and_then(ContentKind::from_number).ok_or(Error::Decode)?,
            envelope: Envelope::from_bytes(row.take()?),
        })
    }
}

/// The module of a content database with this table. A macro and not functions with the table's name, since a statement is a
/// literal: none is ever put together while the program runs.
macro_rules! content {
    ($table:literal) => {
        use domain::{GenerationId, UserId, generation::ContentKind};
        use jiff::Timestamp;
        use vault::Envelope;

        use $crate::{Database, Error, content::Piece, statement::statements};

        statements! {
            Keep for [Generation]:
                concat!(
                    "insert into ",
                    $table,
                    " (generation_id, kind, user_id, envelope, created_at) values ($1, $2, $3, $4, $5) ",
                    "on conflict (generation_id, kind) do nothing"
                ) => [generation: GenerationId, kind: i16, user: UserId, envelope: Vec<u8>, now: Timestamp];
            Read for [Generation, Lifecycle]:
                concat!("select envelope from ", $table, " where generation_id = $1 and kind = $2 and user_id = $3") => [
                    generation: GenerationId, kind: i16, user: UserId
                ];
            Delete for [Generation]:
                concat!("delete from ", $table, " where generation_id = $1 and user_id = $2") => [
                    generation: GenerationId, user: UserId
                ];
            ContentBatch for [Lifecycle]:
                "select generation_id from api.content_batch" => (after: Option<GenerationId>, limit: i32);
            ContentRemove<'a> for [Lifecycle]:
                "select api.content_remove" => (ids: &'a [GenerationId] as "::text[]::uuid[]");
            Count<'a> for [Lifecycle]:
                concat!("select count(*) from ", $table, " where generation_id = any ($1::text[]::uuid[])") => [
                    ids: &'a [GenerationId]
                ];
            OfGenerations<'a> for [Rights]:
                concat!(
                    "select generation_id, kind, envelope from ",
                    $table,
                    " where user_id = $1 and generation_id = any (($2::text[])::uuid[])"
                ) => [user: UserId, generations: &'a [GenerationId]];
            DeleteOf for [Rights, Lifecycle]:
                concat!(
                    "with gone as (delete from ",
                    $table,
                    " where ctid = any (array(select ctid from ",
                    $table,
                    " where user_id = $1 limit $2::integer)) returning 1) select count(*) from gone"
                ) => [user: UserId, batch: i32];
        }

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
            let query = Keep { generation, kind: kind.number().into(), user, envelope: envelope.into_bytes(), now };
            database.rows(query).await.map(|_| ())
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
            let rows = database.rows(Read { generation, kind: kind.number().into(), user }).await?;
            rows.into_iter().next().map(|mut row| row.take().map(Envelope::from_bytes)).transpose()
        }

        /// Deletes everything of a generation.
        ///
        /// # Errors
        /// As for any statement.
        pub async fn delete(database: &Database, user: UserId, generation: GenerationId) -> Result<(), Error> {
            database.rows(Delete { generation, user }).await.map(|_| ())
        }

        /// The ids of the generations that have content here, after the given one, for the lifecycle job.
        ///
        /// # Errors
        /// As for any statement.
        pub async fn batch(database: &Database, after: Option<GenerationId>, limit: i32) -> Result<Vec<GenerationId>, Error> {
            let rows = database.rows(ContentBatch { after, limit }).await?;
            rows.into_iter().map(|mut row| row.take_id()).collect()
        }

        /// Removes the content of these generations, for the lifecycle job; how many envelopes that were.
        ///
        /// # Errors
        /// As for any statement.
        pub async fn remove(database: &Database, ids: &[GenerationId]) -> Result<i64, Error> {
            database.row(ContentRemove { ids }).await?.take::<i32>().map(i64::from)
        }

        /// How many envelopes these generations have, for the lifecycle job.
        ///
        /// # Errors
        /// As for any statement.
        pub async fn count(database: &Database, ids: &[GenerationId]) -> Result<i64, Error> {
            database.row(Count { ids }).await?.take()
        }

        /// Every envelope of some generations of a person.
        ///
        /// # Errors
        /// As for any statement.
        pub async fn of_generations(
            database: &Database,
            user: UserId,
            generations: &[GenerationId],
        ) -> Result<Vec<Piece>, Error> {
            database.rows(OfGenerations { user, generations }).await?.into_iter().map(Piece::take).collect()
        }

        /// Deletes a batch of everything of a person; how many envelopes went.
        ///
        /// # Errors
        /// As for any statement.
        pub async fn delete_of(database: &Database, user: UserId, batch: i32) -> Result<i64, Error> {
            database.row(DeleteOf { user, batch }).await?.take()
        }
    };
}
pub(crate) use content;
