//! Server-sent events, as a browser would read them.

use bytes::{Buf as _, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;

use crate::http::Call;
use crate::wait::PATIENCE;

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Value,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As the server meant it.
    Whole,
    /// The connection broke.
    Broken,
}

/// A stream of events that is being read.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    text: BytesMut,
    end: Option<End>,
    heartbeats: u32,
}

impl Events {
    /// Sends a request with `Accept: text/event-stream` and checks that its answer is a stream of events.
    pub async fn open(call: Call) -> Self {
        let (parts, body) = call.header("accept", "text/event-stream").open().await.expect("an answer");
        let content_type = parts.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(content_type.starts_with("text/event-stream"), "{} {content_type}", parts.status);
        Self { body, text: BytesMut::new(), end: None, heartbeats: 0 }
    }

    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(block) = self.take_block() {
                if let Some(event) = parse(&block) {
                    return Some(event);
                }
                self.heartbeats += 1;
            }
            if self.end.is_some() {
                return None;
            }
            self.read().await;
        }
    }

    /// Reads until so many comments, and no event, have kept the connection alive since the stream was opened.
    pub async fn heartbeats(&mut self, count: u32) {
        while self.heartbeats < count {
            match self.take_block() {
                Some(block) => match parse(&block) {
                    None => self.heartbeats += 1,
                    Some(event) => panic!("an event instead of a heartbeat: {event:?}"),
                },
                None if self.end.is_some() => panic!("the stream ended after {} heartbeats", self.heartbeats),
                None => self.read().await,
            }
        }
    }

    /// The next piece of the body.
    async fn read(&mut self) {
        match tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("the next event in time") {
            Some(Ok(frame)) => self.text.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            Some(Err(_)) => self.end = Some(End::Broken),
            None => self.end = Some(End::Whole),
        }
    }

    /// All that is still to come, and how it ended.
    pub async fn rest(mut self) -> (Vec<Event>, End) {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        (events, self.end.unwrap_or(End::Broken))
    }

    /// Cuts off what is up to the next empty line.
    fn take_block(&mut self) -> Option<String> {
        let end = self.text.windows(2).position(|pair| pair == b"\n\n")?;
        let block = self.text.split_to(end);
        self.text.advance(2);
        Some(String::from_utf8(block.to_vec()).expect("events are UTF-8"))
    }
}

/// An event of a block of lines; `None` for a comment, which keeps the connection alive.
fn parse(block: &str) -> Option<Event> {
    let (mut name, mut data) = (String::new(), Vec::new());
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut name),
            "data" => data.push(value),
            "" | "id" | "retry" => {}
            other => panic!("an event with the field {other:?}"),
        }
    }
    let data = (!data.is_empty()).then(|| data.join("\n"))?;
    Some(Event { name, data: serde_json::from_str(&data).expect("an event's data is JSON") })
}
