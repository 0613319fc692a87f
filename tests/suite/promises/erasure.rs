//! What an erasure leaves, and what a thief of backups can do before and after it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use asknpic::migrate::Database;
use e2e::contract::{DAY, GENERATION};
use e2e::crypto::{Owner, content_key, open};
use e2e::haystack::Haystack;
use e2e::jwt::key_bytes;
use e2e::{Applicant, Need, Person, World};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rights::erasure::{erase, open as open_steps, receipt, retention};

const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Keys, Need::Model];
const BRIEF: &str = "Poster for the harvest fair of Wilhelmina Quarterstaff, orange and brown, title \"Pumpkin Parade\"";

async fn generate(world: &World, person: &Person) -> Value {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }));
    call.send().await.expect(201).json()
}

/// Somebody with a name.
async fn named(world: &World) -> (Person, [String; 2]) {
    let applicant = Applicant::invent();
    let letters: String =
        applicant.phone[1..].chars().filter_map(|digit| char::from_u32(u32::from('a') + digit.to_digit(10)?)).collect();
    let names = [format!("Wilhelmina{letters}"), format!("Quarterstaff{letters}")];
    let mut form = applicant.form();
    (form["first_name"], form["last_name"]) = (names[0].clone().into(), names[1].clone().into());
    let answer = world.post("/v1/signup").json(&form).send().await.expect(202);
    let code = world.messages().code(&applicant.phone, 1).await;
    let verification = answer.json()["verification_id"].as_str().unwrap().to_owned();
    (Person::of(&applicant, &world.verify(&verification, &code).send().await), names)
}

/// Erases somebody and waits until that is complete; the receipt.
async fn erased(world: &World, person: &Person) -> Value {
    let begun = erase(world, person).send().await.expect(202).json();
    world.advance(GENERATION + Duration::from_mins(1));
    let id = begun["erasure_id"].as_str().unwrap().to_owned();
    e2e::wait::until("the erasure", async || {
        retention(world).await;
        let receipt = receipt(world, &id).await;
        open_steps(&receipt).is_empty().then_some(receipt)
    })
    .await
}

#[e2e::test]
async fn promise_a49_after_an_erasure_only_what_the_receipt_lists_remains() {
    let world = World::needing(&NEEDS).start().await;
    let (person, names) = named(&world).await;
    let generation = generate(&world, &person).await;
    let me = |path: &str| world.call(http::Method::PUT, path).bearer(&person.access);
    me("/v1/me/consents/marketing").json(&json!({ "granted": true })).send().await.expect(200);
    me("/v1/me/training-objection").json(&json!({ "objecting": true })).send().await.expect(200);
    world.get("/v1/me/export").bearer(&person.access).send().await.expect(200);
    // A case was made of something of theirs, for longer than the usual time.
    let until: jiff::Timestamp = "2036-06-01T12:00:00Z".parse().unwrap();
    let hold =
        "select api.evidence_hold($1::text::timestamp - interval '3650 days', $2, $3, 'case', 'Ada', 'reason', sha256('x'), 'sealed',
                                     $1::text::timestamp, $4)";
    let end = until.strftime("%Y-%m-%d %H:%M:%S").to_string();
    world.accounts().await.execute(hold, &[&end, &Uuid::now_v7(), &person.user, &Uuid::now_v7()]).await.unwrap();
    let done = erased(&world, &person).await;

    // Whatever tells who it was: in no table but these, as bare ids.
    let cells = world.dump_all().await;
    let haystack = Haystack::of_cells(&cells);
    for (what, needle) in [
        ("email", person.applicant.email.clone()),
        ("phone", person.applicant.phone.clone()),
        ("first name", names[0].clone()),
        ("last name", names[1].clone()),
        ("session", person.session.to_string()),
        ("generation", generation["id"].as_str().unwrap().to_owned()),
    ] {
        haystack.lacks(what, needle);
    }
    let places = |id: Uuid| {
        let mut places = haystack.places_of(id.to_string().as_bytes());
        places.sort();
        places.dedup();
        places
    };
    let known = ["accounts.erasures.user_id", "accounts.evidence.user_id", "accounts.security_events.user_id"];
    assert_eq!(places(person.user), known);
    assert_eq!(places(person.tenant), ["accounts.erasures.tenant_id"]);
    let anonymous = "select count(*) from anonymous_generations where status = 'delivered' and prompt_tokens > 0";
    assert_eq!(world.count(anonymous).await, 1);
    let proofs = "select count(*) from requests where user_id is null and answered_at is not null";
    assert!(world.count(proofs).await >= 3, "erasure, objection, access");

    // Each of it is in the receipt, with its end.
    let closed: jiff::Timestamp = done["key_destroyed_at"].as_str().unwrap().parse().unwrap();
    let mut remains: BTreeMap<&str, i64> = done["remains"].as_array().unwrap().iter().fold(BTreeMap::new(), |mut all, item| {
        let until: jiff::Timestamp = item["until"].as_str().unwrap().parse().unwrap();
        all.insert(item["what"].as_str().unwrap(), until.as_second() - closed.as_second());
        all
    });
    assert_eq!(remains.remove("evidence"), Some(until.as_second() - closed.as_second()), "its case's own end");
    for days in remains.values_mut() {
        *days /= 86_400;
    }
    assert_eq!(remains, BTreeMap::from([("anonymous-metadata", 30), ("proofs", 1_825), ("security-events", 365)]));

    // And goes at that end: the ids of the journal with the last backup, the metadata after a month.
    world.advance(7 * DAY);
    retention(&world).await;
    let cells = world.dump_all().await;
    let later = Haystack::of_cells(&cells);
    assert_eq!(later.places_of(person.tenant.to_string().as_bytes()), Vec::<String>::new());
    let places = later.places_of(person.user.to_string().as_bytes());
    assert!(!places.is_empty() && places.iter().all(|place| known[1..].contains(&place.as_str())), "{places:?}");
    assert_eq!(world.count(anonymous).await, 1);
    world.advance(24 * DAY);
    retention(&world).await;
    assert_eq!(world.count("select count(*) from anonymous_generations").await, 0);
    world.advance(5 * 365 * DAY);
    retention(&world).await;
    assert_eq!(world.count("select count(*) from erasures").await + world.count(proofs).await, 0);
    assert_eq!(world.count("select count(*) from evidence").await, 1);
    world.advance(5 * 365 * DAY);
    retention(&world).await;
    assert_eq!(world.count("select count(*) from evidence").await, 0);
}

