//! `POST /v1/me/erasure` and its receipt.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::stripe::Fault as StripeFault;
use e2e::contract::GENERATION;
use e2e::wait::until;
use e2e::{Need, Person, World};
use serde_json::{Value, json};

use super::archive::Archive;

const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Keys];

pub(crate) fn erase(world: &World, person: &Person) -> e2e::http::Call {
    world.post("/v1/me/erasure").bearer(&person.access).json(&json!({ "confirm": true }))
}

pub(crate) async fn receipt(world: &World, id: &str) -> Value {
    world.get(&format!("/v1/erasures/{id}")).send().await.expect(200).json()
}

pub(crate) async fn retention(world: &World) -> Value {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200).json()
}

/// The names of the steps that are not done.
pub(crate) fn open(receipt: &Value) -> Vec<&str> {
    let steps = receipt["steps"].as_array().unwrap().iter();
    steps.filter(|step| step["done_at"].is_null()).map(|step| step["name"].as_str().unwrap()).collect()
}

async fn generate(world: &World, person: &Person) {
    world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "a poster" })).send().await.expect(201);
}

async fn rows(world: &World, database: Database, table: &str) -> i64 {
    let client = world.database(database).await;
    client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
}

#[e2e::test]
async fn an_erasure_is_complete_after_the_longest_generation_and_its_receipt_says_so() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    generate(&world, &person).await;
    generate(&world, &other).await;
    let answer = erase(&world, &person).send().await.expect(202);
    let begun = answer.json();
    let id = begun["erasure_id"].as_str().unwrap().to_owned();
    assert_eq!(id.parse::<uuid::Uuid>().unwrap().get_version_num(), 4, "it opens the receipt, so nothing of it can be guessed");
    assert_eq!(answer.header("location"), Some(format!("/v1/erasures/{id}").as_str()));
    assert_eq!((&begun["requested_at"], &begun["completed_at"]), (&begun["key_destroyed_at"], &Value::Null));
    let time = |name: &str| begun[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("backups_expire_at").duration_since(time("key_destroyed_at")).as_hours(), 7 * 24);

    // Everything is dead at once: session, refresh token, sign-in, the second request.
    world.get("/v1/me").bearer(&person.access).send().await.problem("unauthenticated");
    world.refresh(&person.refresh).send().await.problem("session-invalid");
    world.sign_in(&person.applicant).send().await.problem("credentials-invalid");
    erase(&world, &person).send().await.problem("unauthenticated");
    until("the last message", async || {
        let messages = world.messages().to(&person.applicant.email).await;
        messages.iter().any(|message| message.text.contains(&format!("/v1/erasures/{id}"))).then_some(())
    })
    .await;

    // The steps follow by themselves; two come once more after the longest generation.
    until("the steps", async || (open(&receipt(&world, &id).await) == ["briefs-again", "files-again"]).then_some(())).await;
    assert_eq!(rows(&world, Database::Briefs, "briefs").await, 1, "the other's");
    assert_eq!(rows(&world, Database::Files, "files").await, 1);
    retention(&world).await;
    assert_eq!(open(&receipt(&world, &id).await).len(), 2, "not before their time");
    world.advance(GENERATION + Duration::from_mins(1));
    retention(&world).await;
    let done = receipt(&world, &id).await;
    assert_eq!(open(&done), Vec::<&str>::new());
    assert!(done["completed_at"].is_string() && done["signature"] != begun["signature"], "{done}");

    // It holds offline, as it was begun and as it ended, and only as it is.
    let jwks = world.get("/.well-known/jwks.json").send().await.expect(200).text();
    for receipt in [&begun, &done] {
        assert!(asknpic::receipt::verify(&receipt.to_string(), &jwks).unwrap().starts_with("receipt-"));
        let mut forged = receipt.clone();
        forged["steps"][1]["done_at"] = "2026-01-01T00:00:00Z".into();
        assert_eq!(asknpic::receipt::verify(&forged.to_string(), &jwks), Err(asknpic::receipt::Error::Forged));
    }

    // The other person noticed nothing, and the address is free again.
    let other = world.again(&other).await;
    generate(&world, &other).await;
    let verification = world.sign_up(&person.applicant).await;
    let code = world.messages().code(&person.applicant.phone, 2).await;
    let anew = Person::of(&person.applicant, &world.verify(&verification, &code).send().await);
    assert_ne!(anew.user, person.user);
}

