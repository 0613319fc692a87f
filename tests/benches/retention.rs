//! How the retention rules grow, and what they cost those who sign in: `./dev bench`, or
//! `cargo bench --workspace --profile dev --bench retention -- [rows …]`. Not part of CI.
//!
//! So many rows whose time is up, a quarter each of: sessions, limits, security events, and generations with a brief and a file. Meanwhile
//! somebody signs in again and again. Told are rows a second, the ratio of the times of the largest and the smallest run, and the 99th
//! percentile of `POST /v1/session` against its value when nothing else happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use asknpic::migrate::Database;
use e2e::http::Client;
use e2e::{Applicant, Need, World};
use http::Method;
use serde_json::Value;

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Keys];
/// Sign-ins of the quiet measurement.
const QUIET: usize = 200;
/// Accounts that sign in in turn: an account has few tries a quarter of an hour.
const PEOPLE: usize = 100;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![100_000, 1_000_000] } else { asked };
    runtime.block_on(async {
        let mut times = Vec::new();
        for rows in &sizes {
            times.push(measure(*rows).await.as_secs_f64());
        }
        if let ([first, .., last], [small, .., large]) = (&times[..], &sizes[..]) {
            println!("{large} rows take {:.1} times as long as {small}", last / first);
        }
    });
}

/// The time that the rules take for so many rows.
async fn measure(rows: usize) -> Duration {
    let world = World::needing(&NEEDS).variable("attempts_limit", "1000000").in_process(HOST).start().await;
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        people.push(world.person().await.applicant);
    }
    let people: Arc<[Applicant]> = people.into();

    let stop = Arc::new(AtomicBool::new(false));
    let signing = SigningIn { client: world.client().clone(), url: world.url(), people, stop: Arc::clone(&stop) };
    let quiet = percentile(&signing.times(QUIET).await, 99);
    fill(&world, rows).await;
    let busy = tokio::spawn(async move { signing.times(usize::MAX).await });

    let started = Instant::now();
    let (mut dealt, mut runs) = (0, 0);
    loop {
        let call = world.post("/v1/ops/retention").bearer(world.variable("ops_token"));
        let counts = call.send().await.expect(200).json();
        runs += 1;
        let now = ["sessions", "limits", "security_events", "expired_content"];
        let now: i64 = now.iter().map(|rule| counts[rule].as_i64().unwrap_or_default()).sum();
        dealt += now;
        if now == 0 {
            break;
        }
    }
    let elapsed = started.elapsed();
    stop.store(true, Ordering::Relaxed);
    let busy = busy.await.expect("sign-ins");
    // A sign-in takes some of the limits along.
    let left = "select (select count(*) from limits where key like 'bench%') + (select count(*) from security_events where at < '2025-01-01')
                    + (select count(*) from sessions where family_expires_at < '2025-01-01')
                    + (select count(*) from generations where content_deleted_at is null)";
    assert_eq!(world.count(left).await, 0);
    let loud = percentile(&busy, 99);
    println!(
        "{dealt} rows in {elapsed:.1?} and {runs} runs, {:.0} rows/s; POST /v1/session: p99 {quiet:.1?} quiet, {loud:.1?} meanwhile ({:.2} times, {} calls)",
        f64::from(u32::try_from(dealt).unwrap_or(u32::MAX)) / elapsed.as_secs_f64(),
        loud.as_secs_f64() / quiet.as_secs_f64(),
        busy.len(),
    );
    elapsed
}

/// Rows whose time is up, a quarter each.
async fn fill(world: &World, rows: usize) {
    let each = rows / 4;
    let accounts = world.accounts().await;
    let sql = format!(
        "insert into limits select 'bench' || n, '2020-01-01', 1, timestamp '2020-01-01' + n * interval '1 s' from generate_series(1, {each}) n;
         insert into security_events (id, user_id, at, kind)
             select md5('e' || n)::uuid, md5('u' || n)::uuid, timestamp '2020-01-01' + n * interval '1 s', 'signed-in' from generate_series(1, {each}) n;
         insert into sessions select (jsonb_populate_record(x.s, jsonb_build_object('id', md5('s' || n),
                 'family_expires_at', timestamp '2020-01-01' + n * interval '1 s'))).*
             from (select s from sessions s limit 1) x, generate_series(1, {each}) n;
         insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, quota_day)
             select md5('g' || n)::uuid, u.tenant_id, u.id, timestamp '2020-01-01', timestamp '2020-01-01', 'delivered', 'free', '2020-01-01'
             from (select * from users limit 1) u, generate_series(1, {each}) n;
         analyze"
    );
    accounts.batch_execute(&sql).await.expect("rows");
    for (database, table, kind) in [(Database::Briefs, "briefs", 1), (Database::Files, "files", 3)] {
        let sql = format!(
            "insert into {table} select md5('g' || n)::uuid, {kind}, md5('u')::uuid, decode(repeat('ab', 300), 'hex'), '2020-01-01'
             from generate_series(1, {each}) n; analyze"
        );
        world.database(database).await.batch_execute(&sql).await.expect("content");
    }
}

/// Somebody who signs in, one call after the other.
struct SigningIn {
    client: Client,
    url: String,
    people: Arc<[Applicant]>,
    stop: Arc<AtomicBool>,
}

impl SigningIn {
    /// How long each call took, of so many, or until it is to stop.
    async fn times(&self, calls: usize) -> Vec<Duration> {
        let mut times = Vec::new();
        for person in self.people.iter().cycle().take(calls) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let started = Instant::now();
            let call = self.client.call(Method::POST, format!("{}/v1/session", self.url)).json(&person.credentials());
            let answer = call.try_send().await.expect("an answer");
            times.push(started.elapsed());
            let name: Value = if answer.status == 200 { Value::Null } else { answer.json()["type"].clone() };
            assert!(name.is_null(), "{name}");
        }
        times
    }
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}
