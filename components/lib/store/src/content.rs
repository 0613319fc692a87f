//! What the two databases of content have in common.

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
