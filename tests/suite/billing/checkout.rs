//! Buying: Checkout and portal sessions, and what Stripe is told.

use std::time::Duration;

use asknpic_local::messages::Fault;
use asknpic_local::model::Fault as ModelFault;
use e2e::contract::GENERATION;
use e2e::events::Events;
use e2e::payments::of_type;
use e2e::{Need, Person, World};
use serde_json::{Value, json};

const NEEDS: [Need; 2] = [Need::Stripe, Need::Databases];
/// For what happens one after the other: Stripe's times are whole seconds.
const TIMED: [Need; 3] = [Need::Stripe, Need::Databases, Need::Clock];

/// Makes something happen at Stripe, a minute after what was before, and has it told.
async fn happens(world: &World, act: &Value) {
    world.advance(Duration::from_mins(1));
    world.deliver_all(&world.stripe().act(act).await).await;
}

#[e2e::test]
async fn a_plan_is_bought_upgraded_missed_and_cancelled() {
    let world = World::needing(&TIMED).start().await;
    let person = world.person().await;
    let free = world.billing(&person).await;
    assert_eq!((&free["plan"], &free["status"], &free["credits"]), (&json!("free"), &json!("none"), &json!(0)));
    assert_eq!(
        (&free["period_end"], &free["quota_today"]),
        (&Value::Null, &json!({ "quota": 20_000, "used": 0, "reserved": 0 }))
    );

    let events = world.bought(&person, "starter").await;
    let subscription = of_type(&events, "customer.subscription.created")["data"]["object"]["id"].as_str().unwrap().to_owned();
    let starter = world.billing(&person).await;
    assert_eq!((&starter["plan"], &starter["status"]), (&json!("starter"), &json!("active")));
    assert_eq!(starter["quota_today"]["quota"], 100_000);
    let end: jiff::Timestamp = starter["period_end"].as_str().unwrap().parse().unwrap();
    assert!(end > world.now());

    // Another plan is a change of the subscription that runs, never a second one.
    assert_eq!(world.checkout(&person, "starter").send().await.bad_fields(), ["item"]);
    let page = world.checkout(&person, "pro").send().await.expect(201);
    assert_eq!(page.header("location"), page.json()["url"].as_str());
    assert!(page.json()["url"].as_str().unwrap().contains("/portal/bps_"), "{}", page.text());
    let requests = world.stripe().requests().await;
    let flow = &requests.last().unwrap()["parameters"]["flow_data"];
    assert_eq!(flow["subscription_update_confirm"]["subscription"], subscription.as_str());
    let price = flow["subscription_update_confirm"]["items"]["0"]["price"].clone();
    happens(&world, &json!({ "act": "change", "subscription": subscription, "price": price })).await;
    assert_eq!(world.billing(&person).await["plan"], "pro");

    // While a payment is tried again the plan stays; when Stripe has given up it goes.
    let act = async |act: Value| happens(&world, &act).await;
    act(json!({ "act": "renew", "subscription": subscription, "paid": false })).await;
    let late = world.billing(&person).await;
    assert_eq!((&late["plan"], &late["status"]), (&json!("pro"), &json!("past_due")));
    act(json!({ "act": "recover", "subscription": subscription })).await;
    assert_eq!(world.billing(&person).await["status"], "active");
    act(json!({ "act": "renew", "subscription": subscription, "paid": false })).await;
    act(json!({ "act": "give_up", "subscription": subscription })).await;
    let given_up = world.billing(&person).await;
    assert_eq!((&given_up["plan"], &given_up["status"]), (&json!("free"), &json!("unpaid")));
    // What it does not give can be had again: in the portal, where the open invoice is paid.
    for item in ["pro", "agency"] {
        let page = world.checkout(&person, item).send().await.expect(201).json();
        assert!(page["url"].as_str().unwrap().contains("/portal/bps_"), "{page}");
    }
    let requests = world.stripe().requests().await;
    assert!(requests.last().unwrap()["parameters"]["flow_data"].is_null(), "nothing is changed of what is not paid");
    // It is over at Stripe, and nobody has told yet: a new one can be bought.
    world.advance(Duration::from_mins(1));
    let told = world.stripe().act(&json!({ "act": "cancel", "subscription": subscription })).await;
    let page = world.checkout(&person, "pro").send().await.expect(201).json();
    assert!(page["url"].as_str().unwrap().contains("/pay/cs_"), "{page}");
    world.deliver_all(&told).await;
    let over = world.billing(&person).await;
    assert_eq!((&over["plan"], &over["status"]), (&json!("free"), &json!("canceled")));

    // What was lost by it is marked (promise a48), and a new subscription can be bought.
    let marked = format!("select count(*) from tenants where id = '{}' and downgraded_at is not null", person.tenant);
    assert_eq!(world.count(&marked).await, 1);
    world.advance(Duration::from_mins(1));
    world.bought(&person, "agency").await;
    assert_eq!(world.billing(&person).await["plan"], "agency");
    assert_eq!(world.count(&marked).await, 0, "everything is accessible again");
}

