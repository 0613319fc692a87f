//! Who asks for which generation, and whether a piece of its content is there.

use std::{convert::Infallible, sync::Arc};

use axum::extract::{FromRequestParts, Path};
use domain::{
    GenerationId,
    generation::{ContentKind, Status},
    retention::rule_of,
};
use generation::{Zone, content, read};
use http::{HeaderMap, request::Parts};
use jiff::Timestamp;
use store::accounts::generations::{self, Generation, Hidden};
use uuid::Uuid;
use vault::UserSalt;
use web::{Context, Kind, Problem, auth, auth::Bearer};
use zeroize::Zeroizing;

/// The id in the path. What is no id is the nil one, which no generation has: so it is looked up like any other, and answers 401
/// before 404.
pub(crate) struct Id(GenerationId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let text = Path::<String>::from_request_parts(parts, state).await.map(|Path(text)| text).unwrap_or_default();
        Ok(Self(text.parse().unwrap_or_else(|_| Uuid::nil().into())))
    }
}

/// A request of somebody with a good token.
pub(crate) struct Access {
    pub(crate) zone: Arc<Zone>,
    pub(crate) bearer: Bearer,
    pub(crate) id: GenerationId,
    pub(crate) now: Timestamp,
}

impl Access {
    /// Checks the token; the session is checked by the statement that follows.
    ///
    /// # Errors
    /// 401, or 503 where secrets are missing.
    pub(crate) async fn of(context: &Context, headers: &HeaderMap, Id(id): Id) -> Result<Self, Problem> {
        let (zone, now) = (crate::zone().await?, web::now());
        let bearer = auth::bearer(headers, &zone.verifier, context, now)?;
        Ok(Self { zone, bearer, id, now })
    }

    /// The generation's metadata and the salt of its content key.
    ///
    /// # Errors
    /// 401, 403 and 404.
    pub(crate) async fn metadata(&self) -> Result<(Generation, UserSalt), Problem> {
        read::metadata(&self.zone, self.now, &self.bearer, self.id).await
    }

    /// A piece of the generation's content.
    ///
    /// # Errors
    /// 401, 403, 404 where there never was one (yet), 410 where it is gone.
    pub(crate) async fn content(&self, kind: ContentKind) -> Result<(Generation, Zeroizing<String>), Problem> {
        let (stored, salt) = self.metadata().await?;
        let text = self.content_of(&stored, &salt, kind).await?;
        Ok((stored, text))
    }

    /// A piece of the content of a generation whose metadata is known.
    ///
    /// # Errors
    /// 404 where there never was one (yet), 410 where it is gone.
    pub(crate) async fn content_of(
        &self,
        stored: &Generation,
        salt: &UserSalt,
        kind: ContentKind,
    ) -> Result<Zeroizing<String>, Problem> {
        if let Err(absent) = presence(stored, kind) {
            return Err(match absent {
                Kind::ContentExpired => self.gone().await,
                other => other.into(),
            });
        }
        let text = content::open(&self.zone, self.bearer.user, salt, self.id, kind).await?;
        // Swept or deleted since the first statement.
        text.ok_or_else(|| absence(None, self.now))
    }

    /// 410 with its reason.
    async fn gone(&self) -> Problem {
        match generations::hidden(&self.zone.accounts, self.id).await {
            Ok(hidden) => absence(hidden, self.now),
            Err(error) => error.into(),
        }
    }
}

/// 410: `plan` where an upgrade brings the content back, with `until` when; else `removed`.
fn absence(hidden: Option<Hidden>, now: Timestamp) -> Problem {
    let problem = Problem::from(Kind::ContentExpired);
    let rule = rule_of("downgraded-content");
    let until = hidden.and_then(|hidden| {
        let end = rule?.due_at(hidden.downgraded_at)?;
        Some(hidden.former_end.map_or(end, |former| former.min(end)))
    });
    match until.filter(|until| *until > now) {
        Some(until) => problem.with("reason", "plan").with("until", until.to_string()),
        None => problem.with("reason", "removed"),
    }
}

