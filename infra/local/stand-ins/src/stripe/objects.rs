//! Objects as Stripe's API returns them, in the version that [`domain::stripe::VERSION`] names.

use domain::billing::Item;
use domain::stripe::{ITEM_METADATA, VERSION};
use serde_json::{Value, json};

use super::id;

/// A month, as the stand-in counts it.
pub(super) const MONTH: u64 = 30 * 86_400;

/// The tax in an amount that includes a fifth of it.
fn tax(amount: i64) -> i64 {
    amount - amount * 100 / 120
}

pub(super) fn list(path: &str, data: &[Value]) -> Value {
    json!({ "object": "list", "url": path, "has_more": false, "data": data })
}

pub(super) fn product(id: &str, name: &str, now: u64) -> Value {
    json!({
        "id": id, "object": "product", "active": true, "attributes": [], "created": now, "default_price": null, "description": null,
        "images": [], "livemode": false, "marketing_features": [], "metadata": {}, "name": name, "package_dimensions": null,
        "shippable": null, "statement_descriptor": null, "tax_code": null, "type": "service", "unit_label": null, "updated": now,
        "url": null,
    })
}

pub(super) fn price(product: &Value, item: Item, cents: i64, now: u64) -> Value {
    let recurring = match item {
        Item::Plan(_) => {
            json!({ "interval": "month", "interval_count": 1, "meter": null, "trial_period_days": null, "usage_type": "licensed" })
        }
        Item::Credits(_) => Value::Null,
    };
    json!({
        "id": id("price"), "object": "price", "active": true, "billing_scheme": "per_unit", "created": now, "currency": "eur",
        "custom_unit_amount": null, "livemode": false, "lookup_key": item.lookup_key(), "metadata": { ITEM_METADATA: item.to_string() },
        "nickname": null, "product": product["id"], "recurring": recurring, "tax_behavior": "inclusive", "tiers_mode": null,
        "transform_quantity": null, "type": if recurring.is_null() { "one_time" } else { "recurring" }, "unit_amount": cents,
        "unit_amount_decimal": cents.to_string(),
    })
}

