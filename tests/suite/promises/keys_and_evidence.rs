//! Master keys are replaced, and evidence is kept apart.

use asknpic::evidence::{self, Hold, Sources};
use asknpic::keys::rotate::{self, Databases, Progress};
use asknpic::migrate::Database;
use asknpic::operator::MasterKeys;
use e2e::crypto::sha256;
use e2e::haystack::Haystack;
use e2e::{Answer, Need, Person, World};
use serde_json::json;
use uuid::Uuid;

const NEEDS: [Need; 5] = [Need::OwnDatabases, Need::Keys, Need::Clock, Need::Model, Need::Restart];
const BRIEF: &str = "a poster about quokkas and the Kornhaus";

async fn generate(world: &World, person: &Person) -> Uuid {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }));
    call.send().await.expect(201).json()["id"].as_str().unwrap().parse().unwrap()
}

async fn part(world: &World, person: &Person, id: Uuid, name: &str) -> Answer {
    world.get(&format!("/v1/generations/{id}/{name}")).bearer(&person.access).send().await
}

async fn databases(world: &World) -> Databases {
    Databases::new(
        world.accounts().await,
        world.database(Database::Briefs).await,
        world.database(Database::Files).await,
        world.database(Database::Dataset).await,
    )
}

/// Gives the components another set of master keys.
async fn restart(world: &mut World, masters: &str) -> MasterKeys {
    world.stop_host().await;
    world.set_variable("master_keys", masters);
    world.start_host().await;
    MasterKeys::parse(masters).unwrap()
}

fn under(report: &rotate::Report, key: u16) -> i64 {
    report.iter().filter(|((_, found), _)| *found == key).map(|(_, count)| count).sum()
}

#[e2e::test]
async fn promise_a51_a_master_key_is_replaced_and_retired_without_losing_or_reviving_content() {
    let mut world = World::needing(&NEEDS).start().await;
    let (ada, gone) = (world.person().await, world.person().await);
    let old = world.variable("master_keys").to_owned();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(generate(&world, &ada).await);
    }
    let deleted = generate(&world, &ada).await;
    world.delete(&format!("/v1/generations/{deleted}")).bearer(&ada.access).send().await.expect(204);
    let support = json!({ "subject": "Otters", "message": "Where are they?" });
    let request = world.post("/v1/support").bearer(&ada.access).json(&support).send().await.expect(201).json();
    // Somebody whose key is destroyed and whose content is not swept yet.
    let lost = generate(&world, &gone).await;
    world.accounts().await.execute("delete from user_keys where user_id = $1", &[&gone.user]).await.unwrap();
    let files = part(&world, &ada, ids[0], "file").await.expect(200).body;

    let new = asknpic::keys::master(2).unwrap();
    let both = restart(&mut world, &format!("{new},{old}")).await;
    assert_eq!(part(&world, &ada, ids[0], "file").await.expect(200).body, files);
    ids.push(generate(&world, &ada).await);
    let databases = databases(&world).await;
    let before = rotate::report(&databases).await.unwrap();
    assert!(under(&before, 1) > 6 && under(&before, 2) >= 2, "{before:?}");
    let mut ownerless = 0;
    for (database, table) in [(Database::Briefs, "briefs"), (Database::Files, "files")] {
        let sql = format!("select count(*) from {table} where user_id = $1");
        ownerless += world.database(database).await.query_one(&sql, &[&gone.user]).await.unwrap().get::<_, i64>(0);
    }

    // Stopped after its first batch, and while it stood still something was deleted and something was written.
    let stopped = rotate::run(&databases, &both, 2, |_, _| anyhow_stop()).await;
    assert!(stopped.is_err());
    let halfway = rotate::report(&databases).await.unwrap();
    assert_eq!((under(&halfway, 1), under(&halfway, 2)), (under(&before, 1) - 2, under(&before, 2) + 2));
    let removed = ids.remove(0);
    world.delete(&format!("/v1/generations/{removed}")).bearer(&ada.access).send().await.expect(204);
    let done = rotate::run(&databases, &both, 2, |_, _| Ok(())).await.unwrap();
    let ownerless = u64::try_from(ownerless).unwrap();
    assert_eq!((done.changed, done.ownerless), (0, ownerless), "{done:?}");
    let after = rotate::report(&databases).await.unwrap();
    assert_eq!(u64::try_from(under(&after, 1)), Ok(ownerless), "only what nobody can open: {after:?}");
    let again = rotate::run(&databases, &both, 100, |_, _| Ok(())).await.unwrap();
    assert_eq!(again, Progress { ownerless, ..Progress::default() });

    // The old key is gone: everything opens, and nothing came back.
    restart(&mut world, &new).await;
    for id in ids {
        assert_eq!(part(&world, &ada, id, "brief").await.expect(200).json()["brief"], BRIEF);
        part(&world, &ada, id, "visual.svg").await.expect(200);
    }
    for id in [deleted, removed] {
        part(&world, &ada, id, "file").await.problem("content-expired");
    }
    let path = format!("/v1/support/{}", request["id"].as_str().unwrap());
    assert_eq!(world.get(&path).bearer(&ada.access).send().await.expect(200).json()["subject"], "Otters");
    assert!(part(&world, &gone, lost, "file").await.status.as_u16() >= 400);
}

