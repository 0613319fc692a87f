//! The local model: a server that speaks Ollama's HTTP API as its documentation has it, and answers with the rule-based
//! composer. Its name says that it is no language model.
//!
//! Tests make it misbehave through [`Model::faults`], or over HTTP from this machine with `PUT /_control/fault`.

mod answer;
mod chat;
mod control;
mod fault;
mod obey;
mod routes;
mod tokens;
mod translation;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

pub use self::fault::{Fault, Faults, Place};
pub use self::tokens::count as count_tokens;
use crate::server::Server;

/// How many requests are kept for assertions; older ones go first.
const KEPT: usize = 1_000;

/// What a model server is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// The model's name without its tag, which is always `latest`.
    pub name: String,
    /// Whether to keep requests, briefs and all, for [`Model::requests`]. For tests only.
    pub record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { name: "local-composer".to_owned(), record: false }
    }
}

impl Options {
    /// The default model, with its requests kept.
    #[must_use]
    pub fn recording() -> Self {
        Self { record: true, ..Self::default() }
    }
}

/// A request that the server received.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// For example `/api/chat`.
    pub path: String,
    /// The body, or `null` where it was not JSON.
    pub body: Value,
}

/// A running model server. It stops when it is dropped, cutting every stream.
#[derive(Debug)]
pub struct Model {
    server: Server,
    state: Arc<Served>,
}

impl Model {
    /// Serves on `listen`; port 0 picks a free one.
    ///
    /// # Errors
    /// The address is in use.
    pub fn start(listen: SocketAddr, options: &Options) -> std::io::Result<Self> {
        let state = Arc::new(Served::new(options));
        let server = Server::start("local-model", listen, routes::routes(Arc::clone(&state)))?;
        Ok(Self { server, state })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Its base URL, as Ollama's clients take it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// What it is to do wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// The last 1,000 requests, oldest first, if [`Options::record`] is set.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.recorded().iter().cloned().collect()
    }

    /// Forgets the requests.
    pub fn forget_requests(&self) {
        self.state.recorded().clear();
    }
}

/// What the handlers share.
#[derive(Debug)]
struct Served {
    /// With its tag: `local-composer:latest`.
    name: String,
    record: bool,
    recorded: Mutex<VecDeque<Recorded>>,
    faults: Faults,
}

impl Served {
    fn new(options: &Options) -> Self {
        Self {
            name: format!("{}:latest", options.name),
            record: options.record,
            recorded: Mutex::default(),
            faults: Faults::default(),
        }
    }

    fn recorded(&self) -> MutexGuard<'_, VecDeque<Recorded>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, path: &str, body: &[u8]) {
        if !self.record {
            return;
        }
        let mut recorded = self.recorded();
        if recorded.len() == KEPT {
            recorded.pop_front();
        }
        recorded.push_back(Recorded { path: path.to_owned(), body: serde_json::from_slice(body).unwrap_or(Value::Null) });
    }

    /// Whether a client means this model: the tag may be left out, case does not count.
    fn is_named(&self, name: &str) -> bool {
        let base = self.name.strip_suffix(":latest").unwrap_or(&self.name);
        name.eq_ignore_ascii_case(&self.name) || name.eq_ignore_ascii_case(base)
    }
}
