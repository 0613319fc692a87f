//! The host is killed (`kill -9`) while it is at work.

use asknpic_local::model::Fault;
use e2e::contract::GENERATION;
use e2e::events::{End, Events};
use e2e::http::Call;
use e2e::{Need, Person, World};
use serde_json::{Value, json};

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Model];

fn request(world: &World, person: &Person) -> Call {
    let brief = json!({ "brief": "Poster for a jazz night, navy and gold" });
    world.post("/v1/generations").bearer(&person.access).json(&brief).header("idempotency-key", "mine")
}

async fn get(world: &World, person: &Person, path: &str) -> Value {
    world.get(path).bearer(&person.access).send().await.expect(200).json()
}

#[e2e::test]
async fn killed_during_a_generation_nothing_is_half_visible_and_no_quota_is_lost() {
    let mut world = World::needing(&NEEDS).in_process(HOST).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Slow { per_chunk_ms: 20 }).await;
    let mut events = Events::open(request(&world, &person)).await;
    let accepted = events.next().await.unwrap();
    assert_eq!(accepted.name, "accepted");
    assert_eq!(events.next().await.unwrap().name, "progress");
    world.kill_host().await;
    let (rest, end) = events.rest().await;
    assert_eq!(end, End::Broken, "a stream that ends without `done` or `error` breaks: {rest:?}");
    assert!(rest.iter().all(|event| event.name == "progress"), "{rest:?}");
    world.model().behave().await;

    // Within its deadline it may still be running somewhere.
    world.start_host().await;
    let path = format!("/v1/generations/{}", accepted.data["id"].as_str().unwrap());
    let running = get(&world, &person, &path).await;
    assert_eq!((&running["status"], running.get("file")), (&json!("running"), None));
    world.get(&format!("{path}/file")).bearer(&person.access).send().await.problem("not-found");
    assert!(world.count("select sum(reserved)::bigint from usage_daily").await > 0);
    let counts = world.counts().await;
    assert_eq!((counts["files.files"], counts["briefs.briefs"]), (0, 1));
    world.kill_host().await;

    // After it, it has failed: nothing of it is seen, the reservation is back, and the same key begins anew.
    world.advance(GENERATION);
    world.start_host().await;
    let failed = get(&world, &person, &path).await;
    assert_eq!((&failed["status"], failed.get("file")), (&json!("failed"), None));
    assert_eq!(failed["problem"], "unavailable");
    world.get(&format!("{path}/brief")).bearer(&person.access).send().await.problem("content-expired");
    let made = request(&world, &person).send().await.expect(201).json();
    assert_ne!(made["id"], failed["id"]);
    let cost = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    let row = "select sum(used)::bigint from usage_daily";
    assert_eq!((world.count(row).await, world.count("select sum(reserved)::bigint from usage_daily").await), (cost, 0));
    let list = get(&world, &person, "/v1/generations").await;
    let states: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["status"].clone()).collect();
    assert_eq!(states, [json!("delivered"), json!("failed")]);
}

#[e2e::test]
async fn what_was_answered_is_there_after_a_kill() {
    let mut world = World::needing(&NEEDS).in_process(HOST).start().await;
    let person = world.person().await;
    let made = request(&world, &person).send().await.expect(201).json();
    world.kill_host().await;
    world.start_host().await;
    let path = format!("/v1/generations/{}", made["id"].as_str().unwrap());
    assert_eq!(get(&world, &person, &path).await, made);
    assert_eq!(request(&world, &person).send().await.expect(200).json(), made);
    let refreshed = Person::of(&person.applicant, &world.refresh(&person.refresh).send().await);
    assert_eq!(refreshed.session, person.session);
}
