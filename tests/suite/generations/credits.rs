//! Credits: spent once the day's quota is used up, and only where the request says so.

use asknpic_local::model::Fault;
use e2e::events::Events;
use e2e::http::Call;
use e2e::{Need, Person, World};
use serde_json::json;

use super::{request, usage};

const BRIEF: &str = "a card with a leaf";
const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Model];

fn spending(world: &World, person: &Person) -> Call {
    world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF, "spend_credits": true }))
}

async fn grant(world: &World, person: &Person, tokens: i64) {
    let sql = "insert into credit_ledger (id, tenant_id, created_at, tokens, kind) values ($1, $2, '2026-01-01', $3, 'grant')";
    world.accounts().await.execute(sql, &[&uuid::Uuid::new_v4(), &person.tenant, &tokens]).await.unwrap();
}

async fn set_quota(world: &World, tokens: i64) {
    world.accounts().await.execute("update plans set daily_tokens = $1", &[&tokens]).await.unwrap();
}

async fn balance(world: &World) -> i64 {
    world.count("select coalesce(sum(tokens), 0)::bigint from credit_ledger").await
}

#[e2e::test]
async fn promise_a32_credits_pay_what_the_quota_does_not_and_only_on_request() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    grant(&world, &person, 100_000).await;
    // With enough quota nothing is spent, though the request would allow it.
    let made = spending(&world, &person).send().await.expect(201).json();
    let cost = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    assert_eq!((usage(&world, &person).await, balance(&world).await), ((cost, 0), 100_000));

    // With less left than an answer takes: refused without the word, with all the figures; paid with it.
    let left = 500;
    assert!(cost > left);
    set_quota(&world, cost + left).await;
    let problem = request(&world, &person, BRIEF).send().await.problem("quota-exhausted");
    let number = |name: &str| problem[name].as_i64().unwrap();
    assert_eq!((number("quota"), number("used"), number("left")), (cost + left, cost, left));
    assert_eq!((number("credits"), number("credits_needed")), (100_000, number("needed") - left));
    assert_eq!(balance(&world).await, 100_000);
    let made = spending(&world, &person).send().await.expect(201).json();
    let second = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    let paid = second - left;
    assert_eq!(usage(&world, &person).await, (cost + left, 0), "first the quota, to its last token");
    assert_eq!(balance(&world).await, 100_000 - paid);
    assert_eq!(world.count("select sum(credits)::bigint from usage_daily").await, paid);
    assert_eq!(world.count("select sum(credits_spent)::bigint from generations").await, paid);

    // Without enough of both: refused, nothing is touched.
    world.accounts().await.batch_execute("delete from credit_ledger").await.unwrap();
    grant(&world, &person, 10).await;
    spending(&world, &person).send().await.problem("quota-exhausted");
    assert_eq!(balance(&world).await, 10);
}

#[e2e::test]
async fn credits_are_set_aside_while_it_runs_and_come_back_if_it_fails() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    set_quota(&world, 0).await;
    world.model().fault(Fault::Status { status: 500 }).await;
    grant(&world, &person, 9_000).await;
    spending(&world, &person).send().await.problem("model-unavailable");
    assert_eq!((usage(&world, &person).await, balance(&world).await), ((0, 0), 9_000));
    world.model().fault(Fault::Hang).await;
    let mut events = Events::open(spending(&world, &person)).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    // The one that runs has set aside what the next would need: to be waited for.
    let problem = spending(&world, &person).send().await.problem("quota-reserved");
    let number = |name: &str| problem[name].as_i64().unwrap();
    assert_eq!(number("credits"), 9_000 - number("at_most"), "{problem}");
    assert!(number("credits") < number("credits_needed"), "{problem}");
    request(&world, &person, BRIEF).send().await.problem("quota-exhausted");
    world.model().behave().await;
    let person = world.later(e2e::contract::GENERATION, &person).await;
    let made = spending(&world, &person).send().await.expect(201).json();
    let cost = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    assert_eq!((usage(&world, &person).await, balance(&world).await), ((0, 0), 9_000 - cost));
}
