//! The day's tokens and the rate of generations.

use std::time::Duration;

use asknpic_local::model::Fault;
use e2e::contract::DAY;
use e2e::events::Events;
use e2e::{Need, Person, World};
use futures::future::join_all;

use super::{generate, request, upgrade, usage};

const BRIEF: &str = "Poster for a jazz night, navy and gold";
const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Model];

/// How much one generation of [`BRIEF`] sets aside while it runs.
async fn reserve(world: &World, person: &Person) -> i64 {
    let mut events = Events::open(request(world, person, BRIEF)).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    let row = world.accounts().await.query_one("select max(reserved) from generations where status = 'running'", &[]).await;
    row.unwrap().get(0)
}

async fn set_quota(world: &World, tokens: i64) {
    world.accounts().await.execute("update plans set daily_tokens = $1", &[&tokens]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_days_tokens_are_reserved_settled_and_enforced() {
    let Some(world) = World::needing(&NEEDS).start().await else { return };
    let person = world.person().await;
    world.model().fault(Fault::Hang).await;
    let reserve = reserve(&world, &person).await;
    assert_eq!(usage(&world, &person).await, (0, reserve));
    // With room for one there is none while it runs.
    set_quota(&world, reserve).await;
    let problem = request(&world, &person, BRIEF).send().await.problem("quota-exhausted");
    assert_eq!(
        (problem["quota"].as_i64(), problem["used"].as_i64(), problem["credits"].as_i64()),
        (Some(reserve), Some(reserve), Some(0))
    );

    // After its deadline the reservation is given back, though nobody has said how it ended.
    world.model().behave().await;
    let person = world.later(e2e::contract::GENERATION, &person).await;
    let made = generate(&world, &person, BRIEF).await;
    let cost = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    assert_eq!(usage(&world, &person).await, (cost, 0), "what was not used is given back");
    assert!(cost > 0 && cost < reserve);
    let problem = request(&world, &person, BRIEF).send().await.problem("quota-exhausted");
    assert_eq!(problem["used"], cost);
    assert_eq!(world.model().chats().await, 2, "a refused one costs no model time");

    let person = world.later(DAY, &person).await;
    generate(&world, &person, BRIEF).await;
    assert_eq!(world.count("select count(*) from usage_daily").await, 2, "each day has its own count");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_quota_for_seven_admits_exactly_seven_of_twenty_at_once() {
    let Some(world) = World::needing(&NEEDS).start().await else { return };
    let people = [world.person().await, world.person().await, world.person().await, world.person().await];
    world.model().fault(Fault::Hang).await;
    let reserve = reserve(&world, &people[0]).await;
    // Colleagues share a tenant and its quota. What was learnt from the first is out of the way.
    let accounts = world.accounts().await;
    accounts.execute("update users set tenant_id = $1", &[&people[1].tenant]).await.unwrap();
    accounts.batch_execute("delete from generations; delete from usage_daily").await.unwrap();
    set_quota(&world, 7 * reserve + reserve - 1).await;
    let calls = people
        .iter()
        .flat_map(|person| (0..5).map(|_| request(&world, person, BRIEF).header("accept", "text/event-stream").open()));
    let answers = join_all(calls).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().0.status.as_u16()).collect();
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200), count(402)), (7, 13), "{statuses:?}");
    assert_eq!(usage(&world, &people[1]).await, (0, 7 * reserve));
    assert_eq!(world.count("select count(*) from generations").await, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_generations_a_minute_and_the_sixth_is_429() {
    let Some(world) = World::needing(&NEEDS).start().await else { return };
    let (person, other) = (world.person().await, world.person().await);
    upgrade(&world, &person).await;
    let answers = join_all((0..9).map(|_| request(&world, &person, BRIEF).send())).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 5);
    for answer in refused {
        answer.problem("rate-limited");
        // A minute from the first of the five, which may have been a moment after this one on a busy machine.
        assert!(answer.retry_after() <= 90);
    }
    assert_eq!(world.model().chats().await, 5);
    generate(&world, &other, BRIEF).await;
    world.advance(Duration::from_secs(61));
    generate(&world, &person, BRIEF).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failures_cost_nothing() {
    let Some(world) = World::needing(&NEEDS).start().await else { return };
    let person = world.person().await;
    for fault in [Fault::Status { status: 500 }, Fault::BadFile, Fault::CutOff { after_chunks: 5 }, Fault::NoEnd] {
        world.model().fault(fault).await;
        assert!(request(&world, &person, BRIEF).send().await.status.is_server_error());
        assert_eq!(usage(&world, &person).await, (0, 0));
    }
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (0, 0));
}