/// A server's own programs.
async fn programs(world: &World) -> PathBuf {
    let client = world.cluster().connect("postgres").await.unwrap();
    let dir: String = client.query_one("select setting from pg_config where name = 'BINDIR'", &[]).await.unwrap().get(0);
    dir.into()
}

/// What `pg_dump` gives of the four databases: by table, its rows of fields as text.
async fn stolen(world: &World) -> BTreeMap<String, Vec<Vec<String>>> {
    let program = programs(world).await.join("pg_dump");
    let mut tables = BTreeMap::<String, Vec<Vec<String>>>::new();
    for database in Database::ALL {
        let url = world.cluster().admin_url(&world.database_name(database)).replace("sslmode=require", "sslmode=verify-full");
        let output = Command::new(&program).arg(url).env("PGSSLROOTCERT", world.cluster().ca_file()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut table = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("COPY public.") {
                table = rest.split_once(' ').map(|(name, _)| name.to_owned());
            } else if line == "\\." {
                table = None;
            } else if let Some(name) = &table {
                tables.entry(name.clone()).or_default().push(line.split('\t').map(str::to_owned).collect());
            }
        }
    }
    tables
}

/// `bytea` as `pg_dump` writes it: `\\x…`.
fn bytes(field: &str) -> Vec<u8> {
    hex::decode(field.trim_start_matches("\\\\x")).unwrap()
}

/// What a thief can read: every envelope of the content dumps, tried with every salt of the accounts dump and the master key.
fn readable(
    accounts: &BTreeMap<String, Vec<Vec<String>>>,
    content: &BTreeMap<String, Vec<Vec<String>>>,
    master: &[u8],
) -> Vec<String> {
    let salts: Vec<Vec<u8>> = accounts.get("user_keys").into_iter().flatten().map(|row| bytes(&row[1])).collect();
    let mut texts = Vec::new();
    for row in ["briefs", "files"].iter().filter_map(|table| content.get(*table)).flatten() {
        let [generation, kind, user, envelope] = [&row[0], &row[1], &row[2], &row[3]];
        let user: Uuid = user.parse().unwrap();
        let owner = Owner { user, generation: generation.parse().unwrap(), kind: kind.parse().unwrap() };
        // Without a salt there is the empty one to try.
        for salt in salts.iter().cloned().chain([Vec::new(), vec![0; 32]]) {
            let key = content_key(master, &salt, user);
            texts.extend(open(&bytes(envelope), &key, owner).map(|text| String::from_utf8_lossy(&text).into_owned()));
        }
    }
    texts
}

