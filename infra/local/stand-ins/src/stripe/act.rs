//! What people, banks and the passing of time do: each makes the events that Stripe would send.

use serde::Deserialize;
use serde_json::{Value, json};

use super::objects::{self, MONTH};
use super::{Kept, State};

/// Something that happens. As JSON: `{"act": "pay", "session": "cs_…"}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Somebody pays at a Checkout session.
    Pay {
        /// `cs_…`.
        session: String,
        /// By a means that takes days: the money comes with [`Act::Arrive`].
        #[serde(default)]
        delayed: bool,
    },
    /// The money of a delayed payment arrives, or does not.
    Arrive {
        /// `cs_…`.
        session: String,
        /// Whether it does.
        paid: bool,
    },
    /// Somebody takes another plan in the portal.
    Change {
        /// `sub_…`.
        subscription: String,
        /// `price_…`.
        price: String,
    },
    /// A month has passed.
    Renew {
        /// `sub_…`.
        subscription: String,
        /// Whether the payment succeeds.
        paid: bool,
    },
    /// A payment that had failed is tried again and succeeds.
    Recover {
        /// `sub_…`.
        subscription: String,
    },
    /// Stripe has tried often enough.
    GiveUp {
        /// `sub_…`.
        subscription: String,
    },
    /// The subscription is cancelled.
    Cancel {
        /// `sub_…`.
        subscription: String,
        /// For the end of what is paid, or at once.
        #[serde(default)]
        at_period_end: bool,
    },
    /// The operator pays back.
    Refund {
        /// `pi_…`.
        payment: String,
        /// Cents; all without it.
        amount: Option<i64>,
    },
    /// A refund does not arrive.
    FailRefund {
        /// `re_…`.
        refund: String,
    },
    /// A bank claims a payment back.
    Dispute {
        /// `pi_…`.
        payment: String,
        /// It asks first, and takes nothing yet.
        #[serde(default)]
        inquiry: bool,
    },
    /// An inquiry becomes a claim.
    Escalate {
        /// `dp_…`.
        dispute: String,
    },
    /// A claim is decided; an inquiry is closed.
    Decide {
        /// `dp_…`.
        dispute: String,
        /// Whether we keep the money.
        won: bool,
    },
}

/// Why something cannot happen: what it is about is not there, or not in a state for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidTransition;

impl State {
    /// Makes something happen; the events of it, in order.
    pub(super) fn act(&self, act: Act) -> Result<Vec<Value>, InvalidTransition> {
        let now = self.now();
        let events = Transition { kept: &mut self.lock(), now, events: Vec::new() }.run(act)?;
        self.save();
        Ok(events)
    }

    /// Erases a customer, and ends what it subscribed to.
    pub(super) fn erase(&self, customer: &str) -> Option<Vec<Value>> {
        let now = self.now();
        let mut kept = self.lock();
        let gone = kept.get("customer", customer)?.clone();
        let running: Vec<_> =
            kept.of("subscription").filter(|sub| sub["customer"] == customer && sub["status"] != "canceled").cloned().collect();
        let mut transition = Transition { kept: &mut kept, now, events: Vec::new() };
        for subscription in running {
            transition.end(subscription);
        }
        transition.tell("customer.deleted", &gone, None);
        let events = transition.events;
        kept.objects.remove(customer);
        drop(kept);
        self.save();
        Some(events)
    }
}

struct Transition<'a> {
    kept: &'a mut Kept,
    now: u64,
    events: Vec<Value>,
}

