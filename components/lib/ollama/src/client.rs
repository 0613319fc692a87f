//! The calls.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use outbound::IdleTimeout;
use serde::Serialize;
use serde_json::value::RawValue;
use spin_sdk::http::FullBody;

use crate::{Answer, Error, Finish, host, model};

/// How long the server may be silent once it has begun to write. Before, it may be loading the model or reading the prompt.
const IDLE: Duration = Duration::from_secs(30);
/// How long a question about the model may take.
const QUESTION: Duration = Duration::from_secs(5);
/// The most bytes of an answer about the model. Licences and templates come along.
const QUESTION_LIMIT: usize = 4 * 1_024 * 1_024;
/// How long the server keeps the model in memory after a call.
const KEEP_ALIVE: &str = "30m";

/// A model at a server, both checked (promise a17).
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
    model: String,
    /// The digest for which the server has shown that it runs the model itself. Where a model runs is part of what its digest is of, so the
    /// answer holds for as long as the digest does.
    shown: Arc<Mutex<Option<String>>>,
}

/// One message of a conversation.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Message<'a> {
    /// `system` or `user`.
    role: &'static str,
    content: &'a str,
}

impl<'a> Message<'a> {
    /// The instructions.
    #[must_use]
    pub fn system(content: &'a str) -> Self {
        Self { role: "system", content }
    }

    /// What the user wrote.
    #[must_use]
    pub fn user(content: &'a str) -> Self {
        Self { role: "user", content }
    }
}

/// A call of the model.
#[derive(Clone, Copy, Debug)]
pub struct Chat<'a> {
    /// The conversation.
    pub messages: &'a [Message<'a>],
    /// The JSON schema that the answer has to fit; without one it is text.
    pub format: Option<&'a RawValue>,
    /// The most tokens the model may write.
    pub num_predict: i64,
    /// Tokens of prompt and answer together. A server loads the model again when this changes.
    pub num_ctx: i64,
    /// How freely the model chooses, from 0.
    pub temperature: f64,
    /// Makes the choice repeatable.
    pub seed: Option<i64>,
    /// How long the call may take in all.
    pub deadline: Duration,
}

#[derive(Serialize)]
struct ChatBody<'a> {
    model: &'a str,
    messages: &'a [Message<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a RawValue>,
    stream: bool,
    keep_alive: &'static str,
    options: Options,
}

#[derive(Serialize)]
struct Options {
    num_predict: i64,
    num_ctx: i64,
    temperature: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
}

impl Client {
    /// Takes the server's address and the model's name. `owned` says that the operator declares the host as their own, whatever
    /// its address.
    ///
    /// # Errors
    /// [`Error::Remote`] for a host that is neither private nor declared and for a cloud model, [`Error::Unavailable`] for what is
    /// no address or no name.
    pub fn new(url: &str, name: &str, owned: bool) -> Result<Self, Error> {
        let (uri, url) = host::base(url).ok_or(Error::Unavailable)?;
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::Unavailable);
        }
        if model::is_cloud(name) || !(owned || uri.host().is_some_and(host::is_private)) {
            return Err(Error::Remote);
        }
        Ok(Self { url, model: name.to_owned(), shown: Arc::default() })
    }

    /// The server's version, for operators.
    ///
    /// # Errors
    /// [`Error`] says why there is none.
    pub async fn version(&self) -> Result<String, Error> {
        #[derive(serde::Deserialize)]
        struct Version {
            version: String,
        }
        let body = self.ask(self.get("/api/version")?).await?;
        crate::object::<Version>(&body).map(|answer| answer.version)
    }

    /// Asks the server for the model: that it is there, that it runs there, and its digest. The list of models tells all of it; a digest that is
    /// new here is asked about by itself as well.
    ///
    /// # Errors
    /// [`Error`] says why it cannot be used.
    pub async fn inspect(&self) -> Result<model::Model, Error> {
        let model = model::listed(&self.ask(self.get("/api/tags")?).await?, &self.model)?;
        let known = || self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if known().as_deref() != Some(model.digest.as_str()) {
            let question = serde_json::json!({ "model": self.model }).to_string();
            model::shown(&self.ask(self.post("/api/show", question.into())?).await?)?;
            *known() = Some(model.digest.clone());
        }
        Ok(model)
    }

    /// Calls the model and reports each piece of text as it comes. Ending early, by an error or by dropping the future, closes
    /// the connection, and Ollama then stops.
    ///
    /// # Errors
    /// [`Error`] says why there is no answer. [`Error::Timeout`] after the call's deadline or 30 to 40 seconds of silence.
    pub async fn chat(&self, chat: Chat<'_>, mut progress: impl FnMut(u64)) -> Result<(String, Finish), Error> {
        let body = serde_json::to_vec(&self.body(chat)).map_err(|_| Error::Invalid)?;
        let request = self.post("/api/chat", body.into())?;
        let deadline = chat.deadline;
        outbound::within(deadline, async {
            let response = outbound::send(request, deadline).await?;
            accept(response.status())?;
            let mut body = std::pin::pin!(response.into_body());
            let mut answer = Answer::new();
            // The first piece may take as long as the whole call.
            let mut next = body.frame().await;
            let mut idle = IdleTimeout::new(IDLE);
            while let Some(frame) = next {
                if let Ok(data) = frame.map_err(|code| Error::from(outbound::reason(&code)))?.into_data() {
                    answer.feed(&data)?;
                    progress(answer.pieces());
                }
                if answer.is_done() {
                    break;
                }
                next = idle.wait(body.frame()).await?;
            }
            answer.end()
        })
        .await?
    }

    fn body<'a>(&'a self, chat: Chat<'a>) -> ChatBody<'a> {
        ChatBody {
            model: &self.model,
            messages: chat.messages,
            format: chat.format,
            stream: true,
            keep_alive: KEEP_ALIVE,
            options: Options {
                num_predict: chat.num_predict,
                num_ctx: chat.num_ctx,
                temperature: chat.temperature,
                seed: chat.seed,
            },
        }
    }

    async fn ask(&self, request: Request<FullBody<Bytes>>) -> Result<Bytes, Error> {
        let (status, body) = outbound::call(request, QUESTION, QUESTION_LIMIT).await?;
        accept(status).map(|()| body)
    }

    fn get(&self, path: &str) -> Result<Request<FullBody<Bytes>>, Error> {
        Request::get(format!("{}{path}", self.url)).body(FullBody::new(Bytes::new())).map_err(|_| Error::Unavailable)
    }

    fn post(&self, path: &str, body: Bytes) -> Result<Request<FullBody<Bytes>>, Error> {
        Request::post(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "application/json")
            .body(FullBody::new(body))
            .map_err(|_| Error::Unavailable)
    }
}

