//! The day's tokens and the rate of generations.

use std::time::Duration;

use asknpic_local::model::Fault;
use e2e::contract::DAY;
use e2e::events::Events;
use e2e::jwt::{Jwt, key_bytes};
use e2e::{Need, Person, World};
use futures::future::join_all;
use uuid::Uuid;

use super::{generate, request, upgrade, usage};

const BRIEF: &str = "Poster for a jazz night, navy and gold";
const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Keys];

/// How much one generation of [`BRIEF`] sets aside while it runs.
async fn reserve(world: &World, person: &Person) -> i64 {
    let mut events = Events::open(request(world, person, BRIEF)).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    let row = world.accounts().await.query_one("select max(reserved) from generations where status = 'running'", &[]).await;
    row.unwrap().get(0)
}

/// People of somebody's tenant, signed in: rows as theirs, since signing up costs each a password's hash.
async fn colleagues(world: &World, person: &Person, count: usize) -> Vec<Person> {
    let accounts = world.accounts().await;
    let seed = key_bytes(world.variable("signing_key"));
    let mut people = Vec::new();
    for _ in 0..count {
        let (user, session) = (Uuid::now_v7(), Uuid::now_v7());
        let copy = "with u as (
                insert into users select (jsonb_populate_record(u, jsonb_build_object('id', $1::uuid, 'email', $1::uuid::text || '@mail.example'))).*
                from users u where id = $3 returning id
            ), k as (
                insert into user_keys (user_id, salt) select id, sha256(id::text::bytea) from u
            )
            insert into sessions
            select (jsonb_populate_record(s, jsonb_build_object('id', $2::uuid, 'user_id', u.id, 'token', sha256(u.id::text::bytea)))).*
            from sessions s, u where s.id = $4";
        assert_eq!(accounts.execute(copy, &[&user, &session, &person.user, &person.session]).await.unwrap(), 1);
        let token = Jwt::read(&person.access).claim("sub", user.to_string()).claim("sid", session.to_string());
        people.push(Person { user, session, access: token.ed25519(&seed), ..person.clone() });
    }
    people
}

async fn set_quota(world: &World, tokens: i64) {
    world.accounts().await.execute("update plans set daily_tokens = $1", &[&tokens]).await.unwrap();
}

#[e2e::test]
async fn the_days_tokens_are_reserved_settled_and_enforced() {
    let world = World::needing(&NEEDS).start().await;
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

#[e2e::test]
async fn a_quota_for_ten_admits_exactly_ten_of_two_hundred_at_once() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Hang).await;
    let reserve = reserve(&world, &person).await;
    // What was learnt from the first is out of the way.
    world.accounts().await.batch_execute("delete from generations; delete from usage_daily").await.unwrap();
    let people = colleagues(&world, &person, 40).await;
    set_quota(&world, 10 * reserve + reserve - 1).await;
    let mut waiting: Vec<_> = people.iter().flat_map(|person| (0..5).map(move |n| (person, format!("key {n}")))).collect();
    let mut answers = Vec::new();
    // A machine that is too busy for so many answers some with 503, and their senders ask again, as anybody would: with the same key.
    while !waiting.is_empty() {
        let calls = waiting.into_iter().map(async |(person, key)| {
            let call = request(&world, person, BRIEF).header("accept", "text/event-stream").header("idempotency-key", &key);
            (person, key, call.open().await.unwrap())
        });
        let (busy, answered): (Vec<_>, Vec<_>) =
            join_all(calls).await.into_iter().partition(|(.., answer)| answer.0.status == 503);
        waiting = busy.into_iter().map(|(person, key, _)| (person, key)).collect();
        assert!(!answered.is_empty(), "nobody gets an answer");
        answers.extend(answered);
    }
    let statuses: Vec<_> = answers.iter().map(|(.., answer)| answer.0.status.as_u16()).collect();
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200), count(402)), (10, 190), "{statuses:?}");
    assert_eq!(usage(&world, &person).await, (0, 10 * reserve));
    assert_eq!(world.count("select count(*) from generations").await, 10);
}

#[e2e::test]
async fn five_generations_a_minute_and_the_sixth_is_429() {
    let world = World::needing(&NEEDS).start().await;
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

#[e2e::test]
async fn failures_cost_nothing() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    for fault in [Fault::Status { status: 500 }, Fault::BadFile, Fault::CutOff { after_chunks: 5 }, Fault::NoEnd] {
        world.model().fault(fault).await;
        assert!(request(&world, &person, BRIEF).send().await.status.is_server_error());
        assert_eq!(usage(&world, &person).await, (0, 0));
    }
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (0, 0));
}