impl Transition<'_> {
    fn run(mut self, act: Act) -> Result<Vec<Value>, InvalidTransition> {
        match act {
            Act::Pay { session, delayed } => self.pay(self.find("checkout.session", &session)?, delayed)?,
            Act::Arrive { session, paid } => self.arrive(self.find("checkout.session", &session)?, paid)?,
            Act::Change { subscription, price } => {
                let (subscription, price) = (self.find("subscription", &subscription)?, self.find("price", &price)?);
                self.change(subscription, &price)?;
            }
            Act::Renew { subscription, paid } => self.renew(self.running(&subscription)?, paid),
            Act::Recover { subscription } => {
                let before = self.running(&subscription)?;
                self.bill(&before, true, "subscription_cycle");
                self.update(before, &[("status", json!("active"))]);
            }
            Act::GiveUp { subscription } => self.update_running(&subscription, &[("status", json!("unpaid"))])?,
            Act::Cancel { subscription, at_period_end: true } => {
                self.update_running(&subscription, &[("cancel_at_period_end", json!(true)), ("canceled_at", json!(self.now))])?;
            }
            Act::Cancel { subscription, at_period_end: false } => {
                let subscription = self.running(&subscription)?;
                self.end(subscription);
            }
            Act::Refund { payment, amount } => self.refund(&payment, amount)?,
            Act::FailRefund { refund } => self.fail_refund(&refund)?,
            Act::Dispute { payment, inquiry } => {
                let charge = self.charge_of(&payment)?;
                let mut dispute = objects::dispute(&charge, self.now);
                if inquiry {
                    dispute["status"] = "warning_needs_response".into();
                }
                let dispute = self.kept.put(dispute);
                self.tell("charge.dispute.created", &dispute, None);
            }
            Act::Escalate { dispute } => {
                let mut dispute = self.find("dispute", &dispute)?;
                let before = std::mem::replace(&mut dispute["status"], "needs_response".into());
                let dispute = self.kept.put(dispute);
                self.tell("charge.dispute.updated", &dispute, Some(json!({ "status": before })));
                self.tell("charge.dispute.funds_withdrawn", &dispute, None);
            }
            Act::Decide { dispute, won } => {
                let mut dispute = self.find("dispute", &dispute)?;
                let asked = dispute["status"].as_str().is_some_and(|status| status.starts_with("warning_"));
                dispute["status"] = if asked {
                    "warning_closed"
                } else if won {
                    "won"
                } else {
                    "lost"
                }
                .into();
                let dispute = self.kept.put(dispute);
                self.tell("charge.dispute.closed", &dispute, None);
            }
        }
        Ok(self.events)
    }

    fn find(&self, kind: &str, id: &str) -> Result<Value, InvalidTransition> {
        self.kept.get(kind, id).cloned().ok_or(InvalidTransition)
    }

    fn running(&self, id: &str) -> Result<Value, InvalidTransition> {
        self.find("subscription", id)
            .and_then(|found| if found["status"] == "canceled" { Err(InvalidTransition) } else { Ok(found) })
    }

    fn tell(&mut self, kind: &str, object: &Value, previous: Option<Value>) {
        self.events.push(objects::event(kind, object, previous, self.now));
    }

    fn pay(&mut self, mut session: Value, delayed: bool) -> Result<(), InvalidTransition> {
        if session["status"] != "open" {
            return Err(InvalidTransition);
        }
        session["status"] = "complete".into();
        session["url"] = Value::Null;
        session["customer_details"] = json!({ "email": "cardholder@example.com", "name": "Cara Cardholder", "phone": null, "tax_exempt": "none", "tax_ids": [] });
        if session["mode"] == "subscription" {
            let price = session["asknpic_price"].as_str().unwrap_or_default().to_owned();
            let price = self.find("price", &price)?;
            let subscription = self.kept.put(objects::subscription(&session["customer"], &price, self.now));
            self.tell("customer.subscription.created", &subscription, None);
            session["subscription"] = subscription["id"].clone();
            session["payment_status"] = "paid".into();
            session["invoice"] = self.bill(&subscription, true, "subscription_create");
            self.update(subscription, &[("status", json!("active"))]);
        } else {
            let amount = session["amount_total"].as_i64().unwrap_or(0);
            let mut payment = objects::payment_intent(&session["customer"], amount, self.now);
            if delayed {
                payment["status"] = "processing".into();
            } else {
                session["payment_status"] = "paid".into();
                self.charge(&mut payment);
            }
            session["payment_intent"] = self.kept.put(payment)["id"].clone();
        }
        let session = self.kept.put(session);
        self.tell("checkout.session.completed", &session, None);
        Ok(())
    }

    fn arrive(&mut self, mut session: Value, paid: bool) -> Result<(), InvalidTransition> {
        let payment = session["payment_intent"].as_str().unwrap_or_default().to_owned();
        let mut payment = self.find("payment_intent", &payment)?;
        if payment["status"] != "processing" {
            return Err(InvalidTransition);
        }
        if paid {
            session["payment_status"] = "paid".into();
            payment["status"] = "succeeded".into();
            self.charge(&mut payment);
        } else {
            payment["status"] = "requires_payment_method".into();
        }
        self.kept.put(payment);
        let session = self.kept.put(session);
        let outcome = if paid { "succeeded" } else { "failed" };
        self.tell(&format!("checkout.session.async_payment_{outcome}"), &session, None);
        Ok(())
    }

    fn charge(&mut self, payment: &mut Value) {
        let charge = self.kept.put(objects::charge(payment, self.now));
        payment["latest_charge"] = charge["id"].clone();
        self.tell("payment_intent.succeeded", payment, None);
        self.tell("charge.succeeded", &charge, None);
    }

    fn charge_of(&self, payment: &str) -> Result<Value, InvalidTransition> {
        self.kept.of("charge").find(|charge| charge["payment_intent"] == payment).cloned().ok_or(InvalidTransition)
    }

    fn change(&mut self, subscription: Value, price: &Value) -> Result<(), InvalidTransition> {
        if subscription["status"] == "canceled" || price["recurring"].is_null() {
            return Err(InvalidTransition);
        }
        let mut items = subscription["items"].clone();
        items["data"][0]["price"] = price.clone();
        let id = self.update(subscription, &[("items", items)]);
        let changed = self.find("subscription", &id)?;
        self.bill(&changed, true, "subscription_update");
        Ok(())
    }

    /// The new period begins whether or not it is paid; Stripe then tries the payment.
    fn renew(&mut self, subscription: Value, paid: bool) {
        if subscription["cancel_at_period_end"] == true {
            return self.end(subscription);
        }
        let mut items = subscription["items"].clone();
        let begins = items["data"][0]["current_period_end"].as_u64().unwrap_or(self.now);
        items["data"][0]["current_period_start"] = begins.into();
        items["data"][0]["current_period_end"] = (begins + MONTH).into();
        self.bill(&subscription, paid, "subscription_cycle");
        let status = if paid { "active" } else { "past_due" };
        self.update(subscription, &[("items", items), ("status", json!(status))]);
    }

    fn update_running(&mut self, id: &str, changes: &[(&str, Value)]) -> Result<(), InvalidTransition> {
        let subscription = self.running(id)?;
        self.update(subscription, changes);
        Ok(())
    }

    /// Changes a subscription and tells of it; its id.
    fn update(&mut self, mut subscription: Value, changes: &[(&str, Value)]) -> String {
        let previous = changes.iter().map(|(name, _)| ((*name).to_owned(), subscription[*name].clone())).collect();
        for (name, value) in changes {
            subscription[*name] = value.clone();
        }
        let subscription = self.kept.put(subscription);
        self.tell("customer.subscription.updated", &subscription, Some(previous));
        subscription["id"].as_str().unwrap_or_default().to_owned()
    }

    fn end(&mut self, mut subscription: Value) {
        subscription["status"] = "canceled".into();
        subscription["canceled_at"] = self.now.into();
        subscription["ended_at"] = self.now.into();
        let subscription = self.kept.put(subscription);
        self.tell("customer.subscription.deleted", &subscription, None);
    }

    /// An invoice for a period at the price of now, paid or not; its id.
    fn bill(&mut self, subscription: &Value, paid: bool, reason: &str) -> Value {
        let amount = subscription["items"]["data"][0]["price"]["unit_amount"].as_i64().unwrap_or(0);
        let invoice = self.kept.put(objects::invoice(subscription, amount, paid, reason, self.now));
        self.tell(if paid { "invoice.paid" } else { "invoice.payment_failed" }, &invoice, None);
        invoice["id"].clone()
    }

    fn refund(&mut self, payment: &str, amount: Option<i64>) -> Result<(), InvalidTransition> {
        let mut charge = self.charge_of(payment)?;
        let (total, before) = (charge["amount"].as_i64().unwrap_or(0), charge["amount_refunded"].as_i64().unwrap_or(0));
        let refunded = before + amount.unwrap_or(total - before);
        if refunded <= before || refunded > total {
            return Err(InvalidTransition);
        }
        charge["amount_refunded"] = refunded.into();
        charge["refunded"] = (refunded == total).into();
        let charge = self.kept.put(charge);
        let refund = self.kept.put(objects::refund(&charge, refunded - before, self.now));
        self.tell("refund.created", &refund, None);
        self.tell("charge.refunded", &charge, Some(json!({ "amount_refunded": before })));
        Ok(())
    }

    /// The money is ours again, and can be refunded once more; the charge does not tell.
    fn fail_refund(&mut self, id: &str) -> Result<(), InvalidTransition> {
        let mut refund = self.find("refund", id)?;
        let mut charge = self.charge_of(refund["payment_intent"].as_str().unwrap_or_default())?;
        let before = std::mem::replace(&mut refund["status"], "failed".into());
        let left = charge["amount_refunded"].as_i64().unwrap_or(0) - refund["amount"].as_i64().unwrap_or(0);
        if before == "failed" || left < 0 {
            return Err(InvalidTransition);
        }
        charge["amount_refunded"] = left.into();
        charge["refunded"] = false.into();
        self.kept.put(charge);
        let refund = self.kept.put(refund);
        self.tell("refund.updated", &refund, Some(json!({ "status": before })));
        self.tell("refund.failed", &refund, None);
        Ok(())
    }
}