/// Only 200 is an answer; a redirect would lead elsewhere.
fn accept(status: StatusCode) -> Result<(), Error> {
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::NOT_FOUND => Err(Error::NotFound),
        _ => Err(Error::Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a17_a_host_that_is_not_ours_has_to_be_declared() {
        assert!(Client::new("http://127.0.0.1:11434", "mistral", false).is_ok());
        assert!(Client::new("http://ollama:11434/", "mistral:7b", false).is_ok());
        assert_eq!(Client::new("https://models.example.com", "mistral", false).err(), Some(Error::Remote));
        assert!(Client::new("https://models.example.com", "mistral", true).is_ok());
        assert_eq!(Client::new("http://127.0.0.1:11434", "gpt-oss:120b-cloud", true).err(), Some(Error::Remote));
        assert_eq!(Client::new("http://127.0.0.1:11434", " ", true).err(), Some(Error::Unavailable));
        assert_eq!(Client::new("127.0.0.1:11434", "mistral", true).err(), Some(Error::Unavailable));
    }

    #[test]
    fn a_call_says_what_ollama_documents() {
        let client = Client::new("http://localhost:11434", "mistral", false).expect("a client");
        let schema = RawValue::from_string(r#"{"type":"object"}"#.to_owned()).expect("JSON");
        let messages = [Message::system("rules"), Message::user("a poster")];
        let chat = Chat {
            messages: &messages,
            format: Some(&schema),
            num_predict: 100,
            num_ctx: 8_192,
            temperature: 0.5,
            seed: None,
            deadline: Duration::from_secs(1),
        };
        let body = serde_json::to_value(client.body(chat)).expect("serializes");
        assert_eq!(
            body,
            serde_json::json!({
                "model": "mistral",
                "messages": [{ "role": "system", "content": "rules" }, { "role": "user", "content": "a poster" }],
                "format": { "type": "object" },
                "stream": true,
                "keep_alive": "30m",
                "options": { "num_predict": 100, "num_ctx": 8192, "temperature": 0.5 },
            })
        );
        let text = serde_json::to_value(client.body(Chat { format: None, ..chat })).expect("serializes");
        assert!(text.get("format").is_none(), "without a schema the answer is text");
    }

    #[test]
    fn only_200_is_an_answer() {
        assert_eq!(accept(StatusCode::OK), Ok(()));
        assert_eq!(accept(StatusCode::NOT_FOUND), Err(Error::NotFound));
        for status in
            [StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT, StatusCode::BAD_REQUEST, StatusCode::INTERNAL_SERVER_ERROR]
        {
            assert_eq!(accept(status), Err(Error::Unavailable));
        }
    }
}