/// Whether a generation has a piece of content, by its metadata.
fn presence(stored: &Generation, kind: ContentKind) -> Result<(), Kind> {
    let ever = match kind {
        ContentKind::Brief => true,
        ContentKind::TranslatedBrief => stored.translated,
        ContentKind::FinalFile => stored.status == Status::Delivered,
        ContentKind::RawFile => stored.status == Status::Delivered && stored.corrected,
        // Kept for the dataset only, or of no generation.
        ContentKind::RejectedFile
        | ContentKind::SupportRequest
        | ContentKind::SupportAnswer
        | ContentKind::DatasetEntry
        | ContentKind::Evidence => false,
    };
    match ever {
        false => Err(Kind::NotFound),
        // The brief of a failed generation is removed with it.
        true if stored.content_expired || stored.status == Status::Failed => Err(Kind::ContentExpired),
        true => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a48_what_a_plan_hides_says_until_when_an_upgrade_brings_it_back() {
        let time = |text: &str| text.parse::<Timestamp>().expect("a time");
        let downgraded_at = time("2027-01-01T00:00:00Z");
        let listed = |former_end: Option<&str>, now: &str| {
            let hidden = Hidden { downgraded_at, former_end: former_end.map(time) };
            let document = absence(Some(hidden), time(now)).document(domain::Language::En, Uuid::nil());
            (document["reason"].as_str().map(str::to_owned), document["until"].as_str().map(str::to_owned))
        };
        let plan = |until: &str| (Some("plan".to_owned()), Some(until.to_owned()));
        let removed = (Some("removed".to_owned()), None);
        assert_eq!(listed(None, "2027-06-01T00:00:00Z"), plan("2028-01-01T00:00:00Z"));
        assert_eq!(listed(Some("2027-01-20T00:00:00Z"), "2027-01-19T23:59:59Z"), plan("2027-01-20T00:00:00Z"));
        assert_eq!(listed(Some("2027-01-20T00:00:00Z"), "2027-01-20T00:00:00Z"), removed);
        assert_eq!(listed(None, "2028-01-01T00:00:00Z"), removed);
        let document = absence(None, downgraded_at).document(domain::Language::En, Uuid::nil());
        assert_eq!(document["reason"], "removed");
    }

    fn stored(status: Status, corrected: bool, content_expired: bool) -> Generation {
        Generation {
            id: Uuid::nil().into(),
            created_at: Timestamp::UNIX_EPOCH,
            status,
            problem: None,
            brief_language: None,
            translated: false,
            complexity: None,
            corrected,
            corrections: Vec::new(),
            prompt_version: None,
            model_name: None,
            model_version: None,
            prompt_tokens: 0,
            completion_tokens: 0,
            expires_at: None,
            content_expired,
        }
    }

    #[test]
    fn what_never_was_is_404_and_what_is_gone_is_410() {
        use ContentKind::{Brief, FinalFile, RawFile, RejectedFile, TranslatedBrief};
        use Status::{Delivered, Failed, Running};
        for (status, corrected, expired, kind, expected) in [
            (Delivered, false, false, Brief, Ok(())),
            (Delivered, false, false, FinalFile, Ok(())),
            (Delivered, true, false, RawFile, Ok(())),
            (Delivered, false, false, RawFile, Err(Kind::NotFound)),
            (Delivered, false, true, RawFile, Err(Kind::NotFound)),
            (Delivered, true, true, RawFile, Err(Kind::ContentExpired)),
            (Delivered, false, true, FinalFile, Err(Kind::ContentExpired)),
            (Delivered, false, true, Brief, Err(Kind::ContentExpired)),
            (Delivered, false, false, TranslatedBrief, Err(Kind::NotFound)),
            (Delivered, true, false, RejectedFile, Err(Kind::NotFound)),
            (Running, false, false, Brief, Ok(())),
            (Running, false, false, FinalFile, Err(Kind::NotFound)),
            (Failed, false, false, Brief, Err(Kind::ContentExpired)),
            (Failed, false, false, FinalFile, Err(Kind::NotFound)),
        ] {
            assert_eq!(presence(&stored(status, corrected, expired), kind), expected, "{status:?} {kind:?}");
        }
    }
}