#[e2e::test]
async fn an_erasure_reaches_stripe_and_what_was_paid_remains() {
    let needs = [Need::Stripe, Need::Clock, Need::OwnDatabases, Need::Keys];
    let world = World::needing(&needs).start().await;
    let person = world.person().await;
    world.bought(&person, "starter").await;
    let customer: String = {
        let sql = "select id from billing_customers where tenant_id = $1";
        world.accounts().await.query_one(sql, &[&person.tenant]).await.unwrap().get(0)
    };
    let records = world.count("select count(*) from billing_records").await;
    assert!(records > 0);
    let archive = Archive::of(&world, &person).await;
    assert_eq!(archive.json("billing.json")["stripe_customer"], customer.as_str());

    // Stripe is down for a while: the step stays open, and the account is dead all the same.
    world.stripe().fault(StripeFault::Status { status: 503 }).await;
    let begun = erase(&world, &person).send().await.expect(202).json();
    let id = begun["erasure_id"].as_str().unwrap();
    until("the other steps", async || {
        (open(&receipt(&world, id).await) == ["stripe", "briefs-again", "files-again"]).then_some(())
    })
    .await;
    world.sign_in(&person.applicant).send().await.problem("credentials-invalid");
    world.stripe().behave().await;
    until("the step at Stripe", async || {
        retention(&world).await;
        (open(&receipt(&world, id).await) == ["briefs-again", "files-again"]).then_some(())
    })
    .await;
    let deleted = |request: &&Value| {
        request["method"] == "DELETE" && request["path"].as_str().is_some_and(|path| path.ends_with(customer.as_str()))
    };
    assert!(world.stripe().requests().await.iter().find(deleted).is_some());
    assert_eq!(world.count("select count(*) from billing_records").await, records);
    let remains = begun["remains"].as_array().unwrap().iter().find(|item| item["what"] == "billing-records").unwrap();
    let end: jiff::Timestamp = remains["until"].as_str().unwrap().parse().unwrap();
    assert_eq!((end.as_second() - world.now().as_second() + 86_400) / (365 * 86_400), 10);
}

#[e2e::test]
async fn an_erasure_is_said_on_purpose_by_somebody_who_is_there() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases, Need::Keys]).start().await;
    let person = world.person().await;
    let call = |person: &Person| world.post("/v1/me/erasure").bearer(&person.access);
    world.post("/v1/me/erasure").json(&json!({ "confirm": true })).send().await.problem("unauthenticated");
    assert_eq!(call(&person).json(&json!({ "confirm": false })).send().await.bad_fields(), ["confirm"]);
    assert_eq!(call(&person).json(&json!({})).send().await.bad_fields(), ["confirm"]);
    call(&person).text("text/plain", "x").send().await.problem("unsupported-media-type");
    world.advance(Duration::from_mins(10));
    call(&person).json(&json!({ "confirm": true })).send().await.problem("reauthentication-required");
    assert_eq!(world.count("select count(*) from erasures").await, 0);
    for id in ["0190a5c4-7f3b-7c1e-8a51-3f2b6d9e0c11", "x"] {
        world.get(&format!("/v1/erasures/{id}")).send().await.problem("not-found");
    }

    // A phone changed within a day does not authorise it by its code; the password does.
    let person = world.again(&person).await;
    let changed = "update users set phone_changed_at = $1::text::timestamp";
    let now = world.now().strftime("%Y-%m-%d %H:%M:%S").to_string();
    world.accounts().await.execute(changed, &[&now]).await.unwrap();
    world.advance(Duration::from_mins(10));
    let start = world.post("/v1/otp/start").bearer(&person.access).json(&json!({ "purpose": "reauthenticate" }));
    let verification = start.send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
    let code = world.messages().code(&person.applicant.phone, 2).await;
    world.verify(&verification, &code).bearer(&person.access).send().await.expect(204);
    erase(&world, &person).send().await.problem("reauthentication-required");
    let person = world.again(&person).await;
    erase(&world, &person).send().await.expect(202);
}
