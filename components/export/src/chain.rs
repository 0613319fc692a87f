//! What goes into the archive, one piece at a time, in constant memory: the next piece is read when the last one was taken.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use domain::{GenerationId, Language, generation::ContentKind, rights::EXPORT_LEASE_SECONDS};
use futures::{Stream, stream};
use jiff::Timestamp;
use serde_json::Value;
use store::{
    accounts::{
        events,
        exports::{self, Generation},
        support,
    },
    briefs,
    content::Piece,
    files,
};
use uuid::Uuid;
use vault::{Envelope, UserSalt};
use web::{auth::Bearer, log};
use zeroize::Zeroizing;

use crate::{archive::Archive, readme, renderer, state::State};

/// Generations that are read at once: their envelopes are held together.
const PAGE: i32 = 10;
/// Security events that are read at once.
const EVENTS: i32 = 500;
/// Requests to support that are read at once, each with its messages.
const REQUESTS: i32 = 10;

/// The archive broke off: the connection must break too, so that nobody takes it for complete. The log has the reason.
#[derive(Debug, thiserror::Error)]
#[error("the export broke off")]
pub(crate) struct Broken;

/// An export that was admitted.
pub(crate) struct Export {
    pub(crate) state: Arc<State>,
    pub(crate) bearer: Bearer,
    pub(crate) id: Uuid,
    pub(crate) salt: UserSalt,
    pub(crate) language: Language,
}

/// What comes next.
enum Next {
    Documents,
    Events(Option<(Timestamp, Uuid)>),
    Support(Option<(Timestamp, Uuid)>),
    Generations(Option<(Timestamp, GenerationId)>),
    Manifest,
}

struct Chain {
    export: Export,
    archive: Archive,
    next: Next,
    page: VecDeque<(Generation, Vec<Piece>)>,
}

/// The archive as it grows. After an error nothing follows.
pub(crate) fn stream(export: Export) -> impl Stream<Item = Result<Bytes, Broken>> + Send {
    let archive = Archive::new(web::now());
    let chain = Box::new(Chain { export, archive, next: Next::Documents, page: VecDeque::new() });
    stream::unfold(Some(chain), async |chain| {
        let chain = chain?;
        let (state, id) = (Arc::clone(&chain.export.state), chain.export.id);
        match chain.step().await {
            Ok((bytes, Some(chain))) => Some((Ok(bytes), Some(chain))),
            Ok((bytes, None)) => {
                // The archive is whole in any case; at worst its request stays open and its lease runs out.
                if let Err(error) = exports::end(&state.accounts, web::now(), id, true).await {
                    log::failure("export-end", &error);
                }
                Some((Ok(bytes), None))
            }
            Err(reason) => {
                log::event("export-broken", serde_json::json!({ "reason": reason }));
                if let Err(error) = exports::end(&state.accounts, web::now(), id, false).await {
                    log::failure("export-end", &error);
                }
                Some((Err(Broken), None))
            }
        }
    })
}

/// Why an export broke off, for the log: holds no values.
type Reason = String;

fn reason(error: impl std::error::Error) -> Reason {
    error.to_string()
}

impl Chain {
    /// Writes what comes next; the chain goes on unless that was the end.
    async fn step(mut self: Box<Self>) -> Result<(Bytes, Option<Box<Self>>), Reason> {
        match self.next {
            Next::Documents => {
                self.documents().await?;
                self.next = Next::Events(None);
            }
            Next::Events(after) => self.next = self.events(after).await?,
            Next::Support(after) => self.next = self.support(after).await?,
            Next::Generations(after) => match self.page.pop_front() {
                Some((generation, pieces)) => self.generation(&generation, pieces)?,
                None => self.next = self.load(after).await?,
            },
            Next::Manifest => {
                let bytes = self.archive.finish(web::now()).map_err(reason)?;
                return Ok((bytes, None));
            }
        }
        Ok((self.archive.take(), Some(self)))
    }

