//! What Stripe delivers: each statement records the event and applies it, once.

use domain::billing::{Item, PaidPlan, Status};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    StripeEventIgnore<'a> for [Billing] returns { outcome: Recorded }:
        "select api.stripe_event_ignore" => (
            now: Timestamp, event: &'a str, event_type: &'a str, created: Timestamp, outcome: Recorded
        );
    StripeSubscription<'a> for [Billing] returns { outcome: Recorded }:
        "select api.stripe_subscription" => (
            now: Timestamp, event: &'a str, event_type: &'a str, created: Timestamp, customer: &'a str,
            subscription: &'a str, rank: i16, status: &'a str, plan: Option<&'a str>, entitled: bool,
            period_end: Option<Timestamp>, ends: bool
        );
    StripeMoney<'a> for [Billing] returns { outcome: Recorded }:
        "select api.stripe_money" => (
            now: Timestamp, event: &'a str, event_type: &'a str, created: Timestamp, customer: Option<&'a str>, id: &'a str,
            kind: &'a str, payment: Option<&'a str>, subscription: Option<&'a str>, item: Option<String>, amount: i64,
            tax: i64, currency: &'a str, grant: Uuid, refund: Uuid
        );
}

/// An event's own data.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// `evt_…`.
    pub id: &'a str,
    /// Such as `invoice.paid`.
    pub kind: &'a str,
    /// When it happened, in whole seconds.
    pub created: Timestamp,
}

names! {
    /// What became of an event. Each is an answer of 200: Stripe need not send it again.
    pub enum Recorded {
        /// It was delivered before, and changed nothing now.
        Duplicate = "duplicate",
        /// It counts.
        Applied = "applied",
        /// It is of a type that nothing here depends on.
        Ignored = "ignored",
        /// Its customer is none of ours.
        UnknownCustomer = "unknown-customer",
        /// Its customer's account was erased: money's record is kept, and nothing comes back.
        ErasedCustomer = "erased-customer",
        /// It is of Stripe's other mode, test or live.
        OtherMode = "other-mode",
    }
}

impl Recorded {
    /// The name, for logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        crate::value::Name::text(self)
    }
}

/// Records an event that changes nothing; `reason` is [`Recorded::Ignored`] or [`Recorded::OtherMode`].
///
/// # Errors
/// As for any statement.
pub async fn ignore(database: &Database, now: Timestamp, event: Envelope<'_>, reason: Recorded) -> Result<Recorded, Error> {
    database
        .row(StripeEventIgnore { now, event: event.id, event_type: event.kind, created: event.created, outcome: reason })
        .await?
        .take()
}

/// A state of a subscription.
#[derive(Debug)]
pub struct SubscriptionState<'a> {
    /// `cus_…`.
    pub customer: &'a str,
    /// `sub_…`.
    pub subscription: &'a str,
    /// Its place among states of the same second.
    pub rank: i16,
    /// The state.
    pub status: Status,
    /// What is paid for, if it is ours.
    pub plan: Option<PaidPlan>,
    /// Whether the state gives the plan.
    pub entitled: bool,
    /// Until when is paid.
    pub period_end: Option<Timestamp>,
    /// Whether it ends then.
    pub ends_at_period_end: bool,
}

/// Records a state of a subscription, and what follows from it for the tenant's plan.
///
/// # Errors
/// As for any statement.
pub async fn subscription(
    database: &Database,
    now: Timestamp,
    event: Envelope<'_>,
    state: SubscriptionState<'_>,
) -> Result<Recorded, Error> {
    database
        .row(StripeSubscription {
            now,
            event: event.id,
            event_type: event.kind,
            created: event.created,
            customer: state.customer,
            subscription: state.subscription,
            rank: state.rank,
            status: state.status.name(),
            plan: state.plan.map(PaidPlan::name),
            entitled: state.entitled,
            period_end: state.period_end,
            ends: state.ends_at_period_end,
        })
        .await?
        .take()
}

/// A movement of money.
#[derive(Debug)]
pub struct Money<'a> {
    /// `cus_…`; neither a dispute nor a single refund names it.
    pub customer: Option<&'a str>,
    /// Of the record.
    pub record: &'a str,
    /// `invoice`, `pack`, `refund`, `refund-made`, `refund-failed`, `dispute` or `dispute-won`.
    pub kind: &'a str,
    /// `pi_…`.
    pub payment: Option<&'a str>,
    /// `sub_…`.
    pub subscription: Option<&'a str>,
    /// Of a pack.
    pub item: Option<Item>,
    /// In the currency's smallest unit, tax included.
    pub amount: i64,
    /// In the same unit.
    pub tax: i64,
    /// ISO 4217, lower case.
    pub currency: &'a str,
}

/// Records a movement of money, and what follows from it for the tenant's credits. `ids` are of the ledger's rows: the grant of a
/// pack, and what a refund takes back.
///
/// # Errors
/// As for any statement.
pub async fn money(
    database: &Database,
    now: Timestamp,
    event: Envelope<'_>,
    money: Money<'_>,
    ids: [Uuid; 2],
) -> Result<Recorded, Error> {
    let [grant, refund] = ids;
    database
        .row(StripeMoney {
            now,
            event: event.id,
            event_type: event.kind,
            created: event.created,
            customer: money.customer,
            id: money.record,
            kind: money.kind,
            payment: money.payment,
            subscription: money.subscription,
            item: money.item.map(|item| item.to_string()),
            amount: money.amount,
            tax: money.tax,
            currency: money.currency,
            grant,
            refund,
        })
        .await?
        .take()
}
