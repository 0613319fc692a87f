//! What the SQL of a request's path costs: `./dev bench statements`, or
//! `cargo bench --workspace --profile dev --bench statements -- [users]`. Not part of CI.
//!
//! On tables of so many people (100,000), over four connections with TLS, each statement as `store` sends it, prepared, against `select 1`
//! over the same connections just before: told is the median share of so many rounds. It fails where a goal is missed, or where a table
//! with a row for each person was read from one end to the other.

use std::error::Error;
use std::time::{Duration, Instant};

use asknpic::keys::Keys;
use asknpic::migrate::{self, Database, RolePasswords, Urls};
use asknpic_local::postgres::{Cluster, Options};
use asknpic_local::tls;
use bytes::{BufMut as _, BytesMut};
use futures::future::join_all;
use ring::digest::{SHA256, digest};
use serde_json::json;
use store::statement::{ALL, Argument, Home};
use tokio_postgres::Client;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

const CONNECTIONS: u64 = 4;
const ROUNDS: usize = 9;
/// Calls of a connection in a round.
const CALLS: u64 = 200;
const USERS: u64 = 100_000;
/// When it is: 2030-01-01, in microseconds since 2000-01-01, as PostgreSQL counts.
const NOW: Time = Time(10_958 * 86_400 * 1_000_000);

/// Module and struct of a statement, and the share of `select 1` that it must reach: 0.6 for reads of one's own rows, 0.25 for admission.
const PATH: [(&str, Option<f64>); 12] = [
    ("sessions::SessionRead", Some(0.6)),
    ("me::MeRead", Some(0.6)),
    ("sessions::SessionsList", Some(0.6)),
    ("events::SecurityEventsList", Some(0.6)),
    ("oauth::LinksList", Some(0.6)),
    ("usage::UsageRead", Some(0.6)),
    ("billing::BillingRead", Some(0.6)),
    ("generations::GenerationRead", Some(0.6)),
    ("generations::GenerationList", Some(0.6)),
    ("generations::GenerationAdmit", Some(0.25)),
    ("sessions::SessionRefresh", None),
    ("signin::SigninBegin", None),
];

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    runtime.block_on(measure(asked.unwrap_or(USERS)));
}

async fn measure(users: u64) {
    let cluster = Cluster::start(Options::temporary()).await.expect("a cluster");
    let keys = Keys::generate().expect("keys");
    let urls = Urls::new(|database| cluster.owner_url(&database.to_string()));
    migrate::run(&urls, Some(cluster.ca_pem()), &RolePasswords::from(&keys), |_| {}).await.expect("the schema");
    let accounts = Database::Accounts.to_string();
    let owner = tls::connect(&cluster.owner_url(&accounts), Some(cluster.ca_pem())).await.expect("its owner");
    owner.batch_execute(&include_str!("statements.sql").replace(":users", &users.to_string())).await.expect("rows");
    let before = scans(&owner, users).await;

    let known: Vec<_> = ALL
        .iter()
        .filter(|(home, _)| *home == Home::Accounts)
        .flat_map(|(_, modules)| modules.iter().copied().flatten())
        .collect();
    let mut missed = Vec::new();
    println!("{:<30} {:>12} {:>12} {:>7} {:>6}", "", "a second", "select 1", "share", "goal");
    for (name, goal) in PATH {
        let statement = known.iter().find(|statement| statement.name.ends_with(name)).unwrap_or_else(|| panic!("no {name}"));
        let role = statement.zones[0].role();
        let url = cluster.url(role, keys.password(role).expect("a zone"), &accounts);
        let clients =
            join_all((0..CONNECTIONS).map(async |_| tls::connect(&url, Some(cluster.ca_pem())).await.expect("a connection")))
                .await;
        let mut rounds = Vec::new();
        // The first is for the plans and the caches.
        for round in 0..=ROUNDS {
            let base = per_second(&clients, "select 1", &[], round, users).await;
            let ours = per_second(&clients, statement.sql, statement.parameters, round, users).await;
            if round > 0 {
                rounds.push((ours / base, ours, base));
            }
        }
        rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (share, ours, base) = rounds[ROUNDS / 2];
        let wanted = goal.map_or_else(|| "-".to_owned(), |goal| goal.to_string());
        println!("{name:<30} {ours:>12.0} {base:>12.0} {share:>7.2} {wanted:>6}");
        if goal.is_some_and(|goal| share < goal) {
            missed.push(name);
        }
    }
    // What a connection has counted is written down at its end, at the latest.
    let others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                  and backend_type = 'client backend'";
    while owner.query_one(others, &[]).await.expect("connections").get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let after = scans(&owner, users).await;
    let read: Vec<_> = after.iter().filter(|table| !before.contains(table)).map(|(table, _)| table).collect();
    assert!(read.is_empty(), "read from one end to the other: {read:?}");
    assert!(missed.is_empty(), "goals missed: {missed:?}");
}

