//! Billing: the overview, checkouts, the Stripe customer, gift codes.

use domain::{Email, Language, SessionId, TenantId, UserId, limits::Limit};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    BillingRead for [Billing]:
        "select plan, status, period_end, ends_at_period_end, credits, quota, used, reserved from api.billing_read" => (
            now: Timestamp, session: SessionId, user: UserId
        );
    CheckoutBegin<'a> for [Billing] returns { outcome: CheckoutBeginOutcome }:
        "select outcome, wait, checkout_id, tenant_id, email, language, customer, subscription, session from \
         api.checkout_begin" => (
            now: Timestamp, session: SessionId, user: UserId, id: Uuid, key: Option<&'a str>, body: Option<&'a str>,
            key_expires: Timestamp, limit_key: String, limit_max: i32, limit_seconds: i32
        );
    BillingCustomerLink<'a> for [Billing]:
        "select api.billing_customer_link" => (now: Timestamp, tenant: TenantId, customer: &'a str, instead: Option<&'a str>);
    CheckoutDone<'a> for [Billing]:
        "select api.checkout_done" => (id: Uuid, session: &'a str);
    CheckoutFail for [Billing]:
        "select api.checkout_fail" => (id: Uuid);
    GiftRedeem<'a> for [Billing] returns { outcome: GiftRedeemOutcome }:
        "select outcome, wait, kind, ends_at from api.gift_redeem" => (
            now: Timestamp, session: SessionId, user: UserId, code: &'a [u8], keys: Vec<String>, max: Vec<i32>,
            seconds: Vec<i32>, id: Uuid
        );
}

names! {
    enum CheckoutBeginOutcome {
        Unauthenticated = "unauthenticated",
        Conflict = "conflict",
        Rate = "rate",
        Begun = "begun",
    }
}

names! {
    enum GiftRedeemOutcome {
        Unauthenticated = "unauthenticated",
        Rate = "rate",
        Invalid = "invalid",
        Redeemed = "redeemed",
    }
}

/// What a tenant has and owes.
#[derive(Debug)]
pub struct Overview {
    /// The plan in force.
    pub plan: String,
    /// The subscription's state as Stripe names it, `gift` for a plan given by a code, `none` without either.
    pub status: String,
    /// Until when the plan is paid or given.
    pub period_end: Option<Timestamp>,
    /// Whether it ends then.
    pub ends_at_period_end: bool,
    /// Tokens left of what was bought or given.
    pub credits: i64,
    /// Tokens a day.
    pub quota: i64,
    /// Of those, used today.
    pub used: i64,
    /// Of those, set aside for what runs.
    pub reserved: i64,
}

/// The overview of the bearer's tenant; `None` where the session has ended.
///
/// # Errors
/// As for any statement.
pub async fn overview(database: &Database, now: Timestamp, session: SessionId, user: UserId) -> Result<Option<Overview>, Error> {
    let Some(mut row) = database.rows(BillingRead { now, session, user }).await?.into_iter().next() else { return Ok(None) };
    Ok(Some(Overview {
        plan: row.take()?,
        status: row.take()?,
        period_end: row.take()?,
        ends_at_period_end: row.take()?,
        credits: row.take()?,
        quota: row.take()?,
        used: row.take()?,
        reserved: row.take()?,
    }))
}

/// A request for a checkout.
#[derive(Debug)]
pub struct Begin<'a> {
    /// The bearer's session.
    pub session: SessionId,
    /// The bearer.
    pub user: UserId,
    /// The new checkout's id, where the key has begun none.
    pub id: Uuid,
    /// Keyed hashes of idempotency key and body.
    pub key: Option<(&'a str, &'a str)>,
    /// When the key is forgotten.
    pub key_expires: Timestamp,
    /// Keyed hash of the bearer, for the limit on checkouts.
    pub limit: (Limit, &'a str),
}

/// What became of a request for a checkout.
#[derive(Debug)]
pub enum Begun {
    /// The session has ended.
    Unauthenticated,
    /// The key was used with another body.
    Conflict,
    /// Too many; seconds to wait.
    Rate(i32),
    /// It may go on.
    Begun(Box<Checkout>),
}

/// A checkout on its way.
#[derive(Debug)]
pub struct Checkout {
    /// Ours; an earlier request's where the key was used before.
    pub id: Uuid,
    /// Who pays.
    pub tenant: TenantId,
    /// Where receipts go.
    pub email: Email,
    /// Of Stripe's page.
    pub language: Language,
    /// `cus_…`, where there is one already.
    pub customer: Option<String>,
    /// `sub_…` of a subscription that runs.
    pub subscription: Option<String>,
    /// `cs_…`, where Stripe has answered an earlier request.
    pub session: Option<String>,
}

