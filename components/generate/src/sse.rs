//! A generation as server-sent events.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use domain::Language;
use futures::{StreamExt as _, stream};
use generation::representation::notice;
use serde_json::json;
use uuid::Uuid;
use web::sse::frame;

use crate::event::{Event, Events};

/// In whose language, for which request, and with which heartbeat.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) language: Language,
    pub(crate) request_id: Uuid,
    /// Between comments that keep proxies from closing a quiet connection.
    pub(crate) heartbeat: Duration,
}

/// The stream broke without an end: the connection must break too, so that no client takes it for complete.
#[derive(Debug, thiserror::Error)]
#[error("the generation broke off")]
struct Broken;

/// Answers with the first event, and those that follow until the end.
pub(crate) fn answer(first: Event, events: Events, reader: Reader) -> Response {
    let last = matches!(first, Event::Ended(_));
    let head = stream::iter([Ok(reader.frame(first))]);
    let tail = stream::unfold((!last).then_some(events), move |events| async move {
        let mut events = events?;
        let Some(event) = events.next().await else { return Some((Err(Broken), None)) };
        let last = matches!(event, Event::Ended(_));
        Some((Ok(reader.frame(event)), (!last).then_some(events)))
    });
    web::sse::answer(head.chain(tail), reader.heartbeat)
}

impl Reader {
    fn frame(self, event: Event) -> Bytes {
        match event {
            Event::Accepted(id, place) => frame("accepted", &json!({ "id": id, "place": place })),
            Event::Translated(from) => frame("translated", &json!({ "language": from })),
            Event::Progress(tokens) => frame("progress", &json!({ "tokens": tokens })),
            Event::Corrected(corrections) => {
                frame("corrected", &json!({ "notice": notice(self.language), "corrections": corrections }))
            }
            Event::Ended(result) => match *result {
                Ok(outcome) => frame("done", &outcome.generation),
                Err(problem) => frame("error", &problem.document(self.language, self.request_id)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use http_body_util::BodyExt as _;
    use web::Kind;

    use super::*;
    use crate::event::channel;

    const READER: Reader = Reader { language: Language::Fr, request_id: Uuid::nil(), heartbeat: Duration::from_secs(10) };

    #[test]
    fn a_stream_ends_with_the_problem_in_the_callers_language() {
        let (sender, mut events) = channel();
        sender.accepted(Uuid::nil().into(), 2);
        sender.ended(Err(Kind::ModelTimeout.into()));
        let first = block_on(events.next()).expect("an event");
        let body = block_on(answer(first, events, READER).into_body().collect()).expect("a whole body").to_bytes();
        let text = String::from_utf8(body.to_vec()).expect("text");
        let (accepted, error) = text.split_once("\n\n").expect("two events");
        assert_eq!(accepted, "event: accepted\ndata: {\"id\":\"00000000-0000-0000-0000-000000000000\",\"place\":2}");
        let document: serde_json::Value =
            serde_json::from_str(error.trim().trim_start_matches("event: error\ndata: ")).expect("JSON");
        assert_eq!(document["type"], "urn:asknpic:problem:model-timeout");
        assert_eq!(document["title"], "Le modèle a mis trop de temps");
        assert_eq!(document["status"], 504);
    }

    #[test]
    fn a_stream_that_breaks_off_breaks_the_body() {
        let (sender, mut events) = channel();
        sender.accepted(Uuid::nil().into(), 2);
        drop(sender);
        let first = block_on(events.next()).expect("an event");
        assert!(block_on(answer(first, events, READER).into_body().collect()).is_err());
    }
}
