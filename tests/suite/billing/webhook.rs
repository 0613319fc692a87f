//! What Stripe delivers: signatures, bad bodies, duplicates, the other mode, erased customers.

use asknpic_local::stripe::{WEBHOOK_SECRET, sign};
use e2e::http::Call;
use e2e::payments::of_type;
use e2e::{Need, World};
use serde_json::{Value, json};

const NEEDS: [Need; 2] = [Need::Stripe, Need::OwnDatabases];

fn signed_with(world: &World, body: &[u8], header: &str) -> Call {
    world.post("/v1/stripe/webhook").header("stripe-signature", header).text("application/json", body.to_vec())
}

#[e2e::test]
async fn what_stripe_has_not_signed_just_now_is_refused_and_nothing_is_written() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let (_, events) = world.buy(&person, "pro").await;
    let event = of_type(&events, "customer.subscription.updated").to_string();
    let body = event.as_bytes();
    let now = world.now().as_second();
    let good = sign(WEBHOOK_SECRET, now, body);
    let before = world.counts().await;

    let v1 = good.split_once("v1=").unwrap().1;
    let headers = [
        ("v0 only", good.replace("v1=", "v0=")),
        ("another secret", sign("whsec_other", now, body)),
        ("another time", good.replacen(&format!("t={now}"), &format!("t={}", now + 1), 1)),
        ("too old", sign(WEBHOOK_SECRET, now - 302, body)),
        ("too far ahead", sign(WEBHOOK_SECRET, now + 320, body)),
        ("no time", format!("v1={v1}")),
        ("two times", format!("t={now},{good}")),
        ("no signature", format!("t={now}")),
        ("half a signature", format!("t={now},v1={}", &v1[..32])),
        ("not hexadecimal", format!("t={now},v1={}", "g".repeat(64))),
        ("empty", String::new()),
    ];
    for (what, header) in &headers {
        let answer = signed_with(&world, body, header).send().await;
        assert_eq!(answer.status, 400, "{what}");
        answer.problem("signature-invalid");
    }
    for (what, other) in
        [("a byte more", format!("{event} ")), ("a byte less", event[..event.len() - 1].to_owned()), ("nothing", String::new())]
    {
        let answer = signed_with(&world, other.as_bytes(), &good).send().await;
        assert_eq!(answer.status, 400, "{what}");
        answer.problem("signature-invalid");
    }
    signed_with(&world, body, &good).header("stripe-signature", &good).send().await.problem("signature-invalid");
    world.deliver(&json!({})).without("stripe-signature").send().await.problem("signature-invalid");

    // Five megabytes, announced or not, signed or not.
    let large = json!({ "id": "evt_1", "padding": "x".repeat(5_000_000) }).to_string();
    world.deliver_bytes(large.as_bytes()).send().await.problem("payload-too-large");
    world.deliver_bytes(large.as_bytes()).chunked().send().await.problem("payload-too-large");
    world
        .deliver_bytes(body)
        .without("content-type")
        .header("content-type", "text/plain")
        .send()
        .await
        .problem("unsupported-media-type");
    world.deliver_bytes(body).header("content-encoding", "gzip").send().await.problem("unsupported-media-type");

    // Signed, and none of Stripe's events.
    for text in ["", "{", "[]", "null", "{}", r#"{"id":"evt_1","object":"charge"}"#, "\u{feff}{}"] {
        world.deliver_bytes(text.as_bytes()).send().await.problem("malformed-body");
    }
    assert_eq!(world.counts().await, before, "nothing was written");

    // And what is right is taken, also while Stripe signs with two secrets.
    signed_with(&world, body, &format!("t={now},v1={},v1={v1},v0={v1}", "0".repeat(64))).send().await.expect(200);
    assert_eq!(world.billing(&person).await["plan"], "pro");
}

#[e2e::test]
async fn either_of_two_secrets_is_good_while_one_is_rolled() {
    let world = World::needing(&NEEDS).variable("stripe_webhook_secret", format!("whsec_new,{WEBHOOK_SECRET}")).start().await;
    let event = |id: &str| json!({ "id": id, "object": "event", "type": "customer.created", "created": 1, "livemode": false, "data": { "object": {} } });
    world.deliver(&event("evt_old")).send().await.expect(200);
    let body = event("evt_new").to_string();
    let header = sign("whsec_new", world.now().as_second(), body.as_bytes());
    signed_with(&world, body.as_bytes(), &header).send().await.expect(200);
    assert_eq!(world.count("select count(*) from stripe_events").await, 2);
}

