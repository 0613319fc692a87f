//! The line before the model host.

use std::time::Duration;

use asknpic_local::model::Fault;
use e2e::events::{End, Events};
use e2e::wait::until;
use e2e::{Need, World};
use futures::future::join_all;
use serde_json::json;

use super::{part, request, upgrade};

const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Model];
const BRIEF: &str = "a banner with a moon";

#[e2e::test]
async fn so_many_call_at_a_time_and_the_others_wait_in_order() {
    let world = World::needing(&NEEDS).variable("model_calls", "2").start().await;
    let people = join_all((0..5).map(|_| world.person())).await;
    world.model().fault(Fault::Slow { per_chunk_ms: 2 }).await;
    let mut waiting = Vec::new();
    for (number, person) in people.iter().enumerate() {
        let mut events = Events::open(request(&world, person, BRIEF)).await;
        let accepted = events.next().await.unwrap();
        assert_eq!((accepted.name.as_str(), &accepted.data["place"]), ("accepted", &json!(number.saturating_sub(1).min(number))));
        waiting.push(events);
    }
    assert!(world.model().chats().await <= 2);
    let ends = join_all(waiting.into_iter().map(Events::rest)).await;
    for (events, end) in &ends {
        assert_eq!((events.last().unwrap().name.as_str(), *end), ("done", End::Whole), "{:?}", events.last());
    }
    // In the order of their admission: by the times at which each got its turn.
    let sql = "select g.created_at + (s->>'ms')::bigint * interval '1 ms' from generations g, jsonb_array_elements(g.trace) s
               where s->>'step' = 'turn' order by g.created_at, g.id";
    let rows = world
        .accounts()
        .await
        .query(&sql.replace("select ", "select (").replace(" from generations", ")::text from generations"), &[])
        .await
        .unwrap();
    let turns: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(turns.len(), 5);
    // Two begin at a time, in either order.
    assert!(turns[..2].iter().max() < turns[2..4].iter().min() && turns[2..4].iter().max() < turns.last(), "{turns:?}");
    assert_eq!(world.count("select count(*) from model_line").await, 0);
}

#[e2e::test]
async fn who_waits_in_vain_is_told_when_to_come_back_and_pays_nothing() {
    let builder = World::needing(&NEEDS).variable("model_calls", "1").variable("model_wait_seconds", "1");
    let world = builder.start().await;
    let (first, second) = (world.person().await, world.person().await);
    world.model().fault(Fault::Hang).await;
    let mut events = Events::open(request(&world, &first, BRIEF)).await;
    assert_eq!(events.next().await.unwrap().data["place"], 0);
    until("the first to be asked", async || (world.model().chats().await == 1).then_some(())).await;
    let answer = request(&world, &second, BRIEF).header("idempotency-key", "k").send().await;
    answer.problem("model-unavailable");
    assert!(answer.retry_after() >= 1);
    assert_eq!(world.model().chats().await, 1, "nobody was asked for the second");
    let sql = "select count(*) from usage_daily d join users u using (tenant_id) where u.id = $1 and d.used + d.reserved > 0";
    let row = world.accounts().await.query_one(sql, &[&second.user]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
    assert_eq!(world.count("select count(*) from model_line").await, 1);
    assert_eq!(world.count("select count(*) from idempotency").await, 0);
}

#[e2e::test]
async fn a_place_that_nobody_renews_is_given_up() {
    let world = World::needing(&NEEDS).variable("model_calls", "1").start().await;
    let person = world.person().await;
    upgrade(&world, &person).await;
    // As a crash leaves it: it holds the only place, and nobody renews it.
    let gone = "insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, quota_day)
                select '01890a5d-ac96-774b-bcce-b302099a8057', tenant_id, id, created_at, '2099-01-01', 'running', 'free', created_at::date from users;
                insert into model_line select id, created_at, true, $until::timestamp from generations";
    let until = world.now() + jiff::SignedDuration::from_secs(3);
    world.accounts().await.batch_execute(&gone.replace("$until", &format!("'{until}'"))).await.unwrap();
    let mut events = Events::open(request(&world, &person, BRIEF)).await;
    assert_eq!(events.next().await.unwrap().data["place"], 1);
    world.advance(Duration::from_secs(4));
    let (rest, _) = events.rest().await;
    let done = rest.last().unwrap();
    assert_eq!(done.name, "done", "{done:?}");
    part(&world, &person, done.data["id"].as_str().unwrap(), "file").await.expect(200);
}
