//! Each step of the chain, and what may break at it: the host is killed (`kill -9`), PostgreSQL restarts, the model's server ends.
//! Whatever comes of it: no charge without a delivered file, no delivered file without a charge, no cleartext left, and the same
//! `Idempotency-Key` works afterwards.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use e2e::contract::GENERATION;
use e2e::haystack::Haystack;
use e2e::http::Call;
use e2e::wait::until;
use e2e::{Need, Person, World};
use serde_json::json;
use tokio_postgres::Client;

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Keys];
/// In German, so that it is translated; with words that nothing else has.
const BRIEF: &str = "Plakat für einen Jazzabend von Friedegunde Quokkamann, dunkelblau und gold";
const SECRETS: [&str; 3] = [BRIEF, "Friedegunde", "Quokkamann"];

/// Where a generation is held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Admit,
    KeepBrief,
    Turn,
    Guard,
    Translate,
    Write,
    KeepFile,
    Deliver,
}

const STEPS: [Step; 8] =
    [Step::Admit, Step::KeepBrief, Step::Turn, Step::Guard, Step::Translate, Step::Write, Step::KeepFile, Step::Deliver];

/// What holds it up; let go by dropping it.
struct Held {
    _lock: Option<Client>,
}

fn world() -> e2e::world::Builder {
    World::needing(&NEEDS).variable("guard_model", "local-composer").variable("model_calls", "1")
}

fn request(world: &World, person: &Person, key: &str) -> Call {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }));
    call.header("idempotency-key", key)
}

/// The model's server: the guard says `safe`, then come translation and file.
async fn behave(world: &World) {
    world.model().fault(Fault::Scripted { contents: ["safe".to_owned()].into() }).await;
}

/// A transaction that holds a lock until its connection ends.
async fn lock(world: &World, database: Database, what: &str) -> Held {
    let client = world.database(database).await;
    client.batch_execute(&format!("begin; {what}")).await.unwrap();
    Held { _lock: Some(client) }
}

/// Waits until a component's statement waits for a lock.
async fn waits(world: &World, database: Database) {
    let client = world.database(database).await;
    let sql = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'generation'
               and datname = current_database()";
    until("a statement to wait", async || (client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0).then_some(())).await;
}

async fn chats(world: &World, more_than: usize) {
    until("the model to be asked", async || (world.model().chats().await > more_than).then_some(())).await;
}

/// Holds the next generation up at a step, sends the request and waits until it is there.
async fn reach(world: &World, step: Step, call: Call) -> (Held, tokio::task::JoinHandle<Result<u16, String>>) {
    behave(world).await;
    let before = world.model().chats().await;
    let held = match step {
        Step::Admit => lock(world, Database::Accounts, "lock table tenants in exclusive mode").await,
        Step::KeepBrief => lock(world, Database::Briefs, "lock table briefs in exclusive mode").await,
        // Delivery is held up at the file first; the lock that it waits for is taken meanwhile.
        Step::KeepFile | Step::Deliver => lock(world, Database::Files, "lock table files in exclusive mode").await,
        Step::Turn => {
            let until = world.now() + jiff::SignedDuration::from_secs(3);
            let sql = format!(
                "insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, quota_day)
                 select '01890a5d-ac96-774b-bcce-b302099a8057', tenant_id, id, created_at, '2099-01-01', 'running', 'free', created_at::date
                 from users limit 1 on conflict (id) do nothing;
                 insert into model_line values ('01890a5d-ac96-774b-bcce-b302099a8057', '2026-01-01', true, '{until}'::timestamp)
                 on conflict (generation_id) do update set until = excluded.until"
            );
            world.accounts().await.batch_execute(&sql).await.unwrap();
            Held { _lock: None }
        }
        Step::Guard => {
            world.model().fault(Fault::Hang).await;
            Held { _lock: None }
        }
        Step::Translate | Step::Write => {
            let mut contents = vec!["safe".to_owned()];
            let mut then = Fault::Hang;
            if step == Step::Write {
                contents.push("a poster for a jazz evening".to_owned());
                then = Fault::Slow { per_chunk_ms: 5 };
            }
            world.model().fault(Fault::ScriptedThen { contents: contents.into(), then: Box::new(then) }).await;
            Held { _lock: None }
        }
    };
    let answer = tokio::spawn(async move { call.try_send().await.map(|answer| answer.status.as_u16()) });
    match step {
        Step::Admit => waits(world, Database::Accounts).await,
        Step::KeepBrief => waits(world, Database::Briefs).await,
        Step::KeepFile => waits(world, Database::Files).await,
        Step::Turn => {
            until("somebody to wait", async || {
                (world.count("select count(*) from model_line where not holds").await > 0).then_some(())
            })
            .await;
        }
        Step::Guard => chats(world, before).await,
        Step::Translate => chats(world, before + 1).await,
        Step::Write => chats(world, before + 2).await,
        Step::Deliver => {
            waits(world, Database::Files).await;
            let delivery = lock(world, Database::Accounts, "lock table tenants in exclusive mode").await;
            drop(held);
            waits(world, Database::Accounts).await;
            return (delivery, answer);
        }
    }
    (held, answer)
}