/// Begins a checkout, or finds the one that the same key has begun.
///
/// # Errors
/// As for any statement.
pub async fn begin(database: &Database, now: Timestamp, begin: Begin<'_>) -> Result<Begun, Error> {
    let (limit, limit_key) = begin.limit;
    let mut row = database
        .row(CheckoutBegin {
            now,
            session: begin.session,
            user: begin.user,
            id: begin.id,
            key: begin.key.map(|(key, _)| key),
            body: begin.key.map(|(_, body)| body),
            key_expires: begin.key_expires,
            limit_key: format!("{}:{limit_key}", limit.name),
            limit_max: limit.max,
            limit_seconds: limit.seconds,
        })
        .await?;
    let (outcome, wait) = (row.take::<CheckoutBeginOutcome>()?, row.take::<Option<i32>>()?);
    match outcome {
        CheckoutBeginOutcome::Unauthenticated => Ok(Begun::Unauthenticated),
        CheckoutBeginOutcome::Conflict => Ok(Begun::Conflict),
        CheckoutBeginOutcome::Rate => Ok(Begun::Rate(wait.unwrap_or(1))),
        CheckoutBeginOutcome::Begun => Ok(Begun::Begun(Box::new(Checkout {
            id: row.take()?,
            tenant: row.take_id()?,
            email: Email::parse(&row.take::<String>()?).map_err(|_| Error::Decode)?,
            language: Language::from_tag(&row.take::<String>()?).unwrap_or_default(),
            customer: row.take()?,
            subscription: row.take()?,
            session: row.take()?,
        }))),
    }
}

/// Links a Stripe customer with its tenant, which had none, or `instead`. The customer to use, which is another where one came first; `None` where the tenant is
/// gone, and the customer must go too.
///
/// # Errors
/// As for any statement.
pub async fn link_customer(
    database: &Database,
    now: Timestamp,
    tenant: TenantId,
    customer: &str,
    instead: Option<&str>,
) -> Result<Option<String>, Error> {
    database.row(BillingCustomerLink { now, tenant, customer, instead }).await?.take()
}

/// Notes the session that Stripe has made of a checkout.
///
/// # Errors
/// As for any statement.
pub async fn done(database: &Database, id: Uuid, session: &str) -> Result<bool, Error> {
    database.row(CheckoutDone { id, session }).await?.take()
}

/// Forgets a checkout that came to nothing; its idempotency key is free again.
///
/// # Errors
/// As for any statement.
pub async fn fail(database: &Database, id: Uuid) -> Result<bool, Error> {
    database.row(CheckoutFail { id }).await?.take()
}

/// A gift code that is tried.
#[derive(Debug)]
pub struct Redemption<'a> {
    /// The bearer's session.
    pub session: SessionId,
    /// The bearer.
    pub user: UserId,
    /// Keyed hash of the code.
    pub code: &'a [u8],
    /// Limits with the keyed hashes they count.
    pub limits: &'a [(Limit, String)],
    /// Of the grant.
    pub id: Uuid,
}

/// What became of a gift code.
#[derive(Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The session has ended.
    Unauthenticated,
    /// A limit is reached; seconds to wait.
    Rate(i32),
    /// Unknown, used or expired.
    Invalid,
    /// It gave this: the kind, and until when a plan is given.
    Redeemed(String, Option<Timestamp>),
}

/// Redeems a gift code once.
///
/// # Errors
/// As for any statement.
pub async fn redeem(database: &Database, now: Timestamp, redemption: Redemption<'_>) -> Result<Redeemed, Error> {
    let limits = redemption.limits;
    let keys: Vec<String> = limits.iter().map(|(limit, key)| format!("{}:{key}", limit.name)).collect();
    let max: Vec<i32> = limits.iter().map(|(limit, _)| limit.max).collect();
    let seconds: Vec<i32> = limits.iter().map(|(limit, _)| limit.seconds).collect();
    let mut row = database
        .row(GiftRedeem {
            now,
            session: redemption.session,
            user: redemption.user,
            code: redemption.code,
            keys,
            max,
            seconds,
            id: redemption.id,
        })
        .await?;
    let (outcome, wait) = (row.take::<GiftRedeemOutcome>()?, row.take::<Option<i32>>()?);
    match outcome {
        GiftRedeemOutcome::Unauthenticated => Ok(Redeemed::Unauthenticated),
        GiftRedeemOutcome::Rate => Ok(Redeemed::Rate(wait.unwrap_or(1))),
        GiftRedeemOutcome::Invalid => Ok(Redeemed::Invalid),
        GiftRedeemOutcome::Redeemed => Ok(Redeemed::Redeemed(row.take()?, row.take()?)),
    }
}
