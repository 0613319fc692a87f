//! `GET /v1/me/export`.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use e2e::contract::DAY;
use e2e::haystack::Haystack;
use e2e::{Need, Person, World};
use serde_json::{Value, json};
use uuid::Uuid;

use super::archive::Archive;

const BRIEF: &str = "Affiche pour une soirée jazz, bleu nuit et or, titre « Blue Hour » en haut à gauche";

async fn generate(world: &World, person: &Person, brief: &str) -> Value {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": brief }));
    call.send().await.expect(201).json()
}

#[e2e::test]
async fn an_export_holds_everything_about_its_person_and_nothing_of_others() {
    let world = World::needing(&[Need::Model, Need::Databases]).start().await;
    let other = world.person().await;
    let theirs = generate(&world, &other, "somebody else's poster").await;
    let person = world.person().await;
    let kept = generate(&world, &person, BRIEF).await;
    let deleted = generate(&world, &person, "a second poster, to be deleted").await;
    let gone = format!("/v1/generations/{}", deleted["id"].as_str().unwrap());
    world.delete(&gone).bearer(&person.access).send().await.expect(204);
    world.model().fault(Fault::BadFile).await;
    let failed = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "a third" })).send().await;
    failed.problem("model-invalid-output");
    world.model().behave().await;

    let archive = Archive::of(&world, &person).await;
    let account = archive.json("account.json");
    assert_eq!((&account["email"], &account["phone"]), (&json!(person.applicant.email), &json!(person.applicant.phone)));
    assert_eq!((&account["user_id"], &account["plan"]), (&json!(person.user), &json!("free")));
    assert!(account["created_at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{account}");
    assert_eq!(archive.json("sessions.json")[0]["id"], json!(person.session));
    let request = archive.json("requests.json");
    assert_eq!((&request[0]["kind"], &request[0]["answered_at"]), (&json!("access"), &Value::Null), "this very one");
    assert_eq!(archive.json("security-events.json")[0]["kind"], "data-exported");
    assert!(archive.json("usage.json")["days"][0]["used"].as_i64().unwrap() > 0);
    for empty in ["consents.json", "support.json", "waitlist.json", "beta.json", "evidence.json"] {
        assert_eq!(archive.json(empty), json!([]), "{empty}");
    }
    assert!(archive.text("README.txt").contains("Everything Ask N Pic holds about you"));

    // The content is what the API shows, byte by byte.
    let folder = format!("generations/{}", kept["id"].as_str().unwrap());
    let part = async |name: &str| {
        world.get(&format!("/v1/{folder}/{name}")).bearer(&person.access).send().await.expect(200).body.to_vec()
    };
    assert_eq!(archive.text(&format!("{folder}/brief.txt")), BRIEF);
    assert_eq!(archive.bytes(&format!("{folder}/file.json")), part("file").await);
    assert_eq!(archive.bytes(&format!("{folder}/visual.svg")), part("visual.svg").await);
    let metadata = archive.json(&format!("{folder}/metadata.json"));
    assert_eq!((&metadata["status"], &metadata["prompt_version"]), (&json!("delivered"), &kept["prompt_version"]));
    assert_eq!(metadata["model"], kept["model"]);
    // Of the others the metadata is left.
    let of = |generation: &Value| {
        let folder = format!("generations/{}/", generation["id"].as_str().unwrap());
        archive.paths().into_iter().filter(|path| path.starts_with(&folder)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of(&deleted), [format!("generations/{}/metadata.json", deleted["id"].as_str().unwrap())]);
    assert_eq!(archive.paths().iter().filter(|path| path.ends_with("metadata.json")).count(), 3, "the failed one too");

    // Nothing that only serves a thief, and nothing of anybody else.
    let accounts = world.accounts().await;
    let secrets = "select u.password_hash, k.salt, s.token from users u join user_keys k on k.user_id = u.id
                   join sessions s on s.user_id = u.id where u.id = $1";
    let row = accounts.query_one(secrets, &[&person.user]).await.unwrap();
    let mut haystack = Haystack::default();
    haystack.add("export", &archive.everything());
    haystack.lacks("the password's hash", row.get::<_, String>(0));
    haystack.lacks("the salt", row.get::<_, Vec<u8>>(1));
    haystack.lacks("the refresh token's hash", row.get::<_, Vec<u8>>(2));
    for foreign in [other.user.to_string(), theirs["id"].as_str().unwrap().to_owned(), other.applicant.email] {
        haystack.lacks("somebody else", foreign);
    }

    // The request is answered once the archive was whole.
    let answered = format!(
        "select count(*) from requests where kind = 'access' and answered_at is not null and answered_at <= due_at and user_id = '{}'",
        person.user
    );
    e2e::wait::until("the request to be answered", async || (world.count(&answered).await == 1).then_some(())).await;
}

/// A file that needs no correction, and the same with letters too pale and too large.
const FILE: &str = include_str!("../../fixtures/visual.json");
const GERMAN: &str = "Ein Plakat für das Sommerfest, mit einer Sonne und dem Titel \"Hallo\"";
const ENGLISH: &str = "A poster for the summer party, with a sun and the title \"Hallo\"";

#[e2e::test]
async fn an_export_has_the_whole_chain_of_a_translated_and_corrected_generation() {
    let world = World::needing(&[Need::Model, Need::Databases]).start().await;
    let person = world.person().await;
    let raw = FILE.replace("\"size\": 60, \"fill\": \"cream\"", "\"size\": 600, \"fill\": \"night\"");
    assert_ne!(raw, FILE);
    world.model().fault(Fault::Scripted { contents: [ENGLISH.to_owned(), raw.clone(), FILE.to_owned()].into() }).await;
    let (corrected, plain) = (generate(&world, &person, GERMAN).await, generate(&world, &person, BRIEF).await);
    assert_eq!(
        (&corrected["corrected"], &corrected["translated"], &plain["corrected"]),
        (&json!(true), &json!(true), &json!(false))
    );
    let archive = Archive::of(&world, &person).await;
    let folder = |made: &Value| format!("generations/{}/", made["id"].as_str().unwrap());
    let names = |made: &Value| -> Vec<String> {
        archive.paths().into_iter().filter_map(|path| path.strip_prefix(&folder(made)).map(str::to_owned)).collect()
    };
    let usual = ["brief.txt", "file.json", "metadata.json", "visual.svg"];
    assert_eq!(names(&plain), usual, "what was neither corrected nor translated has neither");
    let all = ["brief.translated.txt", "brief.txt", "corrections.json", "file.json", "metadata.json", "raw.json", "visual.svg"];
    assert_eq!(names(&corrected), all);
    let text = |name: &str| archive.text(&format!("{}{name}", folder(&corrected))).to_owned();
    assert_eq!((text("brief.txt").as_str(), text("brief.translated.txt").as_str()), (GERMAN, ENGLISH));
    assert_eq!(text("raw.json"), raw, "as the model wrote it");
    assert_ne!(text("file.json"), raw);
    let path = format!("/v1/{}corrections", folder(&corrected));
    let shown = world.get(&path).bearer(&person.access).send().await.expect(200).json();
    let kept: Value = serde_json::from_str(&text("corrections.json")).unwrap();
    assert!(!kept.as_array().unwrap().is_empty());
    assert_eq!(kept, shown["items"]);
}

#[e2e::test]
async fn an_export_has_what_was_written_to_support_and_told_us_under_the_same_address() {
    let world = World::needing(&[Need::OwnDatabases, Need::Keys, Need::Clock]).start().await;
    let (person, other) = (world.person().await, world.person().await);
    let accounts = world.accounts().await;
    let ask = async |person: &Person, subject: &str| -> Uuid {
        let body = json!({ "subject": subject, "message": format!("{subject}, please\nhelp") });
        let made = world.post("/v1/support").bearer(&person.access).json(&body).send().await.expect(201).json();
        made["id"].as_str().unwrap().parse().unwrap()
    };
    // More than are read at once: ten a day for one person.
    for number in 0..10 {
        ask(&person, &format!("Question {number}")).await;
    }
    let (person, other) = (world.later(DAY, &person).await, world.again(&other).await);
    let answered = ask(&person, "The last question").await;
    ask(&other, "Somebody else's").await;
    let masters = asknpic::operator::MasterKeys::parse(world.variable("master_keys")).unwrap();
    for (text, close) in [("We look at it.", false), ("It is done.", true)] {
        asknpic::support::answer(&accounts, &masters, world.now(), answered, text, close).await.unwrap();
        world.advance(Duration::from_secs(1));
    }
    // Somebody said these under the address of each of them.
    for email in [&person.applicant.email, &other.applicant.email] {
        let wish = json!({ "email": email, "interest": "launch", "page": "/fr/", "consent": true });
        world.post("/v1/waitlist").json(&wish).send().await.expect(202);
        let candidacy = json!({ "email": email, "profile": "designer", "country": "CH", "motivation": "I like posters", "page": "/en/beta",
                                "participation": true, "training": false });
        world.post("/v1/beta").json(&candidacy).send().await.expect(202);
    }
    let evidence = "select api.evidence_hold($1::text::timestamp, $2, $3, 'case', 'Ada', 'reason', sha256('x'), 'sealed', $1::text::timestamp + interval '1826 days', $4)";
    let now = world.now().strftime("%Y-%m-%d %H:%M:%S").to_string();
    accounts.execute(evidence, &[&now, &Uuid::now_v7(), &person.user, &Uuid::now_v7()]).await.unwrap();

    // An address that was not proved may be anybody's.
    let archive = Archive::of(&world, &person).await;
    assert_eq!((archive.json("waitlist.json"), archive.json("beta.json")), (json!([]), json!([])));
    accounts.execute("update users set email_confirmed_at = created_at where id = $1", &[&person.user]).await.unwrap();
    let archive = Archive::of(&world, &person).await;
    let support = archive.json("support.json");
    let requests = support.as_array().unwrap();
    assert_eq!(requests.len(), 11);
    assert_eq!(requests[0]["id"], json!(answered));
    assert!(requests[0]["closed_at"].is_string() && requests[1]["closed_at"].is_null());
    let messages = requests[0]["messages"].as_array().unwrap();
    let said: Vec<_> = messages.iter().map(|message| (&message["author"], &message["text"]["message"])).collect();
    assert_eq!(
        said,
        [
            (&json!("user"), &json!("The last question, please\nhelp")),
            (&json!("support"), &json!("We look at it.")),
            (&json!("support"), &json!("It is done.")),
        ]
    );
    let subjects: Vec<_> = requests[1..].iter().map(|request| request["messages"][0]["text"]["subject"].clone()).collect();
    assert_eq!(subjects, (0..10).rev().map(|number| json!(format!("Question {number}"))).collect::<Vec<_>>());
    let waitlist = archive.json("waitlist.json");
    assert_eq!((&waitlist[0]["email"], &waitlist[0]["confirmed_at"]), (&json!(person.applicant.email), &Value::Null));
    let beta = archive.json("beta.json");
    assert_eq!((beta.as_array().unwrap().len(), &beta[0]["motivation"]), (1, &json!("I like posters")));
    let evidence = archive.json("evidence.json");
    assert!(evidence[0]["held_at"].is_string() && evidence[0]["kept_until"].is_string(), "{evidence}");
    let mut haystack = Haystack::default();
    haystack.add("export", &archive.everything());
    haystack.lacks("somebody else's", &other.applicant.email);
    haystack.lacks("somebody else's", "Somebody else's");

    // Whoever opens the archive is told what each file is, in both languages.
    for language in ["en", "fr"] {
        accounts.execute("update users set language = $2 where id = $1", &[&person.user, &language]).await.unwrap();
        let person = world.later(DAY, &person).await;
        let archive = Archive::of(&world, &person).await;
        let readme = archive.text("README.txt");
        for path in archive.paths().into_iter().filter(|path| !path.contains('/') && *path != "README.txt") {
            assert!(readme.lines().any(|line| line.starts_with(&format!("{path} "))), "{path} in {readme}");
        }
    }
}

#[e2e::test]
async fn an_archive_is_read_by_other_programs_and_explained_in_the_persons_language() {
    let world = World::start().await;
    let applicant = e2e::Applicant::invent();
    let answer = world.post("/v1/signup").json(&applicant.form()).header("accept-language", "fr").send().await.expect(202);
    let code = world.messages().code(&applicant.phone, 1).await;
    let verification = answer.json()["verification_id"].as_str().unwrap().to_owned();
    let person = Person::of(&applicant, &world.verify(&verification, &code).send().await);
    generate(&world, &person, "a poster").await;
    let answer = world.get("/v1/me/export").bearer(&person.access).send().await.expect(200);
    let archive = Archive::read(&answer.body).unwrap();
    assert!(archive.text("README.txt").starts_with("Tout ce qu'Ask N Pic détient"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("export.zip");
    std::fs::write(&file, &answer.body).unwrap();
    // What of the two is on this machine.
    for (program, arguments) in [("python3", ["-m", "zipfile", "-t"].as_slice()), ("unzip", &["-tq"])] {
        match std::process::Command::new(program).args(arguments).arg(&file).output() {
            Ok(output) => assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => println!("{program} is not here: {error}"),
        }
    }
}

#[e2e::test]
async fn an_export_needs_a_recent_sign_in_and_comes_three_times_a_day_one_at_a_time() {
    let world = World::needing(&[Need::Clock, Need::Databases]).start().await;
    world.get("/v1/me/export").send().await.problem("unauthenticated");
    let person = world.person().await;
    let export = |person: &Person| world.get("/v1/me/export").bearer(&person.access);
    world.advance(Duration::from_mins(10));
    export(&person).send().await.problem("reauthentication-required");
    let person = world.again(&person).await;

    // One that has not been heard of for two minutes has broken off.
    let accounts = world.accounts().await;
    let running = "insert into exports (id, user_id, begun_at, lease_until) values ($1, $2, $3::text::timestamp, $3::text::timestamp + interval '2 minutes')";
    let now = world.now().strftime("%Y-%m-%d %H:%M:%S").to_string();
    accounts.execute(running, &[&Uuid::now_v7(), &person.user, &now]).await.unwrap();
    let refused = export(&person).send().await;
    refused.problem("rate-limited");
    assert!((100..=120).contains(&refused.retry_after()), "{}", refused.retry_after());
    world.advance(Duration::from_mins(2));
    for _ in 0..2 {
        export(&person).send().await.expect(200);
    }
    let refused = export(&person).send().await;
    refused.problem("rate-limited");
    assert!(refused.retry_after() > 86_000, "{}", refused.retry_after());
    let person = world.later(DAY, &person).await;
    export(&person).send().await.expect(200);
}

#[e2e::test]
async fn an_export_that_fails_half_way_is_no_archive() {
    let world = World::needing(&[Need::Model, Need::Databases]).start().await;
    let person = world.person().await;
    let first = generate(&world, &person, "a poster").await;
    generate(&world, &person, "another poster").await;
    let id: Uuid = first["id"].as_str().unwrap().parse().unwrap();
    // The older one, which comes last.
    let spoil = "update files set envelope = substring(envelope for 20) || '\\x00' || substring(envelope from 22) where generation_id = $1";
    assert_eq!(world.database(Database::Files).await.execute(spoil, &[&id]).await.unwrap(), 1);
    let error = world.get("/v1/me/export").bearer(&person.access).try_send().await.expect_err("it breaks off");
    assert!(error.contains("the body broke off"), "{error}");
    let open =
        format!("select count(*) from requests where kind = 'access' and answered_at is null and user_id = '{}'", person.user);
    assert_eq!(world.count(&open).await, 1, "it was not answered");
    let ended = format!("select count(*) from exports where ended_at is not null and user_id = '{}'", person.user);
    e2e::wait::until("the end of the export", async || (world.count(&ended).await == 1).then_some(())).await;
}

#[e2e::test]
async fn usage_is_shown_by_day_to_its_own_session() {
    let world = World::start().await;
    let person = world.person().await;
    let made = generate(&world, &person, "a poster").await;
    let cost = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    let usage = world.get("/v1/me/usage").bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&usage["quota"], &usage["credits"]), (&json!(20_000), &json!(0)));
    let today = json!({ "day": usage["today"], "used": cost, "paid_by_credits": 0, "reserved": 0 });
    assert_eq!(usage["days"], json!([today]));
    world.get("/v1/me/usage").send().await.problem("unauthenticated");
}

#[e2e::test]
async fn an_export_ends_with_its_session() {
    let world = World::needing(&[Need::Model, Need::Databases]).start().await;
    let person = world.person().await;
    world.delete("/v1/session").cookie(&person.refresh).send().await.expect(204);
    world.get("/v1/me/export").bearer(&person.access).send().await.problem("unauthenticated");
    let begun = format!("select count(*) from exports where user_id = '{}'", person.user);
    assert_eq!(world.count(&begun).await, 0);
}
