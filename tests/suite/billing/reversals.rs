//! Money that goes back: every claim with every refund, told in any order, and the credits that are left.

use asknpic_local::stripe::API_KEY;
use e2e::payments::of_type;
use e2e::{Need, Person, World};
use http::Method;
use serde_json::{Value, json};

use super::order::{Dice, forget};

const NEEDS: [Need; 2] = [Need::Stripe, Need::OwnDatabases];
/// What a pack of 100,000 tokens costs, in cents.
const PRICE: i64 = 300;

/// Makes something happen; what is told of it.
async fn act(world: &World, act: Value) -> Vec<Value> {
    world.stripe().act(&act).await
}

/// Refunds, in cents, of which the first fails where the story says so; what of the price stays refunded.
async fn refunds(world: &World, payment: &str, amounts: &[i64], first_fails: bool) -> (Vec<Value>, i64) {
    let (mut events, mut refunded) = (Vec::new(), 0);
    for (number, amount) in amounts.iter().enumerate() {
        let made = act(world, json!({ "act": "refund", "payment": payment, "amount": amount })).await;
        let refund = of_type(&made, "refund.created")["data"]["object"]["id"].clone();
        events.extend(made);
        if number == 0 && first_fails {
            events.extend(act(world, json!({ "act": "fail_refund", "refund": refund })).await);
        } else {
            refunded += amount;
        }
    }
    (events, refunded)
}

/// A claim: whether it begins as an inquiry, whether that becomes a claim, and how it ends; what of the price the bank keeps.
async fn claim(world: &World, payment: &str, inquiry: bool, escalates: bool, won: Option<bool>) -> (Vec<Value>, i64) {
    let mut events = act(world, json!({ "act": "dispute", "payment": payment, "inquiry": inquiry })).await;
    let dispute = of_type(&events, "charge.dispute.created")["data"]["object"]["id"].clone();
    if escalates {
        events.extend(act(world, json!({ "act": "escalate", "dispute": dispute })).await);
    }
    if let Some(won) = won {
        events.extend(act(world, json!({ "act": "decide", "dispute": dispute, "won": won })).await);
    }
    let taken = (!inquiry || escalates) && won != Some(true);
    (events, if taken { PRICE } else { 0 })
}

async fn credits(world: &World, person: &Person) -> i64 {
    world.billing(person).await["credits"].as_i64().unwrap()
}

#[e2e::test]
async fn every_claim_with_every_refund_in_any_order_leaves_the_credits_that_are_paid_for() {
    let world = World::needing(&NEEDS).start().await;
    let mut dice = Dice(7);
    let claims = [
        None,
        Some((true, false, None)),
        Some((true, false, Some(false))),
        Some((true, true, Some(false))),
        Some((true, true, Some(true))),
        Some((false, false, None)),
        Some((false, false, Some(false))),
        Some((false, false, Some(true))),
    ];
    let refunded: [(&[i64], bool); 6] =
        [(&[], false), (&[150], false), (&[300], false), (&[300], true), (&[150, 150], true), (&[150, 150], false)];
    let mut seen = 0;
    for story in claims {
        // Checkouts are limited for each person.
        let person = world.person().await;
        for (amounts, first_fails) in refunded {
            let (_, mut events) = world.buy(&person, "credits-100000").await;
            let payment = of_type(&events, "checkout.session.completed")["data"]["object"]["payment_intent"].clone();
            let payment = payment.as_str().unwrap();
            let (more, refunded) = refunds(&world, payment, amounts, first_fails).await;
            events.extend(more);
            let mut claimed = 0;
            if let Some((inquiry, escalates, won)) = story {
                let (more, taken) = claim(&world, payment, inquiry, escalates, won).await;
                events.extend(more);
                claimed = taken;
            }
            events.retain(|event| domain::stripe::EVENTS.contains(&event["type"].as_str().unwrap()));
            let expected = 100_000 * (PRICE - PRICE.min(refunded + claimed)) / PRICE;
            for round in 0..5 {
                forget(&world, &person).await;
                if round > 0 {
                    dice.shuffle(&mut events);
                }
                world.deliver_all(&events).await;
                let told: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
                assert_eq!(credits(&world, &person).await, expected, "{story:?} {amounts:?} {first_fails} {told:?}");
            }
            forget(&world, &person).await;
            seen += 1;
        }
    }
    assert_eq!(seen, 48);
}

/// As an endpoint tells it that an operator made by hand, for the events of before.
#[e2e::test]
async fn refunds_that_only_their_charge_tells_of_count_as_well() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let events = world.bought(&person, "credits-100000").await;
    let payment = of_type(&events, "checkout.session.completed")["data"]["object"]["payment_intent"].clone();
    let (mut events, _) = refunds(&world, payment.as_str().unwrap(), &[150, 90], false).await;
    events.retain(|event| event["type"] == "charge.refunded");
    events.reverse();
    world.deliver_all(&events).await;
    assert_eq!(credits(&world, &person).await, 20_000);
}

#[e2e::test]
async fn a_customer_that_was_deleted_at_stripe_is_made_anew_and_the_old_ones_events_still_count() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let events = world.bought(&person, "credits-100000").await;
    let session = &of_type(&events, "checkout.session.completed")["data"]["object"];
    let (old, payment) = (session["customer"].as_str().unwrap().to_owned(), session["payment_intent"].clone());
    let deleted = world.client().call(Method::DELETE, format!("{}/v1/customers/{old}", world.stripe().url())).bearer(API_KEY);
    assert_eq!(deleted.try_send().await.unwrap().status, 200);

    world.post("/v1/billing/portal").bearer(&person.access).send().await.expect(201);
    let events = world.bought(&person, "pro").await;
    let new = of_type(&events, "customer.subscription.created")["data"]["object"]["customer"].as_str().unwrap().to_owned();
    assert_ne!(new, old);
    let overview = world.billing(&person).await;
    assert_eq!((&overview["plan"], &overview["credits"]), (&json!("pro"), &json!(100_000)));
    // One customer from now on, and what is told late of the first one's payment still finds its tenant.
    world.post("/v1/billing/portal").bearer(&person.access).send().await.expect(201);
    assert_eq!(world.count("select count(*) from billing_customers where tenant_id is not null").await, 2);
    let refunded = act(&world, json!({ "act": "refund", "payment": payment })).await;
    world.deliver_all(&refunded).await;
    assert_eq!(world.billing(&person).await["credits"], 0);
}
