//! Content, on its way from its envelope.

use domain::{GenerationId, UserId, generation::ContentKind};
use serde_json::value::RawValue;
use store::{briefs, files};
use vault::{UserSalt, content::EnvelopeError};
use web::{Kind, Problem, log};
use zeroize::Zeroizing;

use crate::Zone;

/// Decrypts a piece of content; `None` where it is not there.
///
/// # Errors
/// As for any statement; [`Kind::Internal`] for an envelope that does not open.
pub async fn open(
    zone: &Zone,
    user: UserId,
    salt: &UserSalt,
    id: GenerationId,
    kind: ContentKind,
) -> Result<Option<Zeroizing<String>>, Problem> {
    let envelope = match kind {
        ContentKind::Brief | ContentKind::TranslatedBrief => briefs::read(&zone.briefs, user, id, kind).await?,
        ContentKind::FinalFile | ContentKind::RawFile | ContentKind::RejectedFile => {
            files::read(&zone.files, user, id, kind).await?
        }
        // Not of a generation.
        ContentKind::SupportRequest | ContentKind::SupportAnswer | ContentKind::DatasetEntry | ContentKind::Evidence => None,
    };
    let Some(envelope) = envelope else { return Ok(None) };
    let mut bytes = zone.masters.for_user(user, salt).open(id, kind, &envelope).map_err(|error| unreadable(&error))?;
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(unreadable(&EnvelopeError::Format))
        }
    }
}

/// A final file as a JSON value, byte for byte as it was kept.
///
/// # Errors
/// [`Kind::Internal`] where it is not JSON.
pub fn json(mut text: Zeroizing<String>) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(std::mem::take(&mut *text)).map_err(|_| unreadable(&EnvelopeError::Format))
}

/// An envelope that could not be sealed or opened is our mistake, and its reason holds no content.
#[must_use]
pub fn unreadable(error: &EnvelopeError) -> Problem {
    log::failure("envelope", error);
    Kind::Internal.into()
}
