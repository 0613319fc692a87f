//! Stripe's stand-in: what happens there, what it was sent, and its webhooks, which the test delivers itself.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use asknpic_local::messages::Fault;
use asknpic_local::stripe::{WEBHOOK_SECRET, sign};
use http::Method;
use serde_json::{Value, json};

use crate::http::{Call, Client};
use crate::person::Person;
use crate::world::{World, root};

/// Stripe's parameters by call, as `tests/fixtures/stripe_parameters.py` has read them from its official client.
#[derive(Debug, serde::Deserialize)]
struct Documented {
    version: String,
    parameters: BTreeMap<String, Value>,
}

static DOCUMENTED: LazyLock<Documented> = LazyLock::new(|| {
    let text = std::fs::read_to_string(root().join("tests/fixtures/stripe_parameters.json")).expect("the fixture");
    serde_json::from_str(&text).expect("a list of parameters")
});

/// The version of the API that these parameters are of.
#[must_use]
pub fn documented_version() -> &'static str {
    &DOCUMENTED.version
}

/// Parameters of a request that Stripe does not document for that call, each with its call and its place. A call that is not in the list may
/// have none.
#[must_use]
pub fn undocumented(method: &str, path: &str, parameters: &Value) -> Vec<String> {
    let call = format!("{method} {path}");
    let of_one = path.rsplit_once('/').map(|(start, _)| format!("{method} {start}/{{}}"));
    let found = DOCUMENTED.parameters.get(&call).or_else(|| DOCUMENTED.parameters.get(&of_one?));
    let mut unknown = Vec::new();
    compare(parameters, Some(found.unwrap_or(&Value::Null)), "", &mut unknown);
    unknown.into_iter().map(|place| format!("{call} {place}")).collect()
}

/// `known`: the names that there are, each with its own; `Null` for none; nothing where it is not said.
fn compare(given: &Value, known: Option<&Value>, place: &str, unknown: &mut Vec<String>) {
    let (Some(given), Some(known)) = (given.as_object(), known) else { return };
    for (name, value) in given {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        // An element of a list has the parameters of the list.
        if name.bytes().all(|byte| byte.is_ascii_digit()) && place != *name {
            compare(value, Some(known), &place, unknown);
            continue;
        }
        match known.get(name) {
            Some(inner) => compare(value, (!inner.is_null()).then_some(inner), &place, unknown),
            None => unknown.push(place),
        }
    }
}

/// The stand-in of a world.
#[derive(Clone, Debug)]
pub struct Payments {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Payments {
    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes something happen there, such as `{"act": "pay", "session": "cs_…"}`; the events that Stripe would send, in order.
    pub async fn act(&self, act: &Value) -> Vec<Value> {
        let answer = self.call(Method::POST, "/_control/act").json(act).try_send().await.expect("the stand-in");
        assert_eq!(answer.status, 200, "{act}: {}", answer.text());
        answer.json().as_array().expect("events").clone()
    }

    /// Everything it knows, by id.
    pub async fn objects(&self) -> Value {
        self.call(Method::GET, "/_control/objects").try_send().await.expect("the stand-in").json()
    }

    /// The calls it was sent, oldest first.
    pub async fn requests(&self) -> Vec<Value> {
        let answer = self.call(Method::GET, "/_control/requests").try_send().await.expect("the stand-in").json();
        answer.as_array().expect("requests").clone()
    }

    /// From now on it fails.
    pub async fn fault(&self, fault: Fault) {
        let answer = self.call(Method::PUT, "/_control/fault").json(&json!({ "fault": fault })).try_send().await;
        assert_eq!(answer.expect("the stand-in").status, 204);
    }

    /// It behaves again.
    pub async fn behave(&self) {
        assert_eq!(self.call(Method::DELETE, "/_control/fault").try_send().await.expect("the stand-in").status, 204);
    }

    fn call(&self, method: Method, path: &str) -> Call {
        self.client.call(method, format!("{}{path}", self.url))
    }
}

impl World {
    /// The request for a checkout.
    pub fn checkout(&self, person: &Person, item: &str) -> Call {
        self.post("/v1/billing/checkout").bearer(&person.access).json(&json!({ "item": item }))
    }

    /// Begins a checkout; the id of its session, and what Stripe sends when it is paid.
    pub async fn buy(&self, person: &Person, item: &str) -> (String, Vec<Value>) {
        let answer = self.checkout(person, item).send().await.expect(201).json();
        let url = answer["url"].as_str().expect("a page").to_owned();
        let session = url.rsplit('/').next().expect("an id").to_owned();
        let events = self.stripe().act(&json!({ "act": "pay", "session": session })).await;
        (session, events)
    }

    /// The request that delivers an event, signed now.
    pub fn deliver(&self, event: &Value) -> Call {
        self.deliver_bytes(event.to_string().as_bytes())
    }

    /// The request that delivers these bytes, signed now.
    pub fn deliver_bytes(&self, body: &[u8]) -> Call {
        let signature = sign(WEBHOOK_SECRET, self.now().as_second(), body);
        self.post("/v1/stripe/webhook").header("stripe-signature", &signature).text("application/json", body.to_vec())
    }

    /// Delivers events in order; each is taken.
    pub async fn deliver_all(&self, events: &[Value]) {
        for event in events {
            self.deliver(event).send().await.expect(200);
        }
    }

    /// Buys, pays and has Stripe tell us; the events.
    pub async fn bought(&self, person: &Person, item: &str) -> Vec<Value> {
        let (_, events) = self.buy(person, item).await;
        self.deliver_all(&events).await;
        events
    }

    /// The overview of a person's billing.
    pub async fn billing(&self, person: &Person) -> Value {
        self.get("/v1/billing").bearer(&person.access).send().await.expect(200).json()
    }
}

/// The first event of a type.
///
/// # Panics
/// There is none.
#[must_use]
#[track_caller]
pub fn of_type<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    events.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}
