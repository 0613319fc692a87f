//! `Idempotency-Key`: the same result, and one charge.

use asknpic_local::model::Fault;
use e2e::contract::DAY;
use e2e::events::Events;
use e2e::{Need, World};
use futures::future::join_all;

use super::{generate, id, request, usage};

const BRIEF: &str = "Poster for a jazz night, navy and gold";
const NEEDS: [Need; 2] = [Need::Databases, Need::Model];

#[e2e::test]
async fn a_repeat_gets_the_same_result_and_is_not_charged() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    let call = |brief: &str| request(&world, &person, brief).header("idempotency-key", "one");
    let chats = world.model().chats().await;
    let made = call(BRIEF).send().await.expect(201).json();
    let charged = usage(&world, &person).await;
    for _ in 0..7 {
        // More than the rate of new ones allows: a repeat is none.
        let again = call(BRIEF).send().await.expect(200);
        assert_eq!((again.json(), again.header("location")), (made.clone(), None));
    }
    let (events, _) = Events::open(call(BRIEF)).await.rest().await;
    assert_eq!(events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["accepted", "done"]);
    assert_eq!(events[1].data, made);
    assert_eq!((usage(&world, &person).await, world.model().chats().await), (charged, chats + 1));

    call("another brief").send().await.problem("idempotency-conflict");
    let spaced = format!("{{ \"brief\": \"{BRIEF}\" }}");
    let call = world.post("/v1/generations").bearer(&person.access).header("idempotency-key", "one");
    call.text("application/json", spaced).send().await.problem("idempotency-conflict");
    // A key belongs to its user.
    let theirs = request(&world, &other, "another brief").header("idempotency-key", "one").send().await.expect(201).json();
    assert_ne!(id(&theirs), id(&made));
    let another = request(&world, &person, BRIEF).header("idempotency-key", "ONE").send().await.expect(201).json();
    assert_ne!(id(&another), id(&made));
    assert_eq!(world.model().chats().await, chats + 3);
}

#[e2e::test]
async fn repeats_at_the_same_time_share_one_generation() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let chats = world.model().chats().await;
    world.model().fault(Fault::Slow { per_chunk_ms: 1 }).await;
    let calls = (0..8).map(|_| request(&world, &person, BRIEF).header("idempotency-key", "one").send());
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    let ids: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|answer| {
            assert!(answer.status.is_success(), "{}", answer.text());
            id(&answer.json()).to_owned()
        })
        .collect();
    world.model().behave().await;
    assert_eq!((ids.len(), world.model().chats().await), (1, chats + 1));
    let all = format!("select count(*) from generations where user_id = '{}'", person.user);
    assert_eq!(world.count(&all).await, 1);
}

#[e2e::test]
async fn a_key_is_released_by_a_failure() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let call = |brief: &str| request(&world, &person, brief).header("idempotency-key", "one");
    let before = world.count("select count(*) from idempotency").await;
    for fault in [Fault::Status { status: 503 }, Fault::BadFile] {
        world.model().fault(fault).await;
        assert!(call(BRIEF).send().await.status.is_server_error());
        assert_eq!(world.count("select count(*) from idempotency").await, before);
    }
    world.model().behave().await;
    // Even for another body: nothing came of the first.
    call("another brief").send().await.expect(201);
    assert_eq!(usage(&world, &person).await.1, 0);
}

#[e2e::test]
async fn a_key_is_kept_a_day_and_its_result_may_be_gone_before() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let person = world.person().await;
    let made = request(&world, &person, BRIEF).header("idempotency-key", "one").send().await.expect(201).json();
    world.delete(&format!("/v1/generations/{}", id(&made))).bearer(&person.access).send().await.expect(204);
    request(&world, &person, BRIEF).header("idempotency-key", "one").send().await.problem("content-expired");
    let person = world.later(DAY, &person).await;
    let new = request(&world, &person, BRIEF).header("idempotency-key", "one").send().await.expect(201).json();
    assert_ne!(id(&new), id(&made));
    generate(&world, &person, BRIEF).await;
}