#[e2e::test]
async fn a_cancellation_for_the_end_of_the_period_keeps_the_plan_until_then() {
    let world = World::needing(&TIMED).start().await;
    let person = world.person().await;
    let events = world.bought(&person, "pro").await;
    let subscription = of_type(&events, "customer.subscription.created")["data"]["object"]["id"].clone();
    let act = async |act: Value| happens(&world, &act).await;
    assert_eq!(world.billing(&person).await["ends_at_period_end"], false);
    act(json!({ "act": "cancel", "subscription": subscription, "at_period_end": true })).await;
    let ending = world.billing(&person).await;
    assert_eq!((&ending["plan"], &ending["ends_at_period_end"]), (&json!("pro"), &json!(true)));
    act(json!({ "act": "renew", "subscription": subscription, "paid": true })).await;
    assert_eq!(world.billing(&person).await["plan"], "free");
}

/// How many checkout sessions Stripe's stand-in has for a person.
async fn checkouts_of(world: &World, person: &Person) -> usize {
    let objects = world.stripe().objects().await;
    let tenant = person.tenant.to_string();
    let mine = |object: &&Value| object["object"] == "checkout.session" && object["client_reference_id"] == tenant.as_str();
    objects.as_object().unwrap().values().filter(mine).count()
}

#[e2e::test]
async fn the_same_key_is_the_same_page_and_another_body_a_conflict() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    let call = |item: &str| world.checkout(&person, item).header("idempotency-key", "mine");
    let first = call("pro").send().await.expect(201).json();
    assert_eq!(checkouts_of(&world, &person).await, 1);
    let repeats = futures::future::join_all((0..8).map(|_| call("pro").send())).await;
    for repeat in repeats {
        assert_eq!(repeat.expect(201).json(), first);
    }
    assert_eq!(checkouts_of(&world, &person).await, 1, "a repeat makes nothing");
    call("agency").send().await.problem("idempotency-conflict");
    let theirs = world.checkout(&other, "pro").header("idempotency-key", "mine").send().await.expect(201).json();
    assert_ne!(theirs, first, "a key is its user's own");
    let without = world.checkout(&person, "pro").send().await.expect(201).json();
    assert_ne!(without, first);

    // Once it is paid there is nothing to go back to.
    let session = first["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    world.stripe().act(&json!({ "act": "pay", "session": session })).await;
    call("pro").send().await.problem("content-expired");
    let customers = world.count(&format!("select count(*) from billing_customers where tenant_id = '{}'", person.tenant)).await;
    assert_eq!(customers, 1);
}

#[e2e::test]
async fn eight_first_checkouts_at_once_make_one_customer() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let all = futures::future::join_all((0..8).map(|_| world.checkout(&person, "credits-100000").send())).await;
    let mut pages: Vec<_> = all.into_iter().map(|answer| answer.expect(201).json()["url"].to_string()).collect();
    pages.sort();
    pages.dedup();
    assert_eq!(pages.len(), 8, "each without a key is one of its own");
    let objects = world.stripe().objects().await;
    let tenant = person.tenant.to_string();
    let mine = |object: &&Value| object["object"] == "customer" && object["metadata"]["tenant_id"] == tenant.as_str();
    assert_eq!(objects.as_object().unwrap().values().filter(mine).count(), 1);
}

