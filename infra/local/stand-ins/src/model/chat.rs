//! `POST /api/chat`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::Fault;
use super::routes::parse;
use super::{Served, answer, obey, tokens, translation};

/// A value of this JSON type is no parametric file by any reading.
const NOT_A_FILE: &str = r#"{"answer": 42, "layers": "none"}"#;
const PROSE: &str = "Certainly! Here is an idea for your visual: a calm background, a bold title and a little room to breathe.";

#[derive(Deserialize)]
struct ChatRequest {
    #[serde(default)]
    model: String,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    format: Value,
    #[serde(default)]
    options: Settings,
    stream: Option<bool>,
    #[serde(default)]
    keep_alive: Value,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: String,
}

/// The options that mean something to a composer; it has no temperature.
#[derive(Default, Deserialize)]
struct Settings {
    num_predict: Option<i64>,
    num_ctx: Option<u64>,
    seed: Option<i64>,
}

/// What there is to say, and what saying it costs.
struct Reply {
    model: String,
    content: String,
    prompt_tokens: u64,
    done_reason: &'static str,
    started: Instant,
}

pub(super) async fn chat(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    let started = Instant::now();
    served.record("/api/chat", &body);
    let request: ChatRequest = match parse(&body) {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    if let Some(refusal) = refuse(&served, &request) {
        return refusal;
    }
    if request.messages.is_empty() {
        return Json(loaded(&request)).into_response();
    }
    let fault = served.faults.for_chat();
    match &fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Status { status }) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return match status {
                StatusCode::NOT_FOUND => answer::not_found(&request.model),
                status => answer::error(status, "the model could not answer"),
            };
        }
        _ => {}
    }
    let streamed = request.stream != Some(false);
    let reply = reply(request, fault.as_ref(), started);
    if streamed { streaming(reply, fault) } else { whole(reply, fault).await }
}

fn refuse(served: &Served, request: &ChatRequest) -> Option<Response> {
    let known_format = match &request.format {
        Value::Null | Value::Object(_) => true,
        Value::String(name) => name.is_empty() || name == "json",
        _ => false,
    };
    let unknown_role = request.messages.iter().find(|message| !["system", "user", "assistant", "tool"].contains(&&*message.role));
    if request.model.is_empty() {
        Some(answer::error(StatusCode::BAD_REQUEST, "model is required"))
    } else if !served.is_named(&request.model) {
        Some(answer::not_found(&request.model))
    } else if !known_format {
        Some(answer::error(StatusCode::BAD_REQUEST, "invalid format: expected \"json\" or a JSON schema"))
    } else {
        unknown_role.map(|_| answer::error(StatusCode::BAD_REQUEST, "invalid role: expected system, user, assistant or tool"))
    }
}

/// The answer to a call without messages, which loads the model or, with `keep_alive` 0, unloads it.
fn loaded(request: &ChatRequest) -> Value {
    let unload = request.keep_alive == 0 || request.keep_alive == "0" || request.keep_alive == "0s";
    json!({
        "model": request.model,
        "created_at": answer::now(),
        "message": { "role": "assistant", "content": "" },
        "done_reason": if unload { "unload" } else { "load" },
        "done": true,
    })
}

fn reply(request: ChatRequest, fault: Option<&Fault>, started: Instant) -> Reply {
    let brief = request.messages.iter().rfind(|message| message.role == "user").map_or("", |message| &message.content);
    // Without a seed a real model varies; the composer does not, so that a development machine is predictable.
    let seed = request.options.seed.map_or(0, i64::cast_unsigned);
    let mut content = match fault {
        Some(Fault::Scripted { contents }) => contents.front().cloned().unwrap_or_default(),
        Some(Fault::BadFile) => PROSE.to_owned(),
        Some(Fault::NotSchema) => NOT_A_FILE.to_owned(),
        Some(Fault::HugeOutput { bytes }) => "{\"x\": ".chars().chain(std::iter::repeat('[')).take(*bytes).collect(),
        Some(Fault::Obey { place }) => {
            let instructions =
                request.messages.iter().find(|message| message.role == "system").map_or("", |message| &message.content);
            obey::write(&asknpic_composer::compose(brief, seed), instructions, *place)
        }
        // Instructions and no schema: text is wanted, which here can only be a translation.
        _ if request.format.is_null() && request.messages.iter().any(|message| message.role == "system") => {
            translation::translate(brief)
        }
        _ => asknpic_composer::compose(brief, seed),
    };
    let mut done_reason = "stop";
    // Zero or less means no limit.
    let limit = request.options.num_predict.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
    if let Some(limit) = limit
        && !matches!(fault, Some(Fault::HugeOutput { .. }))
        && let Some((end, _)) = content.char_indices().nth(limit * tokens::CHARACTERS)
    {
        content.truncate(end);
        done_reason = "length";
    }
    let prompt: u64 = request.messages.iter().map(|message| tokens::count(&message.content)).sum();
    let prompt_tokens = prompt.min(request.options.num_ctx.unwrap_or(answer::CONTEXT_LENGTH));
    Reply { model: request.model, content, prompt_tokens, done_reason, started }
}

