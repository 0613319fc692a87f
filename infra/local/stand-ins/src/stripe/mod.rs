//! A stand-in for Stripe: the calls we make, pages to pay at and to manage a subscription, and signed webhooks for what happens there.
//!
//! Objects have the shapes of the API version in use, so that Stripe's own client libraries read them. Nobody pays anything: a button
//! says "pay", and no card is asked for.

mod act;
mod api;
mod control;
mod deliver;
mod form;
mod objects;
mod page;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::act::Act;
pub use self::deliver::sign;
pub use crate::messages::Fault;
use crate::messages::Faults;
use crate::server::Server;

/// How many requests are kept; older ones go first.
const KEPT: usize = 1_000;

/// The key that the stand-in takes, like any other that begins with `sk_` or `rk_`.
pub const API_KEY: &str = "sk_test_local";
/// The secret that it signs webhooks with.
pub const WEBHOOK_SECRET: &str = "whsec_local";

/// How a stand-in behaves.
#[derive(Clone)]
pub struct Options {
    /// Where customers, prices and subscriptions are kept from run to run; in memory only without it.
    pub file: Option<PathBuf>,
    /// Whether what is offered by default is for sale from the start; else `asknpic stripe sync` has to make it.
    pub offers: bool,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self { file: None, offers: true, clock: Arc::new(SystemTime::now) }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Options").field("file", &self.file).field("offers", &self.offers).finish_non_exhaustive()
    }
}

/// A call as it came, for assertions about what Stripe would have learned.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// Such as `POST`.
    pub method: String,
    /// Such as `/v1/customers`.
    pub path: String,
    /// Query or form, as nested objects.
    pub parameters: Value,
    /// The header `Stripe-Version`.
    pub version: String,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
}

/// A running stand-in. It stops when it is dropped.
#[derive(Debug)]
pub struct Stripe {
    server: Server,
    state: Arc<State>,
}

impl Stripe {
    /// Serves on `listen`; port 0 picks a free one.
    ///
    /// # Errors
    /// The address is in use, or the file is not what an earlier run has written.
    pub fn start(listen: SocketAddr, options: &Options) -> std::io::Result<Self> {
        let state = Arc::new(State::load(options)?);
        let routes = Router::new()
            .merge(api::admitted(&state, api::routes()))
            .merge(control::routes())
            .merge(page::routes())
            .layer(DefaultBodyLimit::max(1024 * 1024))
            .with_state(Arc::clone(&state));
        let server = Server::start("stripe", listen, routes)?;
        state.lock().url = format!("http://{}", server.addr());
        Ok(Self { server, state })
    }

    /// Its base URL, to be given where Stripe's would be.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.addr())
    }

    /// Sends webhooks to this address from now on, signed with [`WEBHOOK_SECRET`].
    pub fn deliver_to(&self, url: impl Into<String>) {
        self.state.lock().endpoint = Some(url.into());
    }

    /// What it is to do wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// The last 1,000 calls, oldest first. Refused ones are among them.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.lock().requests.iter().cloned().collect()
    }
}

/// What the handlers share.
struct State {
    kept: Mutex<Kept>,
    faults: Faults,
    options: Options,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("options", &self.options).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Kept {
    /// Every object by its id.
    objects: BTreeMap<String, Value>,
    /// Of idempotent requests: what was sent, and the answer.
    answers: HashMap<String, (Value, Value)>,
    requests: VecDeque<Recorded>,
    endpoint: Option<String>,
    url: String,
}

impl State {
    fn load(options: &Options) -> std::io::Result<Self> {
        let objects = match options.file.as_ref().map(std::fs::read) {
            Some(Ok(bytes)) => serde_json::from_slice(&bytes)?,
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => BTreeMap::new(),
        };
        let state =
            Self { kept: Mutex::new(Kept { objects, ..Kept::default() }), faults: Faults::default(), options: options.clone() };
        state.set_up();
        if options.offers {
            state.offer();
        }
        Ok(state)
    }

    /// The portal's default configuration, which at Stripe somebody has to save once in the dashboard.
    fn set_up(&self) {
        let mut kept = self.lock();
        if kept.get("billing_portal.configuration", "bpc_local").is_none() {
            kept.put(json!({
                "id": "bpc_local", "object": "billing_portal.configuration", "active": true, "created": self.now(), "features": {},
                "is_default": true, "livemode": false, "business_profile": {}, "default_return_url": null, "metadata": {},
            }));
        }
    }

    /// Puts up for sale what is offered by default and is not there yet.
    fn offer(&self) {
        let now = self.now();
        let mut kept = self.lock();
        for (item, name, cents) in domain::stripe::OFFERS {
            let is_there = kept.of("price").any(|price| price["lookup_key"] == item.lookup_key());
            if !is_there {
                let product = objects::product(&format!("asknpic_{}", item.to_string().replace('-', "_")), name, now);
                let price = objects::price(&product, item, cents, now);
                kept.put(product);
                kept.put(price);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since 1970.
    fn now(&self) -> u64 {
        let since = (self.options.clock)().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs())
    }

    /// Writes the objects to their file. What cannot be written is lost with the process, as without a file.
    fn save(&self) {
        let Some(file) = &self.options.file else { return };
        let text = json!(self.lock().objects).to_string();
        if let Err(error) = std::fs::write(file, text) {
            eprintln!("stripe stand-in: {}: {error}", file.display());
        }
    }

    fn record(&self, request: Recorded) {
        let mut kept = self.lock();
        if kept.requests.len() == KEPT {
            kept.requests.pop_front();
        }
        kept.requests.push_back(request);
    }
}

impl Kept {
    fn put(&mut self, object: Value) -> Value {
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        self.objects.insert(id, object.clone());
        object
    }

    /// The objects of a kind, such as `customer`.
    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.values().filter(move |object| object["object"] == kind)
    }

    fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        self.objects.get(id).filter(|object| object["object"] == kind)
    }
}

/// A new id: unlike any of an earlier run, for the databases remember those.
fn id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}
