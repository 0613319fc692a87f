//! Who is learnt from, with what taken out, and how they leave again.

use asknpic::dataset;
use asknpic::migrate::Database;
use asknpic::operator::MasterKeys;
use asknpic_local::model::Fault;
use e2e::haystack::Haystack;
use e2e::{Need, Person, World};
use serde_json::{Value, json};
use uuid::Uuid;

const NEEDS: [Need; 4] = [Need::OwnDatabases, Need::Keys, Need::Clock, Need::Model];
const BRIEF: &str = "Poster for Zoe Quillfeather, write to zoe.q@mail.example or call +41 79 555 01 47, 12 Baker Street, in navy";

async fn sweep(world: &World) {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200);
}

async fn generate(world: &World, person: &Person) -> Uuid {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }));
    call.send().await.expect(201).json()["id"].as_str().unwrap().parse().unwrap()
}

async fn consent(world: &World, person: &Person, purpose: &str, granted: bool) {
    let call = world.put(&format!("/v1/me/consents/{purpose}")).bearer(&person.access);
    call.json(&json!({ "granted": granted })).send().await.expect(200);
}

async fn object(world: &World, person: &Person, objecting: bool) {
    let call = world.put("/v1/me/training-objection").bearer(&person.access);
    call.json(&json!({ "objecting": objecting })).send().await.expect(200);
}