/// After the deadline and a run of the rules: what must hold, whatever happened.
async fn settled(world: &World, what: &str) {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200);
    assert_eq!(world.count("select coalesce(sum(reserved), 0)::bigint from usage_daily").await, 0, "{what}");
    let cost =
        "select coalesce(sum(prompt_tokens + completion_tokens) filter (where status = 'delivered'), 0)::bigint from generations";
    let used = "select coalesce(sum(used + credits), 0)::bigint from usage_daily";
    assert_eq!(world.count(used).await, world.count(cost).await, "{what}: exactly what was delivered is charged");
    let ids = async |database: Database, sql: &str| {
        let rows = world.database(database).await.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>()
    };
    let delivered = ids(Database::Accounts, "select id from generations where status = 'delivered' order by id").await;
    assert_eq!(ids(Database::Files, "select generation_id from files where kind = 3 order by 1").await, delivered, "{what}");
    assert_eq!(ids(Database::Briefs, "select generation_id from briefs where kind = 1 order by 1").await, delivered, "{what}");
    assert_eq!(world.count("select count(*) from generations where status = 'running' and deadline_at < '2099-01-01'").await, 0);
    let cells = Haystack::of_cells(&world.dump_all().await);
    for secret in SECRETS {
        cells.lacks(what, secret);
    }
}

/// Somebody new with room for many, since each step is one of five a minute.
async fn person(world: &World) -> Person {
    let person = world.person().await;
    let sql = "update tenants set plan = 'agency' where id = $1";
    world.accounts().await.execute(sql, &[&person.tenant]).await.unwrap();
    person
}

/// The same key once more: it is done, or it was.
async fn repeated(world: &World, person: &Person, key: &str, what: &str) {
    behave(world).await;
    let made = request(world, person, key).send().await;
    assert!(made.status == 201 || made.status == 200, "{what}: {} {}", made.status, made.text());
    assert_eq!(made.json()["status"], "delivered", "{what}");
    let again = request(world, person, key).send().await.expect(200);
    assert_eq!(again.json(), made.json(), "{what}");
}

#[e2e::test]
async fn the_host_is_killed_at_each_step() {
    let mut world = world().in_process(HOST).start().await;
    for step in STEPS {
        let mut person = person(&world).await;
        let key = format!("{step:?}");
        let (held, answer) = reach(&world, step, request(&world, &person, &key)).await;
        world.kill_host().await;
        drop(held);
        assert!(answer.await.unwrap().is_err(), "{step:?}: the connection breaks");
        behave(&world).await;
        world.advance(GENERATION + Duration::from_secs(1));
        world.start_host().await;
        settled(&world, &key).await;
        person = world.again(&person).await;
        repeated(&world, &person, &key, &key).await;
        settled(&world, &key).await;
    }
}

#[e2e::test]
async fn postgresql_restarts_at_each_step() {
    let world = world().own_cluster().start().await;
    for step in STEPS {
        let mut person = person(&world).await;
        let key = format!("{step:?}");
        let (held, answer) = reach(&world, step, request(&world, &person, &key)).await;
        world.cluster().restart().await.unwrap();
        drop(held);
        if matches!(step, Step::Guard | Step::Translate) {
            // The model would hang for ever; it is cut off, as its server's end would.
            behave(&world).await;
            world.advance(GENERATION + Duration::from_secs(1));
        } else {
            let status = answer.await.unwrap().unwrap();
            assert!(status == 201 || status == 500 || status == 503, "{step:?}: {status}");
            world.advance(GENERATION + Duration::from_secs(1));
        }
        settled(&world, &key).await;
        person = world.again(&person).await;
        repeated(&world, &person, &key, &key).await;
        settled(&world, &key).await;
    }
}

#[e2e::test]
async fn the_models_server_ends_at_each_step() {
    let mut world = world().start().await;
    for step in STEPS {
        let mut person = person(&world).await;
        let key = format!("{step:?}");
        let (held, answer) = reach(&world, step, request(&world, &person, &key)).await;
        world.stop_model();
        drop(held);
        let status = answer.await.unwrap().unwrap();
        let late = matches!(step, Step::KeepFile | Step::Deliver);
        assert!(status == 503 || (late && status == 201), "{step:?}: {status}");
        world.start_model();
        world.advance(GENERATION + Duration::from_secs(1));
        settled(&world, &key).await;
        person = world.again(&person).await;
        repeated(&world, &person, &key, &key).await;
        settled(&world, &key).await;
    }
}
