//! How export and erasure grow: `cargo test --workspace --bench rights -- [generations]`, not part of CI. Speed is told as a ratio to reading the
//! same rows, so that a slow machine does not change it.

use std::time::{Duration, Instant};

use asknpic::migrate::Database;
use e2e::crypto::{Owner, content_key, seal};
use e2e::jwt::key_bytes;
use e2e::{Need, Person, World};
use http_body_util::BodyExt as _;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Keys];
const ROWS: usize = 500;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    runtime.block_on(async {
        for count in if asked.is_empty() { vec![1_000, 10_000] } else { asked } {
            measure(count).await;
        }
    });
}

async fn measure(count: usize) {
    let world = World::needing(&NEEDS).in_process(HOST).start().await;
    let person = world.person().await;
    let made =
        world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "Poster for a jazz night" })).send().await;
    let made: Uuid = made.expect(201).json()["id"].as_str().expect("an id").parse().expect("an id");
    multiply(&world, &person, made, count).await;

    // The same rows, read by themselves.
    let started = Instant::now();
    let mut ciphertext = 0;
    for (database, table) in [(Database::Briefs, "briefs"), (Database::Files, "files")] {
        let sql = format!("select envelope from {table} where user_id = $1 order by generation_id");
        let rows = world.database(database).await.query(&sql, &[&person.user]).await.expect("rows");
        ciphertext += rows.iter().map(|row| row.get::<_, &[u8]>(0).len()).sum::<usize>();
    }
    let read = started.elapsed();

    let before = peak_kilobytes();
    let started = Instant::now();
    let call = world.get("/v1/me/export").bearer(&person.access);
    let (parts, mut body) = call.open().await.expect("an answer");
    assert_eq!(parts.status, 200);
    let (mut first, mut bytes) = (None, 0);
    while let Some(frame) = body.frame().await {
        first.get_or_insert_with(|| started.elapsed());
        bytes += frame.expect("a whole archive").data_ref().map_or(0, bytes::Bytes::len);
    }
    let total = started.elapsed();
    let entries = count * 4;
    let grown = peak_kilobytes().saturating_sub(before);
    println!(
        "{count} generations: export {bytes} bytes in {total:.1?}, first byte after {:.1?}; reading the {ciphertext} bytes of ciphertext \
         takes {read:.1?} (ratio {:.1}); peak memory of the host grew by {grown} KB, {:.2} KB an entry",
        first.unwrap_or_default(),
        total.as_secs_f64() / read.as_secs_f64(),
        f64::from(u32::try_from(grown).unwrap_or(u32::MAX)) / f64::from(u32::try_from(entries).unwrap_or(u32::MAX)),
    );

    let started = Instant::now();
    let begun =
        world.post("/v1/me/erasure").bearer(&person.access).json(&json!({ "confirm": true })).send().await.expect(202).json();
    let dead = started.elapsed();
    let path = format!("/v1/erasures/{}", begun["erasure_id"].as_str().expect("an id"));
    loop {
        let receipt = world.get(&path).send().await.expect(200).json();
        let steps = receipt["steps"].as_array().expect("steps");
        if steps.iter().filter(|step| step["done_at"].is_null()).count() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{count} generations: key and account dead after {dead:.1?}, steps done after {:.1?}", started.elapsed());
}

/// Copies a generation with its content, each copy encrypted for itself.
async fn multiply(world: &World, person: &Person, made: Uuid, count: usize) {
    let accounts = world.accounts().await;
    let sql = "select salt from user_keys where user_id = $1";
    let salt: Vec<u8> = accounts.query_one(sql, &[&person.user]).await.expect("a salt").get(0);
    let (id, master) = world.variable("master_keys").split_once(':').expect("a master key");
    let key = content_key(&key_bytes(master), &salt, person.user);
    let briefs = world.database(Database::Briefs).await;
    let files = world.database(Database::Files).await;
    let file = open_one(&files, made, person.user, &key).await;
    for chunk in 0..count.div_ceil(ROWS) {
        let ids: Vec<Uuid> = (0..ROWS.min(count - chunk * ROWS)).map(|_| Uuid::now_v7()).collect();
        let copy = "insert into generations select (jsonb_populate_record(g, jsonb_build_object('id', i))).* \
                    from generations g, unnest($1::uuid[]) i where g.id = $2";
        accounts.execute(copy, &[&ids, &made]).await.expect("copies");
        for (client, table, kind, text) in
            [(&briefs, "briefs", 1_u8, b"Poster for a jazz night".to_vec()), (&files, "files", 3, file.clone())]
        {
            let sealed: Vec<Vec<u8>> = ids
                .iter()
                .map(|generation| {
                    let owner = Owner { user: person.user, generation: *generation, kind };
                    seal(&text, &key, id.parse().expect("an id"), owner)
                })
                .collect();
            let sql = format!(
                "insert into {table} select g, {kind}, $3, e, '2026-11-21' from unnest($1::uuid[], $2::bytea[]) as t(g, e)"
            );
            client.execute(&sql, &[&ids, &sealed, &person.user]).await.expect("copies");
        }
    }
}

async fn open_one(files: &Client, generation: Uuid, user: Uuid, key: &[u8; 32]) -> Vec<u8> {
    let sql = "select envelope from files where generation_id = $1 and kind = 3";
    let envelope: Vec<u8> = files.query_one(sql, &[&generation]).await.expect("a file").get(0);
    e2e::crypto::open(&envelope, key, Owner { user, generation, kind: 3 }).expect("opens")
}

/// The most memory that the host's process has had so far, in KB (Linux).
fn peak_kilobytes() -> u64 {
    let own = std::process::id().to_string();
    let children = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let host = field("Name:")? == "e2e-host" && field("PPid:")? == own;
        if host { field("VmHWM:")?.trim_end_matches(" kB").parse::<u64>().ok() } else { None }
    });
    children.max().unwrap_or_default()
}
