//! Server-sent events (HTML, 9.2).

use std::time::Duration;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::{
    Stream, StreamExt as _,
    future::{Either, select},
    stream,
};
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

/// Between comments that keep proxies from closing a quiet connection, where the operator has no word in it.
pub const HEARTBEAT: Duration = Duration::from_secs(10);

/// Whether `text/event-stream` is accepted by name, at least as gladly as JSON by name. A wildcard asks for JSON.
#[must_use]
pub fn event_stream(headers: &HeaderMap) -> bool {
    let (mut events, mut json) = (0.0, 0.0);
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for range in values.flat_map(|value| value.split(',')).take(64) {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let weight = parts.find_map(weight).unwrap_or(1.0);
        if essence.eq_ignore_ascii_case("text/event-stream") {
            events = weight;
        } else if essence.eq_ignore_ascii_case("application/json") {
            json = weight;
        }
    }
    events > 0.0 && events >= json
}

fn weight(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let weight = || value.trim().parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0);
    name.trim().eq_ignore_ascii_case("q").then(weight)
}

/// One event. A line break of the JSON text (there is none in compact JSON, but a file comes as it was kept) begins a new line of data.
#[must_use]
pub fn frame(name: &str, data: &impl Serialize) -> Bytes {
    let text = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    let mut frame = format!("event: {name}\n");
    for line in text.split(['\r', '\n']) {
        frame.push_str("data: ");
        frame.push_str(line);
        frame.push('\n');
    }
    frame.push('\n');
    frame.into()
}

/// Answers with events as they come, and a comment wherever it has been quiet for as long as `heartbeat`. An error breaks the connection off: no client may take what came for all
/// of it.
pub fn answer<E>(events: impl Stream<Item = Result<Bytes, E>> + Send + 'static, heartbeat: Duration) -> Response
where
    E: std::error::Error + Send + Sync + 'static,
{
    let beating = stream::unfold(Box::pin(events), move |mut events| async move {
        let pause = std::pin::pin!(crate::sleep(heartbeat));
        match select(events.next(), pause).await {
            Either::Left((next, _)) => next.map(|next| (next, events)),
            Either::Right(_) => Some((Ok(Bytes::from_static(b":\n\n")), events)),
        }
    });
    relayed(Body::from_stream(beating))
}

/// Answers with a body that already is a stream of events, comments and all.
#[must_use]
pub fn relayed(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    // Nginx, and what is built on it, would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::RawValue};

    use super::*;

    #[test]
    fn events_are_asked_for_by_name() {
        for (accept, expected) in [
            ("text/event-stream", true),
            ("TEXT/Event-Stream; charset=utf-8", true),
            ("text/event-stream, application/json", true),
            ("text/event-stream;q=0.5, */*", true),
            ("application/json, text/event-stream;q=0.9", false),
            ("text/event-stream;q=0", false),
            ("text/event-stream;q=abc", false),
            ("text/event-stream; Q=0.2", true),
            ("*/*", false),
            ("text/*", false),
            ("", false),
            (",;=,q", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(event_stream(&headers), expected, "{accept}");
        }
        let mut two = HeaderMap::new();
        two.append(header::ACCEPT, HeaderValue::from_static("image/png"));
        two.append(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        assert!(event_stream(&two));
        assert!(!event_stream(&HeaderMap::new()));
    }

    #[test]
    fn events_are_framed_and_line_breaks_cannot_forge_one() {
        assert_eq!(frame("progress", &json!({ "tokens": 20 })), "event: progress\ndata: {\"tokens\":20}\n\n");
        let raw = RawValue::from_string("{\n\"a\":\r\n1}".to_owned()).expect("JSON");
        assert_eq!(frame("done", &raw), "event: done\ndata: {\ndata: \"a\":\ndata: \ndata: 1}\n\n");
    }
}