#[e2e::test]
async fn a_stripe_that_fails_is_a_clear_5xx_and_frees_the_key() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let call = |item: &str| world.checkout(&person, item).header("idempotency-key", "mine");
    world.stripe().fault(Fault::Status { status: 500 }).await;
    call("pro").send().await.problem("unavailable");
    world.post("/v1/billing/portal").bearer(&person.access).send().await.problem("unavailable");
    let tried = world.stripe().requests().await.len();
    assert!(tried >= 6, "each call is tried three times: {tried}");
    world.stripe().fault(Fault::Status { status: 401 }).await;
    call("pro").send().await.problem("not-configured");
    assert_eq!(world.billing(&person).await["plan"], "free", "what needs no Stripe goes on");
    let left = "select (select count(*) from checkouts) + (select count(*) from checkout_keys) + (select count(*) from billing_customers)";
    if world.has(Need::OwnDatabases) {
        assert_eq!(world.count(left).await, 0);
    }
    world.stripe().behave().await;
    call("agency").send().await.expect(201);
}

#[e2e::test]
async fn what_is_not_for_sale_and_what_is_no_request() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    for item in ["", "free", "PRO", "credits", "credits-0", "credits-1.5", "credits-99999999999", "credits-7", "price_1"] {
        assert_eq!(world.checkout(&person, item).send().await.bad_fields(), ["item"], "{item}");
    }
    let checkout =
        |body: &str| world.post("/v1/billing/checkout").bearer(&person.access).text("application/json", body.to_owned());
    assert_eq!(checkout("{}").send().await.bad_fields(), ["item"]);
    assert_eq!(checkout(r#"{"item":"pro","price":"price_1"}"#).send().await.bad_fields(), ["price"]);
    checkout("{").send().await.problem("malformed-body");
    checkout(&format!(r#"{{"item":"{}"}}"#, "x".repeat(5_000))).send().await.problem("payload-too-large");
    world
        .post("/v1/billing/checkout")
        .bearer(&person.access)
        .text("text/plain", "pro")
        .send()
        .await
        .problem("unsupported-media-type");
    world.post("/v1/billing/checkout").json(&json!({ "item": "pro" })).send().await.problem("unauthenticated");
    let two = world.checkout(&person, "pro").header("idempotency-key", "a").header("idempotency-key", "b");
    two.send().await.problem("malformed-request");
    assert_eq!(checkouts_of(&world, &person).await, 0);

    let portal = || world.post("/v1/billing/portal").bearer(&person.access);
    portal().send().await.expect(201);
    portal().json(&json!({})).send().await.expect(201);
    assert_eq!(portal().json(&json!({ "customer": "cus_1" })).send().await.bad_fields(), ["customer"]);
    portal().text("text/plain", "x").send().await.problem("unsupported-media-type");
    world.post("/v1/billing/portal").send().await.problem("unauthenticated");
    world.get("/v1/billing").send().await.problem("unauthenticated");
}

#[e2e::test]
async fn checkouts_are_limited() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    for _ in 0..20 {
        world.checkout(&person, "pro").send().await.expect(201);
    }
    world.checkout(&person, "pro").send().await.problem("rate-limited");
    world.post("/v1/billing/portal").bearer(&person.access).send().await.problem("rate-limited");
    world.checkout(&other, "pro").send().await.expect(201);
}

#[e2e::test]
async fn a_refund_takes_back_what_is_unspent() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let credits = async || world.billing(&person).await["credits"].as_i64().unwrap();
    let pack = async || {
        let events = world.bought(&person, "credits-100000").await;
        of_type(&events, "checkout.session.completed")["data"]["object"]["payment_intent"].as_str().unwrap().to_owned()
    };
    let act = async |act: Value| world.deliver_all(&world.stripe().act(&act).await).await;
    let (first, second) = (pack().await, pack().await);
    assert_eq!(credits().await, 200_000);

    // 30,000 are spent, which counts against the pack that was bought first.
    let spend = format!(
        "insert into credit_ledger (id, tenant_id, created_at, tokens, kind) values (gen_random_uuid(), '{}', now(), -30000, 'spend')",
        person.tenant
    );
    world.accounts().await.batch_execute(&spend).await.unwrap();
    act(json!({ "act": "refund", "payment": first, "amount": 150 })).await;
    assert_eq!(credits().await, 120_000, "half of the money, half of the tokens");
    act(json!({ "act": "refund", "payment": first })).await;
    assert_eq!(credits().await, 100_000, "the rest of the money, and the 20,000 that are unspent");
    act(json!({ "act": "dispute", "payment": second })).await;
    assert_eq!(credits().await, 0);
    let dispute =
        world.stripe().objects().await.as_object().unwrap().values().find(|object| object["object"] == "dispute").unwrap()["id"]
            .clone();
    act(json!({ "act": "decide", "dispute": dispute, "won": true })).await;
    assert_eq!(credits().await, 100_000, "a claim that was turned down gives them back");
}

#[e2e::test]
async fn a_transfer_that_takes_days_counts_when_it_arrives() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    for (arrives, expected) in [(false, 0), (true, 500_000)] {
        let answer = world.checkout(&person, "credits-500000").send().await.expect(201).json();
        let session = answer["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let act = async |act: Value| world.deliver_all(&world.stripe().act(&act).await).await;
        act(json!({ "act": "pay", "session": session, "delayed": true })).await;
        assert_eq!(world.billing(&person).await["credits"], 0);
        act(json!({ "act": "arrive", "session": session, "paid": arrives })).await;
        assert_eq!(world.billing(&person).await["credits"], expected);
    }
}

#[e2e::test]
async fn what_a_running_generation_has_set_aside_is_neither_shown_nor_refunded() {
    let needs = [Need::Stripe, Need::OwnDatabases, Need::Clock, Need::Keys, Need::Model];
    let world = World::needing(&needs).start().await;
    let accounts = world.accounts().await;
    accounts.batch_execute("update plans set daily_tokens = 0").await.unwrap();
    // One whose generation is delivered, one whose generation comes to nothing, one whose brief turns out to be refused.
    let people = [world.person().await, world.person().await, world.person().await];
    let mut payments = Vec::new();
    for person in &people {
        let events = world.bought(person, "credits-100000").await;
        payments.push(of_type(&events, "checkout.session.completed")["data"]["object"]["payment_intent"].clone());
    }
    world.model().fault(ModelFault::Hang).await;
    let (mut streams, mut set_aside) = (Vec::new(), Vec::new());
    for person in &people {
        let brief = json!({ "brief": "a card with a leaf", "spend_credits": true });
        let mut events = Events::open(world.post("/v1/generations").bearer(&person.access).json(&brief)).await;
        assert_eq!(events.next().await.unwrap().name, "accepted");
        streams.push(events);
        let left = world.billing(person).await["credits"].as_i64().unwrap();
        assert!((1..100_000).contains(&left), "what it may cost is set aside: {left}");
        set_aside.push(100_000 - left);
    }
    let balance = async |person: &e2e::Person| {
        let sql = "select sum(tokens)::bigint from credit_ledger where tenant_id = $1";
        accounts.query_one(sql, &[&person.tenant]).await.unwrap().get::<_, i64>(0)
    };
    for ((person, payment), set_aside) in people.iter().zip(&payments).zip(&set_aside) {
        let refunded = world.stripe().act(&json!({ "act": "refund", "payment": payment })).await;
        world.deliver_all(&refunded).await;
        assert_eq!(balance(person).await, *set_aside, "the rest of the pack is taken back");
        assert_eq!(world.billing(person).await["credits"], 0);
        // The same event once more changes nothing.
        world.deliver_all(&refunded).await;
        assert_eq!(balance(person).await, *set_aside);
    }
    // It ends, and what it did not need goes too.
    let deliver = "select api.generation_deliver(created_at, id, false, '[]', 'model', '1', 1000, 500, '[]') from generations where user_id = $1";
    assert!(accounts.query_one(deliver, &[&people[0].user]).await.unwrap().get::<_, bool>(0));
    assert_eq!(balance(&people[0]).await, 0, "bought, refunded, spent, refunded");
    let spent = "select sum(tokens)::bigint from credit_ledger where tenant_id = $1 and kind = 'spend'";
    assert_eq!(accounts.query_one(spent, &[&people[0].tenant]).await.unwrap().get::<_, i64>(0), -1_500);
    accounts.execute("delete from generations where user_id = $1", &[&people[2].user]).await.unwrap();
    assert_eq!(balance(&people[2]).await, 0);
    assert_eq!(balance(&people[1]).await, set_aside[1], "another's is untouched");
    world.advance(GENERATION + Duration::from_secs(1));
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200);
    assert_eq!(balance(&people[1]).await, 0);
    assert_eq!(world.billing(&world.again(&people[1]).await).await["credits"], 0);
}
