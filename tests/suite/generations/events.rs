//! A generation as server-sent events.

use asknpic_local::model::Fault;
use e2e::events::{End, Events};
use e2e::wait::until;
use e2e::{Need, World};
use serde_json::json;

use super::{id, part, request};

const BRIEF: &str = "Poster for a jazz night, navy and gold";

#[e2e::test]
async fn events_come_in_order_and_end_with_the_generation() {
    let world = World::start().await;
    let person = world.person().await;
    let (events, end) = Events::open(request(&world, &person, BRIEF)).await.rest().await;
    assert_eq!(end, End::Whole);
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    let (first, last) = (&events[0], events.last().unwrap());
    assert_eq!((names[0], last.name.as_str()), ("accepted", "done"), "{names:?}");
    assert_eq!(first.data["id"], last.data["id"]);
    let middle: Vec<_> = names[1..names.len() - 1].iter().copied().filter(|name| *name != "corrected").collect();
    assert!(!middle.is_empty() && middle.iter().all(|name| *name == "progress"), "{names:?}");
    let tokens: Vec<_> = events.iter().filter_map(|event| event.data["tokens"].as_i64()).collect();
    assert!(tokens.is_sorted_by(|one, next| one < next), "{tokens:?}");
    assert_eq!(tokens.last(), last.data["tokens"]["completion"].as_i64().as_ref());
    assert_eq!(part(&world, &person, id(&last.data), "").await.expect(200).json(), last.data);
}

#[e2e::test]
async fn a_stream_only_for_those_who_ask_for_it() {
    let world = World::start().await;
    let person = world.person().await;
    for (accept, stream) in [
        ("text/event-stream", true),
        ("text/event-stream, application/json;q=0.5", true),
        ("application/json, text/event-stream;q=0.9", false),
        ("*/*", false),
        ("text/event-stream;q=0", false),
    ] {
        let answer = request(&world, &person, BRIEF).header("accept", accept).send().await;
        let content_type = answer.header("content-type").unwrap();
        assert_eq!(content_type.starts_with("text/event-stream"), stream, "{accept}: {content_type}");
        assert_eq!(answer.status.as_u16(), if stream { 200 } else { 201 }, "{accept}");
        if stream {
            let cache = answer.header("cache-control").unwrap();
            assert!(cache.contains("no-store"), "{cache}");
        }
    }
    // What is refused before it begins is an ordinary problem.
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "" }));
    assert_eq!(call.header("accept", "text/event-stream").send().await.bad_fields(), ["brief"]);
}

#[e2e::test]
async fn a_failure_is_an_event_with_the_problem() {
    let world = World::needing(&[Need::Model]).start().await;
    let person = world.person().await;
    for (fault, name, status) in [
        (Fault::Status { status: 500 }, "model-unavailable", 503),
        (Fault::CutOff { after_chunks: 3 }, "model-unavailable", 503),
        (Fault::BadFile, "model-invalid-output", 502),
    ] {
        world.model().fault(fault).await;
        let call = request(&world, &person, BRIEF).header("accept-language", "fr");
        let (events, end) = Events::open(call).await.rest().await;
        assert_eq!(end, End::Whole);
        let last = events.last().unwrap();
        assert_eq!(last.name, "error");
        assert_eq!(last.data["type"], format!("urn:asknpic:problem:{name}"));
        assert_eq!(last.data["status"], status);
        assert!(last.data["detail"].as_str().unwrap().contains("facturé"), "in the caller's language: {}", last.data);
        assert!(last.data["request_id"].is_string());
    }
    world.model().behave().await;
}

#[e2e::test]
async fn a_client_that_hangs_up_finds_the_result_when_it_comes_back() {
    let world = World::needing(&[Need::Model]).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Slow { per_chunk_ms: 1 }).await;
    let mut events = Events::open(request(&world, &person, BRIEF).header("idempotency-key", "mine")).await;
    let accepted = events.next().await.unwrap();
    assert_eq!(accepted.name, "accepted");
    events.next().await.unwrap();
    drop(events);
    let generation = until("the generation to be delivered", async || {
        let found = part(&world, &person, id(&accepted.data), "").await.expect(200).json();
        (found["status"] != "running").then_some(found)
    })
    .await;
    assert_eq!(generation["status"], "delivered", "{generation}");
    world.model().behave().await;
    let chats = world.model().chats().await;
    let again = request(&world, &person, BRIEF).header("idempotency-key", "mine").send().await.expect(200).json();
    assert_eq!(again, generation);
    assert_eq!(world.model().chats().await, chats);
}

#[e2e::test]
async fn a_quiet_stream_is_kept_alive_while_the_model_thinks_and_while_one_waits_in_line() {
    let needs = [Need::Model, Need::Restart];
    let builder = World::needing(&needs).variable("heartbeat_seconds", "1").variable("model_calls", "1");
    let mut world = builder.start().await;
    let (first, second) = (world.person().await, world.person().await);
    world.model().fault(Fault::Hang).await;
    let mut thinking = Events::open(request(&world, &first, BRIEF)).await;
    assert_eq!(thinking.next().await.unwrap().data["place"], 0);
    let mut waiting = Events::open(request(&world, &second, BRIEF)).await;
    assert_eq!(waiting.next().await.unwrap().data["place"], 1);
    thinking.heartbeats(2).await;
    waiting.heartbeats(2).await;
    // They are no events, and the stream ends as any other does.
    world.stop_model();
    for events in [thinking, waiting] {
        let (events, end) = events.rest().await;
        assert_eq!((events.len(), end), (1, End::Whole), "{events:?}");
        assert_eq!((events[0].name.as_str(), &events[0].data["status"]), ("error", &json!(503)));
    }
}

#[e2e::test]
async fn while_it_runs_it_is_seen_as_running_and_has_no_file() {
    let world = World::needing(&[Need::Model]).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Hang).await;
    let mut events = Events::open(request(&world, &person, BRIEF)).await;
    let accepted = events.next().await.unwrap().data;
    let running = part(&world, &person, id(&accepted), "").await.expect(200).json();
    assert_eq!((&running["status"], running.get("file")), (&json!("running"), None));
    for name in ["file", "raw", "corrections", "visual.svg"] {
        part(&world, &person, id(&accepted), name).await.problem("not-found");
    }
    let path = format!("/v1/generations/{}", id(&accepted));
    world.delete(&path).bearer(&person.access).send().await.problem("generation-running");
    let list = world.get("/v1/generations").bearer(&person.access).send().await.expect(200).json();
    assert_eq!(list["items"][0]["status"], "running");
    world.model().behave().await;
}
