//! The message catcher: takes the two calls that `notify` makes to Brevo and shows what would have been sent.
//!
//! Messages stay in memory and go with the process, since they hold codes, phones and emails.

mod brevo;
mod control;
mod fault;
mod page;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

pub use self::fault::{Fault, Faults};
use crate::server::Server;

/// How many messages are kept; older ones go first.
const KEPT: usize = 1_000;

/// What a message would have gone over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// `POST /v3/transactionalSMS/send`.
    Sms,
    /// `POST /v3/smtp/email`.
    Email,
}

/// A caught message, as `GET /messages` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Ours, of the order of arrival.
    pub id: Uuid,
    /// SMS or email.
    pub channel: Channel,
    /// The phone in E.164, or the first recipient's email.
    pub to: String,
    /// Of an email.
    pub subject: Option<String>,
    /// The text, or the HTML of an email without one.
    pub text: String,
    /// When it was caught.
    pub at: jiff::Timestamp,
}

/// A call as it came, for assertions about what Brevo would have learned.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// For example `/v3/smtp/email`.
    pub path: String,
    /// The header `api-key`.
    pub api_key: String,
    /// The body, or `null` where it was not JSON.
    pub body: Value,
}

/// A running catcher. It stops when it is dropped.
#[derive(Debug)]
pub struct Catcher {
    server: Server,
    state: Arc<Caught>,
}

impl Catcher {
    /// Serves on `listen`; port 0 picks a free one.
    ///
    /// # Errors
    /// The address is in use.
    pub fn start(listen: SocketAddr) -> std::io::Result<Self> {
        let state = Arc::new(Caught::default());
        let routes = Router::new()
            .merge(brevo::routes())
            .merge(control::routes())
            .merge(page::routes())
            .layer(DefaultBodyLimit::max(1024 * 1024))
            .with_state(Arc::clone(&state));
        Ok(Self { server: Server::start("message-catcher", listen, routes)?, state })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Its base URL, to be given where Brevo's would be.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// What it is to do wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// The last 1,000 messages, newest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.state.newest_first()
    }

    /// The last 1,000 calls, oldest first, with what the messages leave out. Refused ones are among them.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.lock().requests.iter().cloned().collect()
    }

    /// Forgets messages and calls.
    pub fn clear(&self) {
        self.state.clear();
    }

    /// The newest message that `wanted` accepts, waited for up to `within`: sending is not part of the request that causes it.
    pub async fn wait_for(&self, within: Duration, wanted: impl Fn(&Message) -> bool) -> Option<Message> {
        let mut changes = self.state.changes.subscribe();
        let search = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = self.messages().into_iter().find(|message| wanted(message)) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(within, search).await.ok().flatten()
    }
}

/// What the handlers share.
#[derive(Debug)]
struct Caught {
    kept: Mutex<Kept>,
    /// Counts arrivals, for those who wait.
    changes: watch::Sender<u64>,
    faults: Faults,
    /// Brevo numbers SMS.
    next_number: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    messages: VecDeque<Message>,
    requests: VecDeque<Recorded>,
}

impl Default for Caught {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            changes: watch::Sender::new(0),
            faults: Faults::default(),
            next_number: AtomicU64::new(1_511_882_900_176_220),
        }
    }
}

impl Caught {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, request: Recorded) {
        let mut kept = self.lock();
        if kept.requests.len() == KEPT {
            kept.requests.pop_front();
        }
        kept.requests.push_back(request);
    }

    fn catch(&self, channel: Channel, to: String, subject: Option<String>, text: String) {
        let message = Message { id: Uuid::now_v7(), channel, to, subject, text, at: jiff::Timestamp::now() };
        {
            let mut kept = self.lock();
            if kept.messages.len() == KEPT {
                kept.messages.pop_front();
            }
            kept.messages.push_back(message);
        }
        self.changes.send_modify(|count| *count += 1);
    }

    fn newest_first(&self) -> Vec<Message> {
        self.lock().messages.iter().rev().cloned().collect()
    }

    fn clear(&self) {
        *self.lock() = Kept::default();
    }

    fn next_number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }
}