#[e2e::test]
async fn promise_a62_a_thief_of_every_backup_reads_nothing_of_an_erased_person() {
    let world = World::needing(&NEEDS).own_cluster().start().await;
    let (person, names) = named(&world).await;
    let other = world.person().await;
    generate(&world, &person).await;
    let master = key_bytes(world.variable("master_keys").split_once(':').unwrap().1);
    let salt: Vec<u8> = {
        let sql = "select salt from user_keys where user_id = $1";
        world.accounts().await.query_one(sql, &[&person.user]).await.unwrap().get(0)
    };

    // Before: only all three together.
    let before = stolen(&world).await;
    let none = BTreeMap::new();
    let read = readable(&before, &before, &master);
    assert!(read.iter().any(|text| text == BRIEF) && read.len() >= 2, "{} texts", read.len());
    assert_eq!(readable(&none, &before, &master), Vec::<String>::new(), "content and master key");
    assert_eq!(readable(&before, &none, &master), Vec::<String>::new(), "accounts and master key");
    assert_eq!(readable(&before, &before, &[0; 32]), Vec::<String>::new(), "without the master key");

    // The moment of the answer: content is still there, and nobody can read it.
    let answer = erase(&world, &person).send().await.expect(202).json();
    let after = stolen(&world).await;
    assert_eq!(
        readable(&after, &before, &master),
        Vec::<String>::new(),
        "a backup of the content from before, all else from after"
    );
    assert!(after.get("user_keys").is_none_or(|rows| rows.iter().all(|row| row[0] != person.user.to_string())));
    let expires: jiff::Timestamp = answer["backups_expire_at"].as_str().unwrap().parse().unwrap();
    let destroyed: jiff::Timestamp = answer["key_destroyed_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires.as_second() - destroyed.as_second(), 7 * 86_400);
    world.advance(GENERATION + Duration::from_mins(1));
    e2e::wait::until("the erasure", async || {
        retention(&world).await;
        open_steps(&receipt(&world, answer["erasure_id"].as_str().unwrap()).await).is_empty().then_some(())
    })
    .await;
    let after = stolen(&world).await;
    let of_them = |table: &str| after.get(table).into_iter().flatten().filter(|row| row[2] == person.user.to_string()).count();
    assert_eq!((of_them("briefs"), of_them("files")), (0, 0), "physically deleted");

    // The disk. What is deleted stays in the pages until they are rewritten; the log has it until its segments are gone.
    let accounts = world.accounts().await;
    accounts.batch_execute("analyze; checkpoint").await.unwrap();
    let data: String = accounts.query_one("select current_setting('data_directory')", &[]).await.unwrap().get(0);
    let data = Path::new(&data);
    let needles = [
        &salt[..],
        person.applicant.email.as_bytes(),
        person.applicant.phone.as_bytes(),
        names[0].as_bytes(),
        names[1].as_bytes(),
    ];
    asknpic::rewrite::run(&accounts).await.unwrap();
    accounts.batch_execute("checkpoint").await.unwrap();
    for needle in needles {
        assert_eq!(files_with(data, needle), Vec::<PathBuf>::new(), "{}", String::from_utf8_lossy(needle));
    }
    let log = data.join("pg_wal");
    assert!(!files_below(&log, &salt).is_empty(), "the log still has the salt: what the seven days are about");
    assert!(!files_with(data, other.applicant.email.as_bytes()).is_empty(), "the search finds what is there");
}

/// The files of a cluster that hold these bytes, its log apart.
fn files_with(data: &Path, needle: &[u8]) -> Vec<PathBuf> {
    let mut found = files_below(data, needle);
    found.retain(|path| !path.starts_with(data.join("pg_wal")));
    found
}

fn files_below(folder: &Path, needle: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&path, needle)),
            Ok(kind) if kind.is_file() => {
                // A file may go away meanwhile: then nothing is in it.
                let bytes = std::fs::read(&path).unwrap_or_default();
                if contains(&bytes, needle) {
                    found.push(path);
                }
            }
            _ => {}
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first).map(|at| from + at) {
        if bytes[at + 1..].starts_with(rest) {
            return true;
        }
        from = at + 1;
    }
    false
}