pub(super) fn customer(parameters: &Value, now: u64) -> Value {
    let locales: Vec<_> =
        parameters["preferred_locales"].as_object().into_iter().flat_map(|list| list.values().cloned()).collect();
    json!({
        "id": id("cus"), "object": "customer", "address": null, "balance": 0, "created": now, "currency": null, "default_source": null,
        "delinquent": false, "description": null, "email": parameters["email"], "invoice_prefix": "LOCAL",
        "invoice_settings": { "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null },
        "livemode": false, "metadata": object(&parameters["metadata"]), "name": parameters["name"], "phone": parameters["phone"],
        "preferred_locales": locales, "shipping": null, "tax_exempt": "none", "test_clock": null,
    })
}

/// A Checkout session that waits to be paid at `url`.
pub(super) fn session(parameters: &Value, price: &Value, base: &str, now: u64) -> Value {
    let id = id("cs_test");
    let amount = price["unit_amount"].as_i64().unwrap_or(0);
    json!({
        "id": id, "object": "checkout.session", "adaptive_pricing": { "enabled": false },
        "amount_subtotal": amount, "amount_total": amount,
        "automatic_tax": { "enabled": true, "liability": { "type": "self" }, "provider": "stripe", "status": "complete" },
        "cancel_url": parameters["cancel_url"], "client_reference_id": parameters["client_reference_id"],
        "created": now, "currency": "eur", "custom_fields": [],
        "custom_text": { "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null },
        "customer": parameters["customer"], "customer_details": null, "customer_email": null,
        "discounts": [], "expires_at": now + 86_400, "invoice": null, "livemode": false, "locale": parameters["locale"],
        "metadata": object(&parameters["metadata"]), "mode": parameters["mode"], "payment_intent": null,
        "payment_method_collection": "always", "payment_method_types": ["card"], "payment_status": "unpaid",
        "phone_number_collection": { "enabled": false }, "shipping_options": [],
        "status": "open", "subscription": null, "success_url": parameters["success_url"],
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": tax(amount) }, "ui_mode": "hosted",
        "url": format!("{base}/pay/{id}"),
    })
}

pub(super) fn portal(parameters: &Value, base: &str, now: u64) -> Value {
    let id = id("bps");
    json!({
        "id": id, "object": "billing_portal.session", "configuration": "bpc_local", "created": now, "customer": parameters["customer"],
        "flow": flow(&parameters["flow_data"]), "livemode": false, "locale": parameters["locale"], "on_behalf_of": null,
        "return_url": parameters["return_url"], "url": format!("{base}/portal/{id}"),
    })
}

fn flow(data: &Value) -> Value {
    let confirm = &data["subscription_update_confirm"];
    if confirm.is_null() {
        return Value::Null;
    }
    let item = &confirm["items"]["0"];
    json!({
        "after_completion": { "hosted_confirmation": null, "redirect": null, "type": "portal_homepage" },
        "subscription_cancel": null, "subscription_update": null, "type": data["type"],
        "subscription_update_confirm": {
            "discounts": null, "subscription": confirm["subscription"],
            "items": [{ "id": item["id"], "price": item["price"], "quantity": 1 }],
        },
    })
}

pub(super) fn payment_intent(customer: &Value, amount: i64, now: u64) -> Value {
    json!({
        "id": id("pi"), "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_received": amount,
        "capture_method": "automatic_async", "confirmation_method": "automatic", "created": now, "currency": "eur",
        "customer": customer, "latest_charge": null, "livemode": false, "metadata": {}, "payment_method": id("pm"),
        "payment_method_types": ["card"], "status": "succeeded",
    })
}

/// A charge with what a real one carries of a person and a card: what reads it must leave that behind.
pub(super) fn charge(payment_intent: &Value, now: u64) -> Value {
    json!({
        "id": id("ch"), "object": "charge", "amount": payment_intent["amount"], "amount_captured": payment_intent["amount"],
        "amount_refunded": 0, "balance_transaction": id("txn"), "captured": true, "created": now, "currency": "eur",
        "billing_details": {
            "address": { "city": "Paris", "country": "FR", "line1": "5 rue de la Paix", "line2": null, "postal_code": "75002", "state": null },
            "email": "cardholder@example.com", "name": "Cara Cardholder", "phone": null, "tax_id": null,
        },
        "customer": payment_intent["customer"], "disputed": false, "livemode": false, "metadata": {}, "paid": true,
        "payment_intent": payment_intent["id"],
        "payment_method": payment_intent["payment_method"], "receipt_email": null, "receipt_url": null, "refunded": false,
        "payment_method_details": { "type": "card", "card": { "brand": "visa", "country": "FR", "exp_month": 4, "exp_year": 2031, "last4": "4242" } },
        "status": "succeeded",
    })
}

pub(super) fn subscription(customer: &Value, price: &Value, now: u64) -> Value {
    let id_ = id("sub");
    json!({
        "id": id_, "object": "subscription", "automatic_tax": { "disabled_reason": null, "enabled": true, "liability": { "type": "self" } },
        "billing_cycle_anchor": now, "billing_mode": { "type": "flexible" }, "cancel_at": null, "cancel_at_period_end": false,
        "canceled_at": null, "cancellation_details": { "comment": null, "feedback": null, "reason": null },
        "collection_method": "charge_automatically", "created": now, "currency": "eur", "customer": customer,
        "default_payment_method": null, "default_tax_rates": [], "discounts": [], "ended_at": null, "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
        "items": list("/v1/subscription_items", &[json!({
            "id": id("si"), "object": "subscription_item", "billing_thresholds": null, "created": now, "current_period_end": now + MONTH,
            "current_period_start": now, "discounts": [], "metadata": {}, "price": price, "quantity": 1, "subscription": id_, "tax_rates": [],
        })]),
        "latest_invoice": null, "livemode": false, "metadata": {},
        "pause_collection": null, "payment_settings": { "payment_method_options": null, "payment_method_types": null, "save_default_payment_method": "off" },
        "pending_invoice_item_interval": null, "start_date": now,
        "status": "incomplete", "test_clock": null, "trial_end": null, "trial_start": null,
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
    })
}

pub(super) fn invoice(subscription: &Value, amount: i64, paid: bool, reason: &str, now: u64) -> Value {
    json!({
        "id": id("in"), "object": "invoice", "amount_due": amount, "amount_paid": if paid { amount } else { 0 },
        "amount_remaining": if paid { 0 } else { amount }, "attempt_count": 1, "attempted": true, "auto_advance": !paid,
        "automatic_tax": { "enabled": true, "liability": { "type": "self" }, "provider": "stripe", "status": "complete" },
        "billing_reason": reason, "collection_method": "charge_automatically", "created": now, "currency": "eur",
        "customer": subscription["customer"], "customer_email": "cardholder@example.com", "customer_name": "Cara Cardholder",
        "customer_phone": null, "default_tax_rates": [], "discounts": [], "lines": list("/v1/invoices/lines", &[]), "livemode": false,
        "metadata": {}, "number": format!("LOCAL-{now}"), "on_behalf_of": null,
        "parent": {
            "quote_details": null, "type": "subscription_details",
            "subscription_details": { "metadata": {}, "subscription": subscription["id"] },
        },
        "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
        "period_end": now + MONTH, "period_start": now, "starting_balance": 0, "status": if paid { "paid" } else { "open" },
        "status_transitions": { "finalized_at": now, "marked_uncollectible_at": null, "paid_at": if paid { json!(now) } else { Value::Null }, "voided_at": null },
        "subtotal": amount, "total": amount,
        "total_taxes": [{ "amount": tax(amount), "tax_behavior": "inclusive", "tax_rate_details": null, "taxability_reason": "standard_rated", "taxable_amount": amount - tax(amount), "type": "tax_rate_details" }],
    })
}

pub(super) fn refund(charge: &Value, amount: i64, now: u64) -> Value {
    json!({
        "id": id("re"), "object": "refund", "amount": amount, "balance_transaction": id("txn"), "charge": charge["id"], "created": now,
        "currency": "eur", "destination_details": { "type": "card", "card": { "type": "refund" } }, "metadata": {},
        "payment_intent": charge["payment_intent"], "reason": null, "receipt_number": null, "source_transfer_reversal": null,
        "status": "succeeded", "transfer_reversal": null,
    })
}

pub(super) fn dispute(charge: &Value, now: u64) -> Value {
    json!({
        "id": id("dp"), "object": "dispute", "amount": charge["amount"], "balance_transactions": [], "charge": charge["id"], "created": now,
        "currency": "eur", "enhanced_eligibility_types": [],
        "evidence": { "customer_email_address": "cardholder@example.com", "customer_name": "Cara Cardholder" },
        "evidence_details": { "due_by": now + 7 * 86_400, "has_evidence": false, "past_due": false, "submission_count": 0 },
        "is_charge_refundable": true, "livemode": false, "metadata": {}, "payment_intent": charge["payment_intent"], "reason": "fraudulent",
        "status": "needs_response",
    })
}

pub(super) fn event(kind: &str, object: &Value, previous: Option<Value>, now: u64) -> Value {
    let mut data = json!({ "object": object });
    if let Some(previous) = previous {
        data["previous_attributes"] = previous;
    }
    json!({
        "id": id("evt"), "object": "event", "api_version": VERSION, "created": now, "data": data, "livemode": false, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null }, "type": kind,
    })
}

/// What was sent as metadata or the like; nothing is an empty object.
pub(super) fn object(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { json!({}) }
}
