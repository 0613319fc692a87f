//! What Stripe delivers: each statement records the event and applies it, once.

use domain::billing::{Item, PaidPlan, Status};
use jiff::Timestamp;
use uuid::Uuid;

use super::parameters;
use crate::{Database, Error};

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

/// What became of an event. Each is an answer of 200: Stripe need not send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was delivered before, and changed nothing now.
    Duplicate,
    /// It counts.
    Applied,
    /// It is of a type that nothing here depends on.
    Ignored,
    /// Its customer is none of ours.
    UnknownCustomer,
    /// Its customer's account was erased: money's record is kept, and nothing comes back.
    ErasedCustomer,
    /// It is of Stripe's other mode, test or live.
    OtherMode,
}

impl Recorded {
    const ALL: [Self; 6] =
        [Self::Duplicate, Self::Applied, Self::Ignored, Self::UnknownCustomer, Self::ErasedCustomer, Self::OtherMode];

    /// The name, for logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::UnknownCustomer => "unknown-customer",
            Self::ErasedCustomer => "erased-customer",
            Self::OtherMode => "other-mode",
        }
    }

    fn take(mut row: crate::value::Row) -> Result<Self, Error> {
        let name: String = row.take()?;
        Self::ALL.into_iter().find(|outcome| outcome.name() == name).ok_or(Error::Decode)
    }
}

/// Records an event that changes nothing; `reason` is [`Recorded::Ignored`] or [`Recorded::OtherMode`].
///
/// # Errors
/// As for any statement.
pub async fn ignore(database: &Database, now: Timestamp, event: Envelope<'_>, reason: Recorded) -> Result<Recorded, Error> {
    let parameters = parameters![now, event.id, event.kind, event.created, reason.name()];
    Recorded::take(database.row("select stripe_event_ignore($1, $2, $3, $4, $5)", parameters).await?)
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
    let parameters = parameters![
        now,
        event.id,
        event.kind,
        event.created,
        state.customer,
        state.subscription,
        state.rank,
        state.status.name(),
        state.plan.map(PaidPlan::name),
        state.entitled,
        state.period_end,
        state.ends_at_period_end,
    ];
    let sql = "select stripe_subscription($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    Recorded::take(database.row(sql, parameters).await?)
}

/// A movement of money.
#[derive(Debug)]
pub struct Money<'a> {
    /// `cus_…`; a dispute does not name it.
    pub customer: Option<&'a str>,
    /// Of the record.
    pub record: &'a str,
    /// `invoice`, `pack`, `refund`, `dispute` or `dispute-won`.
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
    let parameters = parameters![
        now,
        event.id,
        event.kind,
        event.created,
        money.customer,
        money.record,
        money.kind,
        money.payment,
        money.subscription,
        money.item.map(|item| item.to_string()),
        money.amount,
        money.tax,
        money.currency,
        grant,
        refund,
    ];
    let sql = "select stripe_money($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    Recorded::take(database.row(sql, parameters).await?)
}