/// How often each table with a row for each person was read from one end to the other.
async fn scans(owner: &Client, users: u64) -> Vec<(String, i64)> {
    let users = i64::try_from(users).expect("a number");
    let sql = "select s.relname::text, s.seq_scan from pg_stat_user_tables s join pg_class c on c.oid = s.relid
               where c.reltuples >= $1::bigint * 0.9 order by 1";
    let tables: Vec<_> =
        owner.query(sql, &[&users]).await.expect("counters").iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(tables.len() > 8, "{tables:?}");
    tables
}

/// Calls a second over all connections.
async fn per_second(clients: &[Client], sql: &str, parameters: &[Argument], round: usize, users: u64) -> f64 {
    let prepared =
        join_all(clients.iter().map(async |client| client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))))
            .await;
    let round = u64::try_from(round).expect("a number");
    let started = Instant::now();
    join_all(clients.iter().zip(&prepared).zip(0..).map(async |((client, statement), number): (_, u64)| {
        for call in 0..CALLS {
            // Another person each time.
            let person = ((round * CALLS + call) * CONNECTIONS + number) * 7_919 % users + 1;
            let values: Vec<_> = parameters.iter().map(|parameter| value(sql, parameter.name, person)).collect();
            let values: Vec<_> = values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
            let rows = client.query(statement, &values).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let row = rows.first().unwrap_or_else(|| panic!("{sql}: nothing for {person}"));
            // Refused early would be cheap.
            if row.columns()[0].name() == "outcome" {
                let outcome: &str = row.get(0);
                assert!(["found", "admitted", "rotated", "repeated"].contains(&outcome), "{sql}: {outcome}");
            }
        }
    }))
    .await;
    f64::from(u32::try_from(CONNECTIONS * CALLS).expect("a number")) / started.elapsed().as_secs_f64()
}

/// What a parameter of one of these statements is for a person.
fn value(sql: &str, name: &str, person: u64) -> Box<dyn ToSql + Sync> {
    match name {
        // A place in the line is over at once, so that the line does not grow with the calls.
        "now" | "until" => Box::new(NOW),
        "deadline" | "key_expires" | "token_expires" => Box::new(Time(NOW.0 + 300_000_000)),
        "session" => Box::new(id(0x7003, person * 2)),
        "user" => Box::new(id(0x7002, person)),
        "id" if sql.contains("generation_read") => Box::new(id(0x7004, person * 8 + 1)),
        "id" | "event" => Box::new(Uuid::new_v4()),
        "key" | "lock_key" => Box::new(Uuid::new_v4().to_string()),
        "account_key" | "address_key" | "refused_key" => Box::new(format!("{name}:{person}")),
        "email" => Box::new(format!("person{person}@example.com")),
        "presented" | "successor" => Box::new(digest(&SHA256, format!("token{person}").as_bytes()).as_ref().to_vec()),
        "limit" => Box::new(20_i32),
        "days" => Box::new(30_i32),
        "complexity" => Box::new(40_i32),
        "max_calls" => Box::new(4_i32),
        "seconds" | "repeat_seconds" => Box::new(60_i32),
        "delays" => Box::new(vec![60_i32]),
        // Never in the way.
        "per_minute" | "max" | "free_here" | "free_everywhere" => Box::new(1_000_000_i32),
        "reserve" => Box::new(1_000_i64),
        "spend" => Box::new(true),
        "reasons" => Box::new(json!([])),
        "body" | "brief_language" | "prompt_version" => Box::new("text"),
        "after_time" | "after_id" | "ip" => Box::new(Null),
        other => panic!("{other} of {sql}"),
    }
}

/// As `statements.sql` numbers them.
fn id(kind: u16, number: u64) -> Uuid {
    Uuid::from_u64_pair(u64::from(kind), 0x8000_0000_0000_0000 | number)
}

/// A `timestamp`: microseconds since 2000-01-01.
#[derive(Clone, Copy, Debug)]
struct Time(i64);

impl ToSql for Time {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_i64(self.0);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMP
    }

    to_sql_checked!();
}

/// Of any type.
#[derive(Clone, Copy, Debug)]
struct Null;

impl ToSql for Null {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