    async fn documents(&mut self) -> Result<(), Reason> {
        let Export { state, bearer, language, .. } = &self.export;
        self.archive.add("README.txt", readme::text(*language).as_bytes()).map_err(reason)?;
        let documents = exports::documents(&state.accounts, web::now(), bearer.session, bearer.user).await.map_err(reason)?;
        if documents.is_empty() {
            return Err("the session has ended".to_owned());
        }
        for (name, document) in documents {
            self.archive.add(&format!("{name}.json"), &pretty(&document)?).map_err(reason)?;
        }
        self.archive.begin("security-events.json").map_err(reason)?;
        self.archive.write(b"[").map_err(reason)
    }

    async fn events(&mut self, after: Option<(Timestamp, Uuid)>) -> Result<Next, Reason> {
        let Export { state, bearer, .. } = &self.export;
        let events =
            events::list(&state.accounts, web::now(), bearer.session, bearer.user, EVENTS, after).await.map_err(reason)?;
        let events = events.ok_or("the session has ended")?;
        for (at, event) in events.iter().enumerate() {
            let comma = if at == 0 && after.is_none() { "\n  " } else { ",\n  " };
            let event = serde_json::json!({ "at": event.at, "kind": event.kind, "ip": event.ip, "id": event.id });
            self.archive.write(format!("{comma}{event}").as_bytes()).map_err(reason)?;
        }
        let full = usize::try_from(EVENTS).is_ok_and(|most| events.len() >= most);
        if let Some(last) = events.last().filter(|_| full) {
            return Ok(Next::Events(Some((last.at, last.id))));
        }
        self.archive.write(b"\n]\n").map_err(reason)?;
        self.archive.end();
        self.archive.begin("support.json").map_err(reason)?;
        self.archive.write(b"[").map_err(reason)?;
        Ok(Next::Support(None))
    }

    /// A page of requests to support. That the session still holds is seen to before the generations, which always follow.
    async fn support(&mut self, after: Option<(Timestamp, Uuid)>) -> Result<Next, Reason> {
        let Export { state, bearer, .. } = &self.export;
        let page =
            exports::support(&state.accounts, web::now(), bearer.session, bearer.user, REQUESTS, after).await.map_err(reason)?;
        for (at, (request, messages)) in page.iter().enumerate() {
            let messages = messages.iter().map(|message| self.message(message)).collect::<Result<Vec<_>, _>>()?;
            let request = serde_json::json!({
                "id": request.id,
                "created_at": request.created_at,
                "answered_at": request.answered_at,
                "closed_at": request.closed_at,
                "messages": messages,
            });
            let comma = if at == 0 && after.is_none() { "\n" } else { ",\n" };
            self.archive.write(format!("{comma}{request:#}").as_bytes()).map_err(reason)?;
        }
        let full = usize::try_from(REQUESTS).is_ok_and(|most| page.len() >= most);
        if let Some((last, _)) = page.last().filter(|_| full) {
            return Ok(Next::Support(Some((last.created_at, last.id))));
        }
        self.archive.write(b"\n]\n").map_err(reason)?;
        self.archive.end();
        Ok(Next::Generations(None))
    }

    /// What was written, with its author and time.
    fn message(&self, message: &support::Message) -> Result<Value, Reason> {
        let text = self.open(message.id.into(), message.kind, &message.envelope)?;
        let text: Value = serde_json::from_slice(&text).map_err(|_| "a stored message is no JSON")?;
        let author = if message.kind == ContentKind::SupportRequest { "user" } else { "support" };
        Ok(serde_json::json!({ "author": author, "at": message.written_at, "text": text }))
    }

