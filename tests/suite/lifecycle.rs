//! `POST /v1/ops/retention`: what the passing of time does to data, run by the operator.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use e2e::contract::{DAY, GENERATION};
use e2e::crypto::mac;
use e2e::events::Events;
use e2e::http::Call;
use e2e::jwt::key_bytes;
use e2e::{Answer, Applicant, Need, World};
use futures::future::join_all;
use serde_json::{Value, json};

const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Keys];

async fn retention(world: &World) -> Answer {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await
}

/// Runs the rules and says how many rows each dealt with, without those that had nothing to do.
async fn swept(world: &World) -> Value {
    let mut rows = retention(world).await.expect(200).json();
    rows.as_object_mut().unwrap().retain(|_, rows| *rows != 0);
    rows
}

fn generate(world: &World, access: &str) -> Call {
    world.post("/v1/generations").bearer(access).json(&json!({ "brief": "a poster" }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_the_operators_token_runs_the_rules() {
    let Some(world) = World::needing(&[Need::Keys]).start().await else { return };
    let person = world.person().await;
    let token = world.variable("ops_token").to_owned();
    let (short, long) = (&token[..token.len() - 1], format!("{token}A"));
    let other = if token.starts_with('A') { token.replacen('A', "B", 1) } else { format!("A{}", &token[1..]) };
    for wrong in ["", "x.y.z", short, &long, &other, &person.access, world.variable("internal_key")] {
        let answer = world.post("/v1/ops/retention").bearer(wrong).send().await;
        answer.problem("unauthenticated");
        assert!(answer.header("www-authenticate").is_some());
    }
    world.post("/v1/ops/retention").send().await.problem("unauthenticated");
    let rules = retention(&world).await.expect(200).json();
    for rule in [
        "stale_generations",
        "limits",
        "lockouts",
        "idempotency_keys",
        "verifications",
        "oauth",
        "unproved_accounts",
        "plan_gifts",
        "checkouts",
        "stripe_events",
        "gift_codes",
        "billing_records",
        "billing_customers",
        "orphaned_briefs",
        "orphaned_files",
    ] {
        assert_eq!(rules[rule], 0, "{rules}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_crash_left_is_failed_released_and_removed() {
    let Some(world) = World::needing(&NEEDS).start().await else { return };
    let (person, other) = (world.person().await, world.person().await);
    let kept = generate(&world, &person.access).send().await.expect(201).json();
    world.model().fault(Fault::Hang).await;
    for access in [&person.access, &other.access] {
        let mut events = Events::open(generate(&world, access).header("idempotency-key", "k")).await;
        assert_eq!(events.next().await.unwrap().name, "accepted");
    }
    // The briefs are kept a moment after the generations are accepted.
    e2e::wait::until("the briefs", async || (world.counts().await["briefs.briefs"] == 3).then_some(())).await;
    assert_eq!(swept(&world).await, json!({}), "within its deadline it may still be running somewhere");
    let reserved = "select coalesce(sum(reserved), 0)::bigint from usage_daily";
    assert!(world.count(reserved).await > 0);

    // A file that was kept before a crash kept its generation from being delivered.
    let orphan = "insert into files select g.id, k, g.user_id, 'x', g.created_at from unnest(array[3, 4]) k, (values ($1::uuid, $2::uuid, $3::timestamp)) g (id, user_id, created_at)";
    let row = "select id, user_id, created_at from generations where status = 'running' order by id limit 1";
    let row = world.accounts().await.query_one(row, &[]).await.unwrap();
    let (id, user): (uuid::Uuid, uuid::Uuid) = (row.get(0), row.get(1));
    let sql = orphan.replace("$1", &format!("'{id}'")).replace("$2", &format!("'{user}'")).replace("$3", "'2026-01-01'");
    world.database(Database::Files).await.batch_execute(&sql).await.unwrap();

    world.advance(GENERATION + Duration::from_secs(1));
    let rows = swept(&world).await;
    assert_eq!(
        (&rows["stale_generations"], &rows["orphaned_briefs"], &rows["orphaned_files"]),
        (&json!(2), &json!(2), &json!(2))
    );
    assert_eq!(world.count(reserved).await, 0);
    assert_eq!(world.count("select count(*) from idempotency").await, 0);
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (1, 1));
    let whole = world.get(kept["links"]["self"].as_str().unwrap()).bearer(&person.access).send().await.expect(200).json();
    assert_eq!(whole, kept, "what was delivered stays");
    assert_eq!(swept(&world).await, json!({}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counters_codes_and_unproved_accounts_go_after_a_day() {
    let Some(world) = World::needing(&NEEDS).start().await else { return };
    let person = world.person().await;
    generate(&world, &person.access).header("idempotency-key", "k").send().await.expect(201);
    let pending = Applicant::invent();
    let id = world.sign_up(&pending).await;
    let code = world.messages().code(&pending.phone, 1).await;
    world.verify(&id, &e2e::person::wrong(&code)).send().await.problem("otp-invalid");
    let before = world.counts().await;
    for table in ["limits", "lockouts", "idempotency", "verifications"] {
        assert!(before[&format!("accounts.{table}")] > 0, "the test fills {table}");
    }
    assert_eq!(before["accounts.users"], 2);
    world.advance(DAY + Duration::from_secs(1));
    let rows = swept(&world).await;
    for rule in ["limits", "lockouts", "idempotency_keys", "unproved_accounts"] {
        assert!(rows[rule].as_i64() > Some(0), "{rule}: {rows}");
    }
    let after = world.counts().await;
    for table in ["limits", "lockouts", "idempotency", "verifications"] {
        assert_eq!(after[&format!("accounts.{table}")], 0, "{table}");
    }
    assert_eq!((after["accounts.users"], after["accounts.tenants"], after["accounts.user_keys"]), (1, 1, 1));
    assert_eq!(after["accounts.generations"], 1);
    assert_eq!(after["files.files"], before["files.files"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_orphans_go_in_batches_and_two_runs_at_once_do_no_harm() {
    let Some(world) = World::needing(&NEEDS).start().await else { return };
    let person = world.person().await;
    let kept = generate(&world, &person.access).send().await.expect(201).json();
    // Of a user who is no more; their ids are before and after those of today.
    let sql = |table: &str, kind: i32| {
        format!(
            "insert into {table} select (lpad(to_hex(n * 100003), 8, '0') || '-0000-7000-8000-000000000000')::uuid, {kind},
                 '00000000-0000-0000-0000-000000000000', 'x', '2026-01-01' from generate_series(1, 1700) n"
        )
    };
    world.database(Database::Briefs).await.batch_execute(&sql("briefs", 1)).await.unwrap();
    world.database(Database::Files).await.batch_execute(&sql("files", 3)).await.unwrap();
    let answers = join_all((0..4).map(|_| retention(&world))).await;
    let rows: Vec<_> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
    let sum = |rule: &str| rows.iter().map(|rows| rows[rule].as_i64().unwrap()).sum::<i64>();
    assert!((1..=1_700).contains(&sum("orphaned_briefs")), "{rows:?}");
    retention(&world).await.expect(200);
    let last = retention(&world).await.expect(200).json();
    assert_eq!((&last["orphaned_briefs"], &last["orphaned_files"]), (&json!(0), &json!(0)));
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (1, 1));
    world.get(kept["links"]["file"].as_str().unwrap()).bearer(&person.access).send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_is_down_is_a_clear_503_and_the_next_run_goes_on() {
    let Some(world) = World::needing(&NEEDS).own_cluster().start().await else { return };
    world.sign_up(&Applicant::invent()).await;
    world.advance(DAY * 2);
    world.cluster().stop().await;
    let answer = retention(&world).await;
    answer.problem("unavailable");
    assert!(answer.retry_after() >= 1);
    world.cluster().restart().await.unwrap();
    let rows = swept(&world).await;
    assert_eq!(rows["unproved_accounts"], 1, "{rows}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lifecycle_takes_signed_calls_only() {
    let private = "route = { private = true }\ncomponent = \"lifecycle\"";
    let public = "route = \"/v1/internal/retention\"\ncomponent = \"lifecycle\"";
    let edit = move |text: String| text.replace(private, public);
    let Some(world) = World::needing(&[Need::Keys, Need::Clock]).manifest(edit).start().await else { return };
    let (path, now) = ("/v1/internal/retention", world.now().as_second());
    let signed = |variable: &str, body: &str| {
        let key = key_bytes(world.variable(variable));
        let mac = mac(&key, "internal-call", &[&now.to_be_bytes(), path.as_bytes(), body.as_bytes()]);
        let signature = format!("t={now},v1={}", hex::encode(mac));
        world.post(path).text("application/json", body.to_owned()).header("asknpic-signature", &signature)
    };
    world.post(path).json(&json!({})).send().await.problem("unauthenticated");
    signed("otp_key", "{}").send().await.problem("unauthenticated");
    signed("ops_token", "{}").send().await.problem("unauthenticated");
    signed("internal_key", "{\"rule\": \"limits\"}").send().await.problem("invalid-request");
    signed("internal_key", "{}").send().await.expect(200);
}
