//! The model's server is down, slow, cut off, or talks nonsense.

use std::time::Duration;

use asknpic_local::model::Fault;
use e2e::events::{End, Events};
use e2e::{Need, Person, World};
use serde_json::json;

const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Restart];

fn request(world: &World, person: &Person) -> e2e::http::Call {
    let brief = json!({ "brief": "Poster for a jazz night, navy and gold" });
    world.post("/v1/generations").bearer(&person.access).json(&brief).header("idempotency-key", "the same each time")
}

/// Nothing is kept, nothing is charged, the key is free, and the failure is told by its name.
async fn left_nothing(world: &World, person: &Person, problem: &str) {
    let counts = world.counts().await;
    let left = ["briefs.briefs", "files.files", "accounts.idempotency"].map(|table| counts[table]);
    assert_eq!(left, [0, 0, 0], "{problem}");
    assert_eq!(world.count("select coalesce(sum(used + reserved), 0)::bigint from usage_daily").await, 0);
    let list = world.get("/v1/generations?limit=1").bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&list["items"][0]["status"], &list["items"][0]["problem"]), (&json!("failed"), &json!(problem)));
}

#[e2e::test]
async fn every_way_to_fail_is_a_clear_problem_and_the_next_request_works() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let faults = [
        (Fault::Status { status: 404 }, "model-unavailable"),
        (Fault::Status { status: 500 }, "model-unavailable"),
        (Fault::Status { status: 503 }, "model-unavailable"),
        (Fault::Status { status: 302 }, "model-unavailable"),
        (Fault::CutOff { after_chunks: 0 }, "model-unavailable"),
        (Fault::CutOff { after_chunks: 7 }, "model-unavailable"),
        (Fault::NoEnd, "model-unavailable"),
        (Fault::NotJson, "model-invalid-output"),
        (Fault::BadFile, "model-invalid-output"),
        (Fault::NotSchema, "model-invalid-output"),
        (Fault::HugeOutput { bytes: 4_000_000 }, "model-invalid-output"),
    ];
    for (fault, problem) in faults {
        world.model().fault(fault.clone()).await;
        world.advance(Duration::from_secs(20));
        let answer = request(&world, &person).send().await;
        assert_eq!(answer.json()["type"], format!("urn:asknpic:problem:{problem}"), "{fault:?}: {}", answer.text());
        answer.problem(problem);
        left_nothing(&world, &person, problem).await;
    }
    world.model().behave().await;
    world.advance(Duration::from_mins(1));
    let made = request(&world, &person).send().await.expect(201).json();
    assert_eq!(made["status"], "delivered");
}

#[e2e::test]
async fn a_model_that_is_down_is_red_and_back_when_it_is_back() {
    let mut world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    world.stop_model();
    let answer = request(&world, &person).send().await;
    answer.problem("model-unavailable");
    assert!(answer.retry_after() >= 1);
    left_nothing(&world, &person, "model-unavailable").await;
    let ready = world.get("/readyz").send().await.expect(503).json();
    assert_eq!((&ready["dependencies"]["model"], &ready["dependencies"]["generate"]), (&json!("down"), &json!("up")));
    // What needs no model works.
    world.get("/v1/generations").bearer(&person.access).send().await.expect(200);
    world.start_model();
    world.get("/readyz").send().await.expect(200);
    request(&world, &person).send().await.expect(201);
}

#[e2e::test]
async fn a_second_answer_makes_good_for_a_bad_first_one() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    for fault in [Fault::BadFile, Fault::NotSchema] {
        let before = world.model().chats().await;
        world.model().fault_once(fault).await;
        let brief = json!({ "brief": "a card" });
        let made = world.post("/v1/generations").bearer(&person.access).json(&brief).send().await.expect(201).json();
        assert_eq!(made["status"], "delivered");
        assert_eq!(world.model().chats().await - before, 2, "the model was asked once more");
    }
    // Both answers are paid for.
    let sum = "select coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint - (select sum(used)::bigint from usage_daily) from generations";
    assert_eq!(world.count(sum).await, 0);
    assert_eq!(world.count("select sum(reserved)::bigint from usage_daily").await, 0);
}

#[e2e::test]
async fn a_model_that_is_killed_while_it_writes_is_a_problem_at_once() {
    let mut world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Slow { per_chunk_ms: 20 }).await;
    let mut events = Events::open(request(&world, &person)).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    assert_eq!(events.next().await.unwrap().name, "progress");
    world.stop_model();
    let (rest, end) = events.rest().await;
    let last = rest.last().unwrap();
    assert_eq!((last.name.as_str(), end), ("error", End::Whole));
    assert_eq!(last.data["type"], "urn:asknpic:problem:model-unavailable");
    left_nothing(&world, &person, "model-unavailable").await;
}

/// Takes a minute: the component gives a model that has begun to write 30 seconds for each next piece, in real time.
#[e2e::test]
async fn a_model_that_falls_silent_is_a_timeout() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Slow { per_chunk_ms: 30_500 }).await;
    let call = request(&world, &person);
    let waiting = tokio::spawn(async { Events::open(call).await.rest().await });
    // Others are served meanwhile, and a comment keeps the connection alive.
    let other = world.person().await;
    world.get("/v1/generations").bearer(&other.access).send().await.expect(200);
    let (events, end) = waiting.await.unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), end), ("error", End::Whole), "{events:?}");
    assert_eq!((&last.data["type"], &last.data["status"]), (&json!("urn:asknpic:problem:model-timeout"), &json!(504)));
    left_nothing(&world, &person, "model-timeout").await;
    let ready = world.get("/readyz").send().await.expect(200).json();
    assert_eq!(ready["dependencies"]["model"], "up");
}