    /// Reads the next page of generations with their envelopes. The session must still hold, and the lease begins anew.
    async fn load(&mut self, after: Option<(Timestamp, GenerationId)>) -> Result<Next, Reason> {
        let Export { state, bearer, id, .. } = &self.export;
        let now = web::now();
        let lease = web::after(now, EXPORT_LEASE_SECONDS);
        if !exports::go_on(&state.accounts, now, bearer.session, bearer.user, *id, lease).await.map_err(reason)? {
            return Err("the session or its lease has ended".to_owned());
        }
        let page = exports::generations(&state.accounts, now, bearer.session, bearer.user, PAGE, after).await.map_err(reason)?;
        let Some(last) = page.last().map(|last| (last.created_at, last.id)) else { return Ok(Next::Manifest) };
        let ids: Vec<GenerationId> = page.iter().map(|generation| generation.id).collect();
        let (briefs, files) = futures::join!(
            briefs::of_generations(&state.briefs, bearer.user, &ids),
            files::of_generations(&state.files, bearer.user, &ids),
        );
        let mut pieces: Vec<Piece> = briefs.map_err(reason)?;
        pieces.extend(files.map_err(reason)?);
        for generation in page {
            let (own, rest) = pieces.into_iter().partition(|piece| piece.generation == generation.id);
            pieces = rest;
            self.page.push_back((generation, own));
        }
        Ok(Next::Generations(Some(last)))
    }

    fn generation(&mut self, generation: &Generation, mut pieces: Vec<Piece>) -> Result<(), Reason> {
        let folder = format!("generations/{}", generation.id);
        self.archive.add(&format!("{folder}/metadata.json"), &pretty(&generation.document)?).map_err(reason)?;
        if generation.corrections.trim_ascii() != b"[]" {
            self.archive.add(&format!("{folder}/corrections.json"), &pretty(&generation.corrections)?).map_err(reason)?;
        }
        pieces.sort_by_key(|piece| piece.kind.number());
        for piece in pieces {
            let text = self.open(piece.generation, piece.kind, &piece.envelope)?;
            self.archive.add(&format!("{folder}/{}", entry(piece.kind)), &text).map_err(reason)?;
            if piece.kind == ContentKind::FinalFile {
                self.visual(&folder, generation.id, &text)?;
            }
        }
        Ok(())
    }

    fn open(&self, id: GenerationId, kind: ContentKind, envelope: &Envelope) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let Export { state, bearer, salt, .. } = &self.export;
        state.masters.for_user(bearer.user, salt).open(id, kind, envelope).map_err(reason)
    }

    /// A file that an older format made and the renderer no longer takes is in the archive all the same, without its picture.
    fn visual(&mut self, folder: &str, id: GenerationId, file: &[u8]) -> Result<(), Reason> {
        let Some(svg) = std::str::from_utf8(file).ok().and_then(|file| renderer::svg(file, id.to_string())) else {
            log::event("export-without-visual", serde_json::json!({ "generation": id }));
            return Ok(());
        };
        self.archive.add(&format!("{folder}/visual.svg"), &svg).map_err(reason)
    }
}

/// What an entry of this kind is called.
fn entry(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Brief => "brief.txt",
        ContentKind::TranslatedBrief => "brief.translated.txt",
        ContentKind::FinalFile => "file.json",
        ContentKind::RawFile => "raw.json",
        ContentKind::RejectedFile => "rejected.json",
        // Of no generation; what is read here are pieces of generations.
        ContentKind::SupportRequest | ContentKind::SupportAnswer | ContentKind::DatasetEntry | ContentKind::Evidence => {
            "other.json"
        }
    }
}

/// A JSON text with a line for each value.
fn pretty(json: &[u8]) -> Result<Vec<u8>, Reason> {
    let value: Value = serde_json::from_slice(json).map_err(|_| "a stored document is no JSON")?;
    let mut text = serde_json::to_vec_pretty(&value).map_err(|_| "a stored document is no JSON")?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_content_has_an_entry_and_every_entry_is_explained() {
        let kinds: Vec<_> = (0..=u8::MAX).filter_map(ContentKind::from_number).collect();
        assert_eq!(kinds.len(), 5);
        for kind in kinds {
            for language in [Language::En, Language::Fr] {
                assert!(readme::text(language).contains(&format!("  {} ", entry(kind))), "{}", entry(kind));
            }
        }
    }
}