/// Whose entries there are, each once.
async fn learnt_from(world: &World) -> Vec<Uuid> {
    let client = world.database(Database::Dataset).await;
    let rows = client.query("select distinct user_id from entries order by 1", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn sorted(people: &[&Person]) -> Vec<Uuid> {
    let mut ids: Vec<_> = people.iter().map(|person| person.user).collect();
    ids.sort_unstable();
    ids
}

async fn export(world: &World, opt_in: bool) -> (dataset::Export, Vec<Value>) {
    let masters = MasterKeys::parse(world.variable("master_keys")).unwrap();
    let (accounts, entries) = (world.accounts().await, world.database(Database::Dataset).await);
    let export = dataset::export(&accounts, &entries, &masters, world.now(), "Ada", opt_in).await.unwrap();
    let lines = export.lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (export, lines)
}

#[e2e::test]
async fn promise_a18_only_those_who_agreed_are_learnt_from_and_only_encrypted() {
    let world = World::needing(&NEEDS).start().await;
    let (silent, agrees, objects) = (world.person().await, world.person().await, world.person().await);
    for person in [&silent, &agrees, &objects] {
        generate(&world, person).await;
    }
    consent(&world, &agrees, "training", true).await;
    consent(&world, &objects, "training", true).await;
    object(&world, &objects, true).await;
    sweep(&world).await;
    assert_eq!(learnt_from(&world).await, sorted(&[&agrees]));
    sweep(&world).await;
    let rows = "select count(*), min(legal_basis) from entries";
    let row = world.database(Database::Dataset).await.query_one(rows, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, String>(1)), (1, "consent".to_owned()), "once, with its basis");

    let haystack = Haystack::of_cells(&world.dump(Database::Dataset).await);
    assert_eq!(haystack.pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    // What is learnt from has neither names nor addresses, in the brief or in the file.
    let (made, lines) = export(&world, true).await;
    assert_eq!(lines.len(), 1);
    let text = made.lines.clone();
    for personal in ["Zoe", "Quillfeather", "zoe.q@", "555 01 47", "Baker"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    assert!(text.contains("[name]") && text.contains("[email]") && text.contains("in navy"), "{text}");
    assert!(made.datasheet.contains("| consent | 1 | 0 |"), "{}", made.datasheet);
}

#[e2e::test]
async fn promise_a18_a_beta_tester_is_learnt_from_only_with_explicit_consent() {
    let world = World::needing(&NEEDS).variable("training_basis", "legitimate-interest").start().await;
    let (plain, tester, agreeing) = (world.person().await, world.person().await, world.person().await);
    for person in [&plain, &tester, &agreeing] {
        generate(&world, person).await;
    }
    consent(&world, &tester, "beta", true).await;
    consent(&world, &agreeing, "beta", true).await;
    consent(&world, &agreeing, "training", true).await;
    sweep(&world).await;
    assert_eq!(learnt_from(&world).await, sorted(&[&plain, &agreeing]));
    // Becoming a tester ends what rested on the interest alone.
    consent(&world, &plain, "beta", true).await;
    sweep(&world).await;
    assert_eq!(learnt_from(&world).await, sorted(&[&agreeing]));
}

#[e2e::test]
async fn promise_a18_rejected_answers_are_kept_with_their_reasons_only_of_those_who_agreed() {
    let world = World::needing(&NEEDS).start().await;
    let (silent, agrees, objects) = (world.person().await, world.person().await, world.person().await);
    consent(&world, &agrees, "training", true).await;
    consent(&world, &objects, "training", true).await;
    object(&world, &objects, true).await;
    let rejected = "{\"layers\": \"a poster for Zoe Quillfeather, zoe.q@mail.example, with quokkas\"}";
    for person in [&silent, &agrees, &objects] {
        world.model().fault(Fault::Scripted { contents: [rejected.to_owned()].into() }).await;
        generate(&world, person).await;
    }
    // Where nobody may learn from it, nothing of it is kept; where somebody may, only encrypted.
    let kept = "select user_id from files where kind = 5";
    let rows = world.database(Database::Files).await.query(kept, &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<Uuid>>(), [agrees.user]);
    sweep(&world).await;
    assert_eq!(learnt_from(&world).await, sorted(&[&agrees]));
    for database in [Database::Files, Database::Dataset] {
        let haystack = Haystack::of_cells(&world.dump(database).await);
        assert_eq!(haystack.pieces_of(rejected.as_bytes(), b""), Vec::<String>::new());
    }
    let (made, lines) = export(&world, true).await;
    assert_eq!(lines.len(), 1);
    let answer = lines[0]["rejected"]["message"]["content"].as_str().unwrap();
    assert!(answer.contains("quokkas") && answer.contains("[email]") && !answer.contains("zoe.q@"), "{answer}");
    let feedback = lines[0]["rejected"]["feedback"].as_array().unwrap();
    assert!(!feedback.is_empty() && feedback.iter().all(|finding| finding["message"].is_string()), "{feedback:?}");
    assert!(made.datasheet.contains("| consent | 1 | 1 |"), "{}", made.datasheet);
    // It goes with the content, and with the person's consent.
    consent(&world, &agrees, "training", false).await;
    sweep(&world).await;
    assert_eq!(learnt_from(&world).await, Vec::<Uuid>::new());
    world.advance(std::time::Duration::from_hours(8 * 24));
    sweep(&world).await;
    assert_eq!(world.counts().await["files.files"], 0);
}

#[e2e::test]
async fn promise_a44_entries_go_at_once_also_from_exports_made_before() {
    let world = World::needing(&NEEDS).start().await;
    world.freeze();
    let people = [world.person().await, world.person().await, world.person().await, world.person().await];
    let [stays, objects, withdraws, restricts] = &people;
    let mut ids = Vec::new();
    for person in &people {
        consent(&world, person, "training", true).await;
        ids.push(generate(&world, person).await);
    }
    // What is changed from here on is later than what was agreed to.
    world.advance(std::time::Duration::from_secs(1));
    sweep(&world).await;
    assert_eq!(learnt_from(&world).await.len(), 4);
    let (before, lines) = export(&world, true).await;
    assert_eq!(lines.len(), 4);
    let entries = world.database(Database::Dataset).await;
    assert_eq!(dataset::removals(&entries, before.id).await.unwrap(), Vec::<Uuid>::new());

    object(&world, objects, true).await;
    consent(&world, withdraws, "training", false).await;
    world.put("/v1/me/restriction").bearer(&restricts.access).json(&json!({ "restricted": true })).send().await.expect(200);
    sweep(&world).await;
    assert_eq!(learnt_from(&world).await, sorted(&[stays, restricts]), "a restriction keeps what is there");
    let mut gone = dataset::removals(&entries, before.id).await.unwrap();
    gone.sort_unstable();
    let mut expected = vec![ids[1], ids[2]];
    expected.sort_unstable();
    assert_eq!(gone, expected);
    // Nothing comes back, and who has restricted is in no new export.
    sweep(&world).await;
    let (_, lines) = export(&world, true).await;
    assert_eq!(lines.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(), [ids[0].to_string()]);

    // Exports end after 30 days, to the second.
    let count = async || entries.query_one("select count(*) from exports", &[]).await.unwrap().get::<_, i64>(0);
    let second = std::time::Duration::from_secs(1);
    world.advance(std::time::Duration::from_hours(30 * 24).saturating_sub(second));
    sweep(&world).await;
    assert_eq!(count().await, 2);
    world.advance(second * 2);
    sweep(&world).await;
    assert_eq!(count().await, 0);
    assert!(dataset::removals(&entries, before.id).await.is_err(), "its files must be gone");
}

/// What each person's entries rest on, by person.
async fn bases(world: &World) -> Vec<(Uuid, String)> {
    let client = world.database(Database::Dataset).await;
    let rows = client.query("select user_id, legal_basis from entries order by 1", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[e2e::test]
async fn promise_c03_training_is_opt_in_unless_the_operator_says_otherwise_and_each_entry_has_its_basis() {
    let needs = [Need::OwnDatabases, Need::Keys, Need::Clock, Need::Model, Need::Restart];
    let mut world = World::needing(&needs).start().await;
    let (silent, agrees) = (world.person().await, world.person().await);
    for person in [&silent, &agrees] {
        generate(&world, person).await;
    }
    consent(&world, &agrees, "training", true).await;
    // As it is installed: who says nothing is not learnt from.
    sweep(&world).await;
    let by_consent = [(agrees.user, "consent".to_owned())];
    assert_eq!(bases(&world).await, by_consent);

    // Less strict, when the operator says so: each entry has the basis that it was made on.
    restart_with(&mut world, "legitimate-interest").await;
    sweep(&world).await;
    let mut expected = vec![by_consent[0].clone(), (silent.user, "legitimate-interest".to_owned())];
    expected.sort_unstable();
    assert_eq!(bases(&world).await, expected);
    let (made, _) = export(&world, false).await;
    assert!(
        made.datasheet.contains("| consent | 1 |") && made.datasheet.contains("| legitimate-interest | 1 |"),
        "{}",
        made.datasheet
    );

    // Strict again: what rested on the interest alone goes, and is in no export before that either.
    assert_eq!(export(&world, true).await.1.len(), 1);
    restart_with(&mut world, "consent").await;
    sweep(&world).await;
    assert_eq!(bases(&world).await, by_consent);

    // What is neither of the two is not guessed: nothing is copied.
    generate(&world, &agrees).await;
    restart_with(&mut world, "whatever").await;
    let refused = world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await;
    refused.problem("unavailable");
    assert_eq!(bases(&world).await, by_consent);
}

async fn restart_with(world: &mut World, basis: &str) {
    world.stop_host().await;
    world.set_variable("training_basis", basis);
    world.start_host().await;
}
