//! Reading one generation of the bearer's.

use domain::{GenerationId, Language, generation::ContentKind, generation::Status};
use jiff::Timestamp;
use store::accounts::generations::{self, Read};
use vault::UserSalt;
use web::{Kind, Problem, auth::Bearer};

use crate::{Generation, Zone, content};

/// What a reader may see, or the problem that answers for it.
///
/// # Errors
/// 401 where the session has ended, 403 without a verified phone, 404 for what is not there or somebody else's.
pub fn found<T>(read: Read<T>) -> Result<T, Problem> {
    match read {
        Read::Found(value) => Ok(value),
        Read::Unauthenticated => Err(Kind::Unauthenticated.into()),
        Read::PhoneUnverified => Err(Kind::PhoneUnverified.into()),
        Read::NotFound => Err(Kind::NotFound.into()),
    }
}

/// A generation's metadata with the salt of its owner's content key.
///
/// # Errors
/// As for [`found`] and any statement.
pub async fn metadata(
    zone: &Zone,
    now: Timestamp,
    bearer: &Bearer,
    id: GenerationId,
) -> Result<(generations::Generation, UserSalt), Problem> {
    found(generations::read(&zone.accounts, now, bearer.session, bearer.user, id).await?)
}

/// A generation as the contract shows it, with its final file where it has one.
///
/// # Errors
/// As for [`metadata`] and [`content::open`].
pub async fn whole(
    zone: &Zone,
    now: Timestamp,
    bearer: &Bearer,
    id: GenerationId,
    language: Language,
) -> Result<Generation, Problem> {
    let (mut stored, salt) = metadata(zone, now, bearer, id).await?;
    let mut file = None;
    if stored.status == Status::Delivered && !stored.content_expired {
        match content::open(zone, bearer.user, &salt, id, ContentKind::FinalFile).await? {
            Some(text) => file = Some(content::json(text)?),
            // Swept or deleted between the two statements.
            None => stored.content_expired = true,
        }
    }
    Ok(Generation::of(stored, file, language))
}