#[e2e::test]
async fn an_event_counts_once_however_often_it_comes() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let (_, events) = world.buy(&person, "credits-500000").await;
    let paid = of_type(&events, "checkout.session.completed");
    let all = futures::future::join_all((0..20).map(|_| world.deliver(paid).send())).await;
    assert!(all.iter().all(|answer| answer.status == 200));
    assert_eq!(world.billing(&person).await["credits"], 500_000);
    // Another event of the same payment, as after a retry that Stripe numbers anew.
    let mut again = paid.clone();
    again["id"] = "evt_again".into();
    world.deliver(&again).send().await.expect(200);
    assert_eq!(world.billing(&person).await["credits"], 500_000);
    let rows = "select (select count(*) from stripe_events) * 10 + (select count(*) from billing_records)";
    assert_eq!(world.count(rows).await, 21, "two events, one record");
}

#[e2e::test]
async fn unknown_types_other_customers_and_the_other_mode_change_nothing() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let (_, events) = world.buy(&person, "agency").await;
    let outcome = async |event: &Value| {
        world.deliver(event).send().await.expect(200);
        let id = event["id"].as_str().unwrap();
        let row = world.accounts().await.query_one("select outcome from stripe_events where id = $1", &[&id]).await.unwrap();
        row.get::<_, String>(0)
    };
    let changed = |field: &str, value: Value| {
        let mut event = of_type(&events, "customer.subscription.updated").clone();
        event["id"] = format!("evt_{field}").into();
        match field {
            "customer" => event["data"]["object"][field] = value,
            _ => event[field] = value,
        }
        event
    };
    assert_eq!(outcome(&changed("livemode", json!(true))).await, "other-mode");
    assert_eq!(outcome(&changed("customer", json!("cus_somebody_elses"))).await, "unknown-customer");
    assert_eq!(outcome(&changed("type", json!("customer.subscription.trial_will_end"))).await, "ignored");
    assert_eq!(world.billing(&person).await["plan"], "free");
    assert_eq!(outcome(of_type(&events, "customer.subscription.updated")).await, "applied");
    assert_eq!(world.billing(&person).await["plan"], "agency");
}

#[e2e::test]
async fn an_event_of_an_erased_customer_brings_nothing_back() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let (_, plan) = world.buy(&person, "pro").await;
    let (_, pack) = world.buy(&person, "credits-100000").await;
    let (early, late) = plan.split_at(2);
    world.deliver_all(early).await;
    let client = world.accounts().await;
    client.execute("delete from users where id = $1", &[&person.user]).await.unwrap();
    client.execute("delete from tenants where id = $1", &[&person.tenant]).await.unwrap();
    world.deliver_all(late).await;
    world.deliver_all(&pack).await;
    world.deliver_all(early).await;
    let left = "select (select count(*) from tenants) + (select count(*) from users) + (select count(*) from subscription_states)
                + (select count(*) from credit_ledger) + (select count(*) from checkouts)";
    assert_eq!(world.count(left).await, 0);
    let outcomes = "select count(*) from stripe_events where outcome = 'erased-customer'";
    assert_eq!(world.count(outcomes).await, 2, "a state, and a pack");
    assert_eq!(world.count("select count(*) from billing_customers where tenant_id is null").await, 1);
    assert_eq!(world.count("select count(*) from billing_records").await, 2, "the accountant's: a month and a pack");
}

#[e2e::test]
async fn a_database_that_is_down_makes_stripe_repeat() {
    let world = World::needing(&NEEDS).own_cluster().start().await;
    let person = world.person().await;
    let (_, events) = world.buy(&person, "pro").await;
    let event = of_type(&events, "customer.subscription.updated").clone();
    world.cluster().stop().await;
    let answer = world.deliver(&event).send().await;
    answer.problem("unavailable");
    world.cluster().restart().await.unwrap();
    world.deliver(&event).send().await.expect(200);
    assert_eq!(world.billing(&person).await["plan"], "pro");
}