fn anyhow_stop() -> Result<(), rotate::Stop> {
    Err(rotate::Stop::because("stopped by the test"))
}

#[e2e::test]
async fn promise_a47_evidence_is_kept_apart_for_five_years_only_with_a_reason() {
    let world = World::needing(&NEEDS).start().await;
    world.freeze();
    let person = world.person().await;
    let (wanted, other) = (generate(&world, &person).await, generate(&world, &person).await);
    let sources = Sources {
        accounts: world.accounts().await,
        briefs: world.database(Database::Briefs).await,
        files: world.database(Database::Files).await,
    };
    let masters = MasterKeys::parse(world.variable("master_keys")).unwrap();
    let key = MasterKeys::parse(&asknpic::keys::master(1).unwrap()).unwrap();
    let hold = Hold {
        account: person.user,
        generations: vec![wanted],
        reason: "forged banknotes".to_owned(),
        case: "2026/4711".to_owned(),
        by: "Ada of legal".to_owned(),
        years: 5,
    };
    // Not without a reason, a case, a name; not for content that is not the account's; not beyond what the law knows.
    for bad in [
        Hold { reason: " ".to_owned(), ..hold.clone() },
        Hold { case: String::new(), ..hold.clone() },
        Hold { by: String::new(), ..hold.clone() },
        Hold { years: 31, ..hold.clone() },
        Hold { account: Uuid::new_v4(), ..hold.clone() },
        Hold { generations: vec![Uuid::new_v4()], ..hold.clone() },
    ] {
        assert!(evidence::hold(&sources, &masters, &key, world.now(), &bad).await.is_err(), "{bad:?}");
    }
    assert_eq!(world.count("select count(*) from evidence").await, 0);
    let id = evidence::hold(&sources, &masters, &key, world.now(), &hold).await.unwrap();
    let long = Hold { years: 20, case: "2026/4712".to_owned(), ..hold.clone() };
    evidence::hold(&sources, &masters, &key, world.now(), &long).await.unwrap();

    // No zone reads it, and nothing of it is in clear.
    for zone in asknpic::keys::ZONES {
        let url = world.zone_url(zone, Database::Accounts);
        let client = asknpic_local::tls::connect(&url, Some(world.cluster().ca_pem())).await.unwrap();
        for table in ["evidence", "evidence_log"] {
            assert!(client.query(&format!("select * from {table}"), &[]).await.is_err(), "{zone} reads {table}");
        }
    }
    let cells = world.dump(Database::Accounts).await;
    let apart: Vec<_> = cells.into_iter().filter(|cell| cell.place.starts_with("accounts.evidence.")).collect();
    let haystack = Haystack::of_cells(&apart);
    assert_eq!(haystack.pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    haystack.lacks("the address", person.applicant.email.as_bytes());

    // A look needs the key and a reason, and is recorded, also where the key is wrong.
    assert!(evidence::show(&sources.accounts, &key, world.now(), id, "Ada", " ").await.is_err());
    assert!(evidence::show(&sources.accounts, &masters, world.now(), id, "Eve", "curious").await.is_err());
    let shown = evidence::show(&sources.accounts, &key, world.now(), id, "Ada", "hearing").await.unwrap();
    assert_eq!(shown["generations"].as_array().unwrap().len(), 1, "what is strictly necessary");
    assert_eq!(shown["generations"][0]["brief"], BRIEF);
    assert!(!shown.to_string().contains(&other.to_string()));
    let records = "select string_agg(action || ' ' || done_by || ' ' || reason, '; ' order by action, done_by) from evidence_log where evidence_id = $1";
    let recorded: String = sources.accounts.query_one(records, &[&id]).await.unwrap().get(0);
    assert_eq!(recorded, "held Ada of legal forged banknotes; shown Ada hearing; shown Eve curious");
    assert!(sources.accounts.execute("update evidence_log set reason = 'none'", &[]).await.is_err(), "a record is not changed");
    let digest = sha256(shown.to_string().as_bytes());

    // It outlives the account, and goes after five years to the second.
    sources.accounts.execute("delete from users where id = $1", &[&person.user]).await.unwrap();
    let second = std::time::Duration::from_secs(1);
    let almost = std::time::Duration::from_hours(5 * 365 * 24).saturating_sub(second);
    let sweep = async || {
        world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200);
    };
    world.advance(almost);
    sweep().await;
    let again = evidence::show(&sources.accounts, &key, world.now(), id, "Ada", "appeal").await.unwrap();
    assert_eq!(sha256(again.to_string().as_bytes()), digest);
    world.advance(second * 2);
    sweep().await;
    assert!(evidence::show(&sources.accounts, &key, world.now(), id, "Ada", "too late").await.is_err());
    let left = evidence::list(&sources.accounts).await.unwrap();
    assert_eq!(
        left.iter().map(|held| held.case.as_str()).collect::<Vec<_>>(),
        ["2026/4712"],
        "a longer period stated in its case"
    );
}
