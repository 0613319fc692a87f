//! The host is killed (`kill -9`) between two steps of an erasure, and an erasure meets a generation that runs.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::messages::Fault as Silence;
use asknpic_local::model::Fault;
use e2e::contract::GENERATION;
use e2e::events::Events;
use e2e::wait::until;
use e2e::{Need, Person, World};
use serde_json::json;

use crate::rights::erasure::{erase, open, receipt, retention};

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Keys];

async fn generate(world: &World, person: &Person) {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "a poster" }));
    call.send().await.expect(201);
}

async fn content(world: &World, person: &Person) -> i64 {
    let mut count = 0;
    for (database, table) in [(Database::Briefs, "briefs"), (Database::Files, "files")] {
        let sql = format!("select count(*) from {table} where user_id = $1");
        count += world.database(database).await.query_one(&sql, &[&person.user]).await.unwrap().get::<_, i64>(0);
    }
    count
}

#[e2e::test]
async fn killed_between_any_two_steps_an_erasure_is_finished_by_the_next_run() {
    let mut world = World::needing(&NEEDS).in_process(HOST).start().await;
    // Each time the steps get as far as the one that is held up.
    let held = [
        ("briefs", Some((Database::Briefs, "briefs"))),
        ("files", Some((Database::Files, "files"))),
        ("metadata", Some((Database::Accounts, "anonymous_generations"))),
        ("dataset", Some((Database::Dataset, "entries"))),
        ("brevo", None),
    ];
    for (step, table) in held {
        let person = world.person().await;
        generate(&world, &person).await;
        let mut lock = None;
        match table {
            Some((database, table)) => {
                let client = world.database(database).await;
                client.batch_execute(&format!("begin; lock table {table} in access exclusive mode")).await.unwrap();
                lock = Some(client);
            }
            None => world.messages().fault(Silence::Hang).await,
        }
        let begun = erase(&world, &person).send().await.expect(202).json();
        let id = begun["erasure_id"].as_str().unwrap();
        let names = ["briefs", "files", "metadata", "dataset", "brevo"];
        let before: Vec<_> = names.into_iter().take_while(|name| *name != step && *name != "dataset").collect();
        until("the steps before", async || {
            let receipt = receipt(&world, id).await;
            let open = open(&receipt);
            before.iter().all(|name| !open.contains(name)).then_some(())
        })
        .await;
        world.kill_host().await;
        drop(lock);
        world.messages().behave().await;
        world.start_host().await;

        // Dead it was from the first statement on; the second request does no harm.
        let left = receipt(&world, id).await;
        assert!(open(&left).contains(&step), "{left:#}");
        world.sign_in(&person.applicant).send().await.problem("credentials-invalid");
        erase(&world, &person).send().await.problem("unauthenticated");
        until("the next run", async || {
            retention(&world).await;
            (open(&receipt(&world, id).await) == ["briefs-again", "files-again"]).then_some(())
        })
        .await;
        assert_eq!(content(&world, &person).await, 0, "{step}");
    }
    world.kill_host().await;
    world.advance(GENERATION + Duration::from_mins(1));
    world.start_host().await;
    retention(&world).await;
    assert_eq!(world.count("select count(*) from erasures where completed_at is null").await, 0);
    assert_eq!(world.count("select count(*) from generations").await + world.count("select count(*) from tenants").await, 0);
    assert_eq!(world.count("select count(*) from anonymous_generations").await, 5);
}

#[e2e::test]
async fn a_generation_that_runs_while_its_person_is_erased_leaves_nothing() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Slow { per_chunk_ms: 10 }).await;
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "a poster" }));
    let mut events = Events::open(call).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    assert_eq!(events.next().await.unwrap().name, "progress");
    assert_eq!(content(&world, &person).await, 1, "the brief is kept");
    let begun = erase(&world, &person).send().await.expect(202).json();
    let (rest, _) = events.rest().await;
    assert!(rest.iter().all(|event| event.name != "done"), "it is not delivered: {rest:?}");
    world.advance(GENERATION + Duration::from_mins(1));
    until("the erasure", async || {
        retention(&world).await;
        open(&receipt(&world, begun["erasure_id"].as_str().unwrap()).await).is_empty().then_some(())
    })
    .await;
    assert_eq!(content(&world, &person).await, 0);
    assert_eq!(world.count("select count(*) from generations").await, 0);
    assert_eq!(world.count("select count(*) from usage_daily").await, 0, "with the tenant");
}
