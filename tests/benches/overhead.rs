//! What a generation of ours costs beyond the least it could: `cargo test --workspace --bench overhead -- [rounds]`, not part of CI.
//!
//! Against a bare component in the same host that makes as many statements in the same databases and the same call of the model
//! (`infra/local/host/guests/bare`), and against that call by itself. They take turns, and medians are told as ratios, so that a slow machine
//! does not change them. The model is the local one, which answers at once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use e2e::http::Call;
use e2e::world::root;
use e2e::{Need, Person, World};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
/// A file that needs no correction.
const FILE: &str = include_str!("../fixtures/visual.json");
/// The most that ours may take for one of the bare component's.
const ALLOWED: f64 = 1.5;
/// How many at a time: one, and more than the machine has cores.
const AT_A_TIME: [usize; 2] = [1, 8];

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(150);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let within = runtime.block_on(measure(rounds));
    std::process::exit(i32::from(!within));
}

/// The three that take turns.
#[derive(Clone, Copy)]
enum Lane {
    Ours,
    Bare,
    Model,
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a few minutes")]
async fn measure(rounds: usize) -> bool {
    let wasm = bare_component();
    let needs = [Need::OwnDatabases, Need::Model];
    let world = World::needing(&needs)
        .variable("model_calls", "50")
        .manifest(move |text| format!("{text}\n{}", component(&wasm)))
        .in_process(HOST)
        .start()
        .await;
    for database in [Database::Accounts, Database::Briefs, Database::Files] {
        let client = world.database(database).await;
        let table = "create table bare (id uuid primary key, data bytea not null); grant all on bare to generation";
        client.batch_execute(table).await.expect("a table");
    }
    let accounts = world.accounts().await;
    accounts.batch_execute("update plans set daily_tokens = 1000000000").await.expect("a large quota");
    let people = [world.person().await, world.person().await];
    let chat = first(&world, &people[0]).await;
    println!("{:>4} at a time {:>10} {:>10} {:>10} {:>8} {:>18}", "", "ours", "bare", "model", "ratio", "without the model");
    let mut within = true;
    for at_a_time in AT_A_TIME {
        let mut times = [const { Vec::new() }; 3];
        let mut computed = [0; 3];
        for round in 0..rounds / at_a_time + 5 {
            // Whoever comes first in a round is not always the same.
            let mut lanes = [Lane::Ours, Lane::Bare, Lane::Model];
            lanes.rotate_left(round % 3);
            for lane in lanes {
                let contents = vec![FILE.to_owned(); at_a_time].into();
                world.model().fault(Fault::Scripted { contents }).await;
                let calls = (0..at_a_time).map(|at| timed(&world, lane, &people[at % 2], &chat));
                let before = world.host_time();
                let measured = join_all(calls).await;
                // The first rounds fill pools and caches.
                if round >= 5 {
                    times[lane as usize].extend(measured);
                    computed[lane as usize] += world.host_time() - before;
                }
            }
            // Five a minute for a person: this minute is over.
            accounts
                .batch_execute("update generations set created_at = created_at - interval '61 seconds'")
                .await
                .expect("later");
        }
        let [cpu_ours, cpu_bare, _] = computed;
        let [ours, bare, model] = times.map(|mut times| median(&mut times));
        let ratio = ours / bare;
        within &= ratio <= ALLOWED;
        println!(
            "{at_a_time:>4} at a time {ours:>7.2} ms {bare:>7.2} ms {model:>7.2} ms {ratio:>8.2} {:>18.2}",
            (ours - model) / (bare - model)
        );
        println!(
            "     computing time of the host: {cpu_ours} ms to {cpu_bare} ms, ratio {:.2}; {}",
            cpu_ours as f64 / cpu_bare as f64,
            steps(&world).await
        );
    }
    within
}

/// Where ours were at the end of each step, in milliseconds since the admission, on average of those that were delivered.
async fn steps(world: &World) -> String {
    let sql = "select string_agg(format('%s %s', step, ms), ', ' order by ms) from (
                   select s->>'step' as step, round(avg((s->>'ms')::numeric), 1) as ms
                   from generations, jsonb_array_elements(trace) s where status = 'delivered' group by 1) t";
    let client = world.accounts().await;
    let text: String = client.query_one(sql, &[]).await.expect("steps").get(0);
    client.batch_execute("update generations set trace = '[]'").await.expect("they are counted once");
    format!("ours after the admission, in ms: {text}")
}

/// What the model is asked for the first generation: the others, and the bare component, ask the same.
async fn first(world: &World, person: &Person) -> Value {
    timed(world, Lane::Ours, person, &Value::Null).await;
    let requests = world.model().requests().await;
    requests.iter().rfind(|request| request["path"] == "/api/chat").expect("a chat")["body"].clone()
}

fn call(world: &World, lane: Lane, person: &Person, chat: &Value) -> Call {
    match lane {
        Lane::Ours => world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "Poster for a jazz night" })),
        Lane::Bare => world.post("/bare").header("x-request-id", &Uuid::now_v7().to_string()).json(chat),
        Lane::Model => world.client().call(Method::POST, format!("{}/api/chat", world.model().url())).json(chat),
    }
}

/// Milliseconds from the request to the last byte of the answer.
async fn timed(world: &World, lane: Lane, person: &Person, chat: &Value) -> f64 {
    let call = call(world, lane, person, chat);
    let started = Instant::now();
    let answer = call.try_send().await.expect("an answer");
    let taken = started.elapsed();
    assert!(answer.status.is_success(), "{}", answer.text());
    milliseconds(taken)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The bare component with the rights and addresses of `generate`.
fn component(wasm: &Path) -> String {
    let databases = ["accounts", "briefs", "files"];
    let hosts = databases.map(|name| format!("\"postgres://{{{{ {name}_host }}}}:{{{{ {name}_port }}}}\"")).join(", ");
    let urls = databases.map(|name| {
        format!(
            "{name}_url = \"postgres://generation:{{{{ generation_password }}}}@{{{{ {name}_host }}}}:{{{{ {name}_port }}}}/{{{{ {name}_name }}}}?sslmode=require\"\n"
        )
    });
    format!(
        "[[trigger.http]]\nroute = \"/bare\"\ncomponent = \"bare\"\n[component.bare]\nsource = \"{}\"\n\
         allowed_outbound_hosts = [{hosts}, \"{{{{ ollama_url }}}}\"]\n[component.bare.variables]\n{}\
         pg_ca = \"{{{{ pg_ca }}}}\"\nmodel_url = \"{{{{ ollama_url }}}}/api/chat\"\n",
        wasm.display(),
        urls.concat()
    )
}

/// Builds it; its wasm file.
fn bare_component() -> PathBuf {
    let target = root().join("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--release", "--target", "wasm32-wasip2", "--package", "host-guest-bare"]);
    let status = cargo.current_dir(root()).env_remove("RUSTC_WORKSPACE_WRAPPER").env("CARGO_TARGET_DIR", &target).status();
    assert!(status.expect("cargo").success(), "the bare component builds");
    target.join("wasm32-wasip2/release/host_guest_bare.wasm")
}