impl Reply {
    fn piece(&self, content: &str) -> Value {
        json!({
            "model": self.model,
            "created_at": answer::now(),
            "message": { "role": "assistant", "content": content },
            "done": false,
        })
    }

    /// The last object, with the counts; durations are in nanoseconds.
    fn end(&self, content: &str) -> Value {
        let total = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX).max(4);
        let prompt = total / 4;
        json!({
            "model": self.model,
            "created_at": answer::now(),
            "message": { "role": "assistant", "content": content },
            "done_reason": self.done_reason,
            "done": true,
            "total_duration": total,
            "load_duration": 1,
            "prompt_eval_count": self.prompt_tokens,
            "prompt_eval_duration": prompt,
            "eval_count": tokens::count(&self.content),
            "eval_duration": total - prompt - 1,
        })
    }
}

/// One object a line, one line a token.
fn streaming(reply: Reply, fault: Option<Fault>) -> Response {
    let body = Body::from_stream(lines(reply, fault));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

fn lines(reply: Reply, fault: Option<Fault>) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let size = match fault {
        // Bigger pieces: the point is how much comes, not how often.
        Some(Fault::HugeOutput { .. }) => 16 * 1024,
        _ => 1,
    };
    let pieces: Vec<String> = tokens::split(&reply.content).chunks(size).map(<[&str]>::concat).collect();
    let pause = match &fault {
        Some(Fault::Slow { per_chunk_ms }) => Some(Duration::from_millis(*per_chunk_ms)),
        _ => None,
    };
    stream::unfold((0, reply, pieces, fault), move |(at, reply, pieces, fault)| async move {
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            // The server sends what it has whenever it has to wait: each piece leaves by itself, and those before a break arrive.
            None => tokio::task::yield_now().await,
        }
        let line = match (&fault, pieces.get(at)) {
            (Some(Fault::CutOff { after_chunks }), _) if at == pieces.len().min(*after_chunks) => {
                Err(std::io::Error::other("cut off, as asked"))
            }
            (Some(Fault::NotJson), _) if at == pieces.len().min(2) => {
                Ok("<html><body>502 Bad Gateway</body></html>\n".to_owned())
            }
            (Some(Fault::NoEnd), None) => return None,
            (_, Some(piece)) => Ok(format!("{}\n", reply.piece(piece))),
            (_, None) if at == pieces.len() => Ok(format!("{}\n", reply.end(""))),
            (_, None) => return None,
        };
        Some((line.map(Bytes::from), (at + 1, reply, pieces, fault)))
    })
    .fuse()
}

async fn whole(reply: Reply, fault: Option<Fault>) -> Response {
    match fault {
        Some(Fault::Slow { per_chunk_ms }) => tokio::time::sleep(Duration::from_millis(per_chunk_ms)).await,
        Some(Fault::NotJson) => return "<html><body>502 Bad Gateway</body></html>".into_response(),
        Some(Fault::CutOff { .. } | Fault::NoEnd) => {
            let half = Ok(Bytes::from_static(b"{\"model\": "));
            let broken = Err(std::io::Error::other("cut off, as asked"));
            return Body::from_stream(stream::iter([half, broken])).into_response();
        }
        _ => {}
    }
    Json(reply.end(&reply.content)).into_response()
}
