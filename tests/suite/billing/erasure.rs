//! An erasure takes the customer at Stripe with it, and the export has what billing holds.

use e2e::payments::of_type;
use e2e::wait::until;
use e2e::{Need, World};
use serde_json::json;

#[e2e::test]
async fn an_erasure_ends_the_subscription_and_removes_the_customer_at_stripe() {
    let world = World::needing(&[Need::Stripe, Need::OwnDatabases, Need::Keys]).start().await;
    let person = world.person().await;
    let events = world.bought(&person, "pro").await;
    let subscription = of_type(&events, "customer.subscription.created")["data"]["object"].clone();
    let customer = subscription["customer"].as_str().unwrap().to_owned();
    let receipt =
        world.post("/v1/me/erasure").bearer(&person.access).json(&json!({ "confirm": true })).send().await.expect(202).json();
    let remains: Vec<_> = receipt["remains"].as_array().unwrap().iter().map(|what| what["what"].as_str().unwrap()).collect();
    assert!(remains.contains(&"billing-records"), "{receipt}");
    let path = format!("/v1/erasures/{}", receipt["erasure_id"].as_str().unwrap());
    let taken = async || {
        world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200);
        let receipt = world.get(&path).send().await.expect(200).json();
        let step = receipt["steps"].as_array().unwrap().iter().find(|step| step["name"] == "stripe").cloned();
        step.expect("a step for Stripe")["done_at"].as_str().map(str::to_owned)
    };
    until("the step at Stripe", taken).await;

    let objects = world.stripe().objects().await;
    assert!(objects[&customer].is_null(), "the customer is still there");
    assert_eq!(objects[subscription["id"].as_str().unwrap()]["status"], "canceled");
    // What Stripe has to say of it comes too late.
    let mut late = of_type(&events, "customer.subscription.updated").clone();
    late["id"] = "evt_late".into();
    world.deliver(&late).send().await.expect(200);
    assert_eq!(world.count("select count(*) from stripe_events where id = 'evt_late' and outcome = 'erased-customer'").await, 1);
    assert_eq!(world.count("select (select count(*) from tenants) + (select count(*) from subscription_states)").await, 0);
    assert_eq!(world.count("select count(*) from billing_records").await, 1);
}
