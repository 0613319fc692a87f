//! The events we use, reduced to what we keep of them: ids, types, times and amounts (promise a30).
//!
//! Shapes are those of [`domain::stripe::VERSION`]; what older versions had elsewhere (a subscription's period, an invoice's subscription and
//! tax) is read there too, since an endpoint that an operator made by hand may still send it.

use std::collections::HashMap;

use domain::{
    billing::{Claim, DisputeStatus, Item, PaidPlan, RefundStatus, Status, rank},
    stripe::ITEM_METADATA,
};
use jiff::Timestamp;
use serde::{Deserialize, de::IgnoredAny};

/// The most characters of an id or a type. Stripe's own are far below; longer ones are not from it.
const MAX_TEXT: usize = 255;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`.
    pub id: String,
    /// Such as `invoice.paid`.
    pub kind: String,
    /// When it happened, in whole seconds.
    pub created: Timestamp,
    /// Whether real money is meant.
    pub livemode: bool,
    /// What it says.
    pub fact: Fact,
}

/// What an event says that matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Nothing: of a type we do not use, or about something that is not ours.
    Nothing,
    /// A subscription is in a state.
    Subscription(Subscription),
    /// Money moved.
    Money(Money),
}

/// A state of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `sub_…`.
    pub id: String,
    /// `cus_…`.
    pub customer: String,
    /// The state.
    pub status: Status,
    /// Its place among states of the same second.
    pub rank: i16,
    /// What its price is for; `None` for a price that is none of ours.
    pub plan: Option<PaidPlan>,
    /// Whether the state gives the plan.
    pub entitled: bool,
    /// Until when is paid.
    pub period_end: Option<Timestamp>,
    /// Whether it ends then.
    pub ends_at_period_end: bool,
}

/// What money moved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyKind {
    /// A month of a subscription, paid.
    Invoice,
    /// A pack of credits, paid.
    Pack,
    /// What of a charge has been refunded, in all so far.
    Refund,
    /// A single refund.
    RefundMade,
    /// A single refund that failed or was taken back.
    RefundFailed,
    /// What a bank has claimed back.
    Dispute,
    /// A claim that was turned down.
    DisputeWon,
}

impl MoneyKind {
    /// The name as stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Pack => "pack",
            Self::Refund => "refund",
            Self::RefundMade => "refund-made",
            Self::RefundFailed => "refund-failed",
            Self::Dispute => "dispute",
            Self::DisputeWon => "dispute-won",
        }
    }
}

/// A movement of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// What for.
    pub kind: MoneyKind,
    /// Of the record: the invoice, the payment of a pack, `<charge>/<refunded so far>`, the refund, `<refund>/failed`, the dispute, or
    /// `<dispute>/won`.
    pub record: String,
    /// `cus_…`; neither a dispute nor a single refund names it.
    pub customer: Option<String>,
    /// `pi_…`.
    pub payment: Option<String>,
    /// `sub_…`.
    pub subscription: Option<String>,
    /// Of a pack.
    pub item: Option<Item>,
    /// In the currency's smallest unit, tax included.
    pub amount: i64,
    /// In the same unit.
    pub tax: i64,
    /// ISO 4217, lower case.
    pub currency: String,
}

/// A body that Stripe has signed and that is none of its events, or not of the shape it documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event of the documented shape")]
pub struct Malformed;

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let envelope: Envelope<IgnoredAny> = read(body)?;
        let sound = |text: &str| !text.is_empty() && text.len() <= MAX_TEXT && text.bytes().all(|byte| byte.is_ascii_graphic());
        if envelope.object != "event" || !sound(&envelope.id) || !sound(&envelope.kind) {
            return Err(Malformed);
        }
        let fact = match envelope.kind.as_str() {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded" => read::<Envelope<Session>>(body)?.fact(),
            "customer.subscription.created" => read::<Envelope<SubscriptionObject>>(body)?.data.fact(true)?,
            "customer.subscription.updated"
            | "customer.subscription.deleted"
            | "customer.subscription.paused"
            | "customer.subscription.resumed" => read::<Envelope<SubscriptionObject>>(body)?.data.fact(false)?,
            // The second is the older name of the first; both can be sent for one payment, and make one record.
            "invoice.paid" | "invoice.payment_succeeded" => read::<Envelope<Invoice>>(body)?.data.object.fact(),
            "charge.refunded" => read::<Envelope<Charge>>(body)?.data.object.fact(),
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                read::<Envelope<Refund>>(body)?.data.object.fact()?
            }
            // Whatever has happened to it: what counts is the state that it is in.
            kind if kind.starts_with("charge.dispute.") => read::<Envelope<Dispute>>(body)?.data.object.fact()?,
            _ => Fact::Nothing,
        };
        let created = Timestamp::from_second(envelope.created).map_err(|_| Malformed)?;
        Ok(Self { id: envelope.id, kind: envelope.kind, created, livemode: envelope.livemode, fact })
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Malformed> {
    serde_json::from_slice(body).map_err(|_| Malformed)
}

#[derive(Deserialize)]
struct Envelope<T> {
    id: String,
    object: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
    data: Data<T>,
}

#[derive(Deserialize)]
struct Data<T> {
    object: T,
    #[serde(default)]
    previous_attributes: Option<Previous>,
}

/// What of an object was otherwise before an update.
#[derive(Default, Deserialize)]
struct Previous {
    #[serde(default)]
    status: Option<String>,
}

/// The id of an object that may be sent in full.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Id(String),
    Object { id: String },
}

impl Reference {
    fn id(self) -> String {
        match self {
            Self::Id(id) | Self::Object { id } => id,
        }
    }
}

fn id(reference: Option<Reference>) -> Option<String> {
    reference.map(Reference::id)
}

#[derive(Deserialize)]
struct Session {
    mode: String,
    payment_status: String,
    customer: Option<Reference>,
    payment_intent: Option<Reference>,
    amount_total: Option<i64>,
    currency: Option<String>,
    total_details: Option<TotalDetails>,
    metadata: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
struct TotalDetails {
    amount_tax: i64,
}

impl Envelope<Session> {
    fn fact(self) -> Fact {
        let session = self.data.object;
        let item = session.metadata.as_ref().and_then(|metadata| metadata.get(ITEM_METADATA)).and_then(|name| Item::parse(name));
        // A means of payment that takes days is `unpaid` at first and tells by another event; a subscription tells by its own events.
        let paid = session.mode == "payment" && session.payment_status != "unpaid";
        match (item, session.payment_intent, session.amount_total, session.currency) {
            (Some(item @ Item::Credits(_)), Some(payment), Some(amount), Some(currency)) if paid => {
                let payment = payment.id();
                Fact::Money(Money {
                    kind: MoneyKind::Pack,
                    record: payment.clone(),
                    customer: id(session.customer),
                    payment: Some(payment),
                    subscription: None,
                    item: Some(item),
                    amount,
                    tax: session.total_details.map_or(0, |details| details.amount_tax),
                    currency,
                })
            }
            _ => Fact::Nothing,
        }
    }
}

#[derive(Deserialize)]
struct SubscriptionObject {
    id: String,
    customer: Reference,
    status: String,
    cancel_at_period_end: bool,
    cancel_at: Option<i64>,
    current_period_end: Option<i64>,
    pause_collection: Option<PauseCollection>,
    items: Items,
}

#[derive(Deserialize)]
struct PauseCollection {
    behavior: String,
}

#[derive(Deserialize)]
struct Items {
    data: Vec<SubscriptionItem>,
}

#[derive(Deserialize)]
struct SubscriptionItem {
    current_period_end: Option<i64>,
    price: Price,
}

#[derive(Deserialize)]
struct Price {
    lookup_key: Option<String>,
    metadata: Option<HashMap<String, String>>,
}

impl Price {
    /// The plan by the price's metadata, which `asknpic stripe sync` writes: when a price is replaced its lookup key moves to the new
    /// one, and whoever pays the old one still has its plan.
    fn plan(&self) -> Option<PaidPlan> {
        let named = self.metadata.as_ref().and_then(|metadata| metadata.get(ITEM_METADATA)).and_then(|name| Item::parse(name));
        match named.or_else(|| self.lookup_key.as_deref().and_then(Item::from_lookup_key)) {
            Some(Item::Plan(plan)) => Some(plan),
            _ => None,
        }
    }
}

impl Data<SubscriptionObject> {
    fn fact(self, creation: bool) -> Result<Fact, Malformed> {
        let previous = self.previous_attributes.and_then(|previous| previous.status);
        self.object.fact(creation, previous.as_deref().and_then(Status::from_name))
    }
}

impl SubscriptionObject {
    fn fact(self, creation: bool, previous: Option<Status>) -> Result<Fact, Malformed> {
        // A state that Stripe has not had so far is an error: it is tried again until we know what it entitles to.
        let status = Status::from_name(&self.status).ok_or(Malformed)?;
        let withheld = self.pause_collection.is_some_and(|pause| pause.behavior == "void");
        let period_end = self.items.data.iter().find_map(|item| item.current_period_end).or(self.current_period_end);
        Ok(Fact::Subscription(Subscription {
            id: self.id,
            customer: self.customer.id(),
            status,
            rank: rank(creation, previous, status),
            plan: self.items.data.iter().filter_map(|item| item.price.plan()).max(),
            entitled: status.entitles(withheld),
            period_end: period_end.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            ends_at_period_end: self.cancel_at_period_end || self.cancel_at.is_some(),
        }))
    }
}

#[derive(Deserialize)]
struct Invoice {
    id: String,
    customer: Option<Reference>,
    amount_paid: i64,
    currency: String,
    parent: Option<Parent>,
    subscription: Option<Reference>,
    total_taxes: Option<Vec<Tax>>,
    tax: Option<i64>,
}

#[derive(Deserialize)]
struct Parent {
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Deserialize)]
struct SubscriptionDetails {
    subscription: Option<Reference>,
}

#[derive(Deserialize)]
struct Tax {
    amount: i64,
}

impl Invoice {
    fn fact(self) -> Fact {
        let parent = self.parent.and_then(|parent| parent.subscription_details).and_then(|details| id(details.subscription));
        let taxes = self.total_taxes.map(|taxes| taxes.iter().map(|tax| tax.amount).sum());
        Fact::Money(Money {
            kind: MoneyKind::Invoice,
            record: self.id,
            customer: id(self.customer),
            payment: None,
            subscription: parent.or_else(|| id(self.subscription)),
            item: None,
            amount: self.amount_paid,
            tax: taxes.or(self.tax).unwrap_or(0),
            currency: self.currency,
        })
    }
}

#[derive(Deserialize)]
struct Charge {
    id: String,
    customer: Option<Reference>,
    payment_intent: Option<Reference>,
    amount_refunded: i64,
    currency: String,
}

impl Charge {
    fn fact(self) -> Fact {
        Fact::Money(Money {
            kind: MoneyKind::Refund,
            record: format!("{}/{}", self.id, self.amount_refunded),
            customer: id(self.customer),
            payment: id(self.payment_intent),
            subscription: None,
            item: None,
            amount: self.amount_refunded,
            tax: 0,
            currency: self.currency,
        })
    }
}

#[derive(Deserialize)]
struct Dispute {
    id: String,
    payment_intent: Option<Reference>,
    amount: i64,
    currency: String,
    status: String,
}

impl Dispute {
    fn fact(self) -> Result<Fact, Malformed> {
        // As with a subscription: a state that we do not know is tried again until we know what it does.
        let kind = match DisputeStatus::from_name(&self.status).ok_or(Malformed)?.claim() {
            Claim::None => return Ok(Fact::Nothing),
            Claim::Taken => MoneyKind::Dispute,
            Claim::Returned => MoneyKind::DisputeWon,
        };
        let record = if kind == MoneyKind::DisputeWon { format!("{}/won", self.id) } else { self.id };
        Ok(Fact::Money(reversal(kind, record, self.payment_intent, self.amount, self.currency)))
    }
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    payment_intent: Option<Reference>,
    amount: i64,
    currency: String,
    status: Option<String>,
}

impl Refund {
    fn fact(self) -> Result<Fact, Malformed> {
        let status = match self.status.as_deref() {
            Some(name) => RefundStatus::from_name(name).ok_or(Malformed)?,
            None => RefundStatus::Pending,
        };
        let (kind, record) = if status.came_to_nothing() {
            (MoneyKind::RefundFailed, format!("{}/failed", self.id))
        } else {
            (MoneyKind::RefundMade, self.id)
        };
        Ok(Fact::Money(reversal(kind, record, self.payment_intent, self.amount, self.currency)))
    }
}

/// Money that went back, or came back after all.
fn reversal(kind: MoneyKind, record: String, payment: Option<Reference>, amount: i64, currency: String) -> Money {
    Money { kind, record, customer: None, payment: id(payment), subscription: None, item: None, amount, tax: 0, currency }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(kind: &str, object: &Value) -> Value {
        json!({ "id": "evt_1", "object": "event", "type": kind, "created": 1_700_000_000, "livemode": false, "data": { "object": object } })
    }

    fn fact(kind: &str, object: &Value) -> Fact {
        Event::parse(event(kind, object).to_string().as_bytes()).expect(kind).fact
    }

    fn session() -> Value {
        json!({
            "id": "cs_1", "object": "checkout.session", "mode": "payment", "payment_status": "paid", "customer": "cus_1",
            "payment_intent": "pi_1", "amount_total": 600, "currency": "eur", "total_details": { "amount_tax": 100 },
            "metadata": { "asknpic_item": "credits-500000" },
            "customer_details": { "email": "jane@example.com", "name": "Jane", "phone": "+33612345678" },
        })
    }

    fn subscription() -> Value {
        json!({
            "id": "sub_1", "object": "subscription", "customer": { "id": "cus_1", "name": "Jane" }, "status": "past_due",
            "cancel_at_period_end": false, "cancel_at": null, "pause_collection": null,
            "items": { "data": [{ "current_period_end": 1_702_592_000, "price": { "lookup_key": "asknpic-pro", "metadata": {} } }] },
        })
    }

    #[test]
    fn a_paid_pack_is_ids_amounts_and_the_item() {
        let Fact::Money(money) = fact("checkout.session.completed", &session()) else { panic!("no money") };
        assert_eq!((money.kind, money.record.as_str(), money.amount, money.tax), (MoneyKind::Pack, "pi_1", 600, 100));
        assert_eq!((money.customer.as_deref(), money.item), (Some("cus_1"), Some(Item::Credits(500_000))));
    }

    #[test]
    fn promise_a30_nothing_of_a_person_or_a_card_survives_the_reading() {
        let mut charge = json!({
            "id": "ch_1", "customer": "cus_1", "payment_intent": "pi_1", "amount_refunded": 600, "currency": "eur",
            "billing_details": { "name": "Jane", "email": "jane@example.com" },
            "payment_method_details": { "card": { "last4": "4242", "brand": "visa" } },
        });
        charge["receipt_email"] = "jane@example.com".into();
        for (kind, object) in [
            ("checkout.session.completed", session()),
            ("charge.refunded", charge),
            ("customer.subscription.updated", subscription()),
        ] {
            let text = format!("{:?}", Event::parse(event(kind, &object).to_string().as_bytes()).expect(kind));
            for personal in ["Jane", "jane@", "4242", "visa", "3361"] {
                assert!(!text.contains(personal), "{text}");
            }
        }
    }

    #[test]
    fn what_is_not_paid_yet_or_not_ours_is_nothing() {
        for (field, value) in [("payment_status", json!("unpaid")), ("mode", json!("subscription")), ("metadata", json!({}))] {
            let mut session = session();
            session[field] = value;
            assert_eq!(fact("checkout.session.completed", &session), Fact::Nothing, "{field}");
        }
        let paid = fact("checkout.session.async_payment_succeeded", &session());
        assert!(matches!(paid, Fact::Money(_)));
        for kind in ["checkout.session.async_payment_failed", "invoice.payment_failed", "customer.created", "something.new"] {
            assert_eq!(fact(kind, &json!({ "items": 5, "status": [] })), Fact::Nothing, "{kind}");
        }
    }

    #[test]
    fn a_subscription_is_its_state_plan_and_period() {
        let Fact::Subscription(state) = fact("customer.subscription.updated", &subscription()) else { panic!("no state") };
        assert_eq!((state.status, state.plan, state.entitled), (Status::PastDue, Some(PaidPlan::Pro), true));
        assert_eq!(state.customer, "cus_1");
        assert_eq!(state.period_end.map(Timestamp::as_second), Some(1_702_592_000));

        let mut moved = subscription();
        moved["items"]["data"][0]["price"] = json!({ "lookup_key": null, "metadata": { "asknpic_item": "starter" } });
        let Fact::Subscription(state) = fact("customer.subscription.updated", &moved) else { panic!("no state") };
        assert_eq!(state.plan, Some(PaidPlan::Starter), "its lookup key has moved to a newer price");

        let mut older = subscription();
        older["items"]["data"][0] = json!({ "price": { "lookup_key": "somebody-elses" } });
        older["current_period_end"] = 5.into();
        older["pause_collection"] = json!({ "behavior": "void" });
        let Fact::Subscription(state) = fact("customer.subscription.created", &older) else { panic!("no state") };
        assert_eq!((state.plan, state.entitled, state.rank), (None, false, 0));
        assert_eq!(state.period_end.map(Timestamp::as_second), Some(5));
    }

    #[test]
    fn invoices_of_this_and_older_versions_have_subscription_and_tax() {
        let newer = json!({
            "id": "in_1", "customer": "cus_1", "amount_paid": 2_900, "currency": "eur", "total_taxes": [{ "amount": 400 }, { "amount": 83 }],
            "parent": { "type": "subscription_details", "subscription_details": { "subscription": "sub_1" } },
        });
        let older = json!({ "id": "in_1", "customer": "cus_1", "amount_paid": 2_900, "currency": "eur", "tax": 483, "subscription": "sub_1" });
        for (kind, invoice) in [("invoice.paid", newer), ("invoice.payment_succeeded", older)] {
            let Fact::Money(money) = fact(kind, &invoice) else { panic!("no money") };
            assert_eq!((money.record.as_str(), money.subscription.as_deref(), money.tax), ("in_1", Some("sub_1"), 483));
        }
    }

    #[test]
    fn refunds_and_disputes_name_what_they_are_of() {
        let charge = json!({ "id": "ch_1", "customer": "cus_1", "payment_intent": { "id": "pi_1" }, "amount_refunded": 250, "currency": "eur" });
        let Fact::Money(refund) = fact("charge.refunded", &charge) else { panic!("no money") };
        assert_eq!((refund.record.as_str(), refund.payment.as_deref(), refund.amount), ("ch_1/250", Some("pi_1"), 250));
        let dispute =
            |status: &str| json!({ "id": "dp_1", "payment_intent": "pi_1", "amount": 600, "currency": "eur", "status": status });
        let Fact::Money(opened) = fact("charge.dispute.created", &dispute("needs_response")) else { panic!("no money") };
        let Fact::Money(won) = fact("charge.dispute.closed", &dispute("won")) else { panic!("no money") };
        assert_eq!((opened.record.as_str(), won.record.as_str()), ("dp_1", "dp_1/won"));
        for (kind, status) in [("closed", "lost"), ("updated", "under_review"), ("funds_withdrawn", "needs_response")] {
            assert_eq!(fact(&format!("charge.dispute.{kind}"), &dispute(status)), Fact::Money(opened.clone()), "{status}");
        }
        for status in ["warning_needs_response", "warning_under_review", "warning_closed", "prevented"] {
            assert_eq!(fact("charge.dispute.created", &dispute(status)), Fact::Nothing, "{status} takes nothing");
        }
        assert_eq!(
            Event::parse(event("charge.dispute.updated", &dispute("new_word")).to_string().as_bytes()),
            Err(Malformed),
            "to be tried again"
        );
    }

    #[test]
    fn a_refund_that_failed_is_a_fact_of_its_own() {
        let refund = |status: &str| {
            let object = json!({ "id": "re_1", "object": "refund", "charge": "ch_1", "payment_intent": "pi_1", "amount": 150,
                "currency": "eur", "status": status });
            let Fact::Money(money) = fact("refund.updated", &object) else { panic!("no money") };
            (money.kind, money.record, money.payment, money.amount)
        };
        let of = |kind, record: &str| (kind, record.to_owned(), Some("pi_1".to_owned()), 150);
        for status in ["pending", "requires_action", "succeeded"] {
            assert_eq!(refund(status), of(MoneyKind::RefundMade, "re_1"), "{status}");
        }
        for status in ["failed", "canceled"] {
            assert_eq!(refund(status), of(MoneyKind::RefundFailed, "re_1/failed"), "{status}");
        }
    }

    #[test]
    fn what_was_before_decides_within_a_second() {
        let mended = |previous: &Value| {
            let mut object = subscription();
            object["status"] = "active".into();
            let mut event = event("customer.subscription.updated", &object);
            event["data"]["previous_attributes"] = previous.clone();
            let Ok(Event { fact: Fact::Subscription(state), .. }) = Event::parse(event.to_string().as_bytes()) else {
                panic!("no state")
            };
            state.rank
        };
        let (unpaid, other) = (mended(&json!({ "status": "unpaid", "items": {} })), mended(&json!({ "cancel_at": null })));
        assert!(other < rank(false, None, Status::Unpaid) && rank(false, None, Status::Unpaid) < unpaid);
        assert_eq!(mended(&Value::Null), other);
    }

    #[test]
    fn what_is_no_event_is_malformed() {
        let good = event("customer.created", &json!({}));
        let mut bad =
            vec![json!({}), json!([]), json!("evt_1"), event("customer.subscription.updated", &json!({ "id": "sub_1" }))];
        for (field, value) in [
            ("id", json!("")),
            ("id", json!("e".repeat(256))),
            ("id", json!("a b")),
            ("object", json!("charge")),
            ("created", json!("x")),
            ("created", json!(i64::MAX)),
        ] {
            let mut event = good.clone();
            event[field] = value;
            bad.push(event);
        }
        let mut unknown = subscription();
        unknown["status"] = "dormant".into();
        bad.push(event("customer.subscription.updated", &unknown));
        for body in bad {
            assert_eq!(Event::parse(body.to_string().as_bytes()), Err(Malformed), "{body}");
        }
        assert_eq!(Event::parse(b"{"), Err(Malformed));
        assert!(Event::parse(good.to_string().as_bytes()).is_ok());
    }
}
