//! What the components and `asknpic stripe sync` have to agree on about the Stripe account.

use crate::billing::{Item, PaidPlan};

/// The version of Stripe's API that requests are made in, and that the webhook endpoint sends its events in.
pub const VERSION: &str = "2026-10-28.endive";

/// The key in the metadata of prices and Checkout sessions whose value names the [`crate::billing::Item`].
pub const ITEM_METADATA: &str = "asknpic_item";

/// What is offered by default: item, the product's name, and its price in euro cents, tax included. Packs are dearer by the token
/// than plans, and cheaper the larger they are.
pub const OFFERS: [(Item, &str, i64); 6] = [
    (Item::Plan(PaidPlan::Starter), "Ask N Pic Starter", 900),
    (Item::Plan(PaidPlan::Pro), "Ask N Pic Pro", 2_900),
    (Item::Plan(PaidPlan::Agency), "Ask N Pic Agency", 9_900),
    (Item::Credits(100_000), "Ask N Pic: 100,000 tokens", 300),
    (Item::Credits(500_000), "Ask N Pic: 500,000 tokens", 1_200),
    (Item::Credits(2_000_000), "Ask N Pic: 2,000,000 tokens", 4_000),
];

/// The path of the webhook endpoint.
pub const WEBHOOK_PATH: &str = "/v1/stripe/webhook";

/// The types of events that the endpoint asks for. Failures are among them for the trace only: what they mean for a subscription
/// comes as a state of the subscription.
pub const EVENTS: [&str; 19] = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "refund.created",
    "refund.failed",
    "refund.updated",
];
