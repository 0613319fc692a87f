//! What the components and `asknpic stripe sync` have to agree on about the Stripe account.

/// The version of Stripe's API that requests are made in, and that the webhook endpoint sends its events in.
pub const VERSION: &str = "2026-10-28.endive";

/// The key in the metadata of prices and Checkout sessions whose value names the [`crate::billing::Item`].
pub const ITEM_METADATA: &str = "asknpic_item";

/// The path of the webhook endpoint.
pub const WEBHOOK_PATH: &str = "/v1/stripe/webhook";

/// The types of events that the endpoint asks for. Failures are among them for the trace only: what they mean for a subscription
/// comes as a state of the subscription.
pub const EVENTS: [&str; 13] = [
    "charge.dispute.closed",
    "charge.dispute.created",
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
];
