//! What a person can do about their data, and what an auditor can see.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic::rectify::{self, Rectification};
use asknpic::requests;
use asknpic::ropa::{self, Register};
use e2e::contract::DAY;
use e2e::{Answer, Applicant, Need, Person, World};
use http::Method;
use serde_json::{Value, json};

use crate::rights::archive::Archive;
use crate::rights::erasure::{erase, retention};

const BRIEF: &str = "Poster for the regatta of Philippa Windlass, sea green and white";

async fn put(world: &World, person: &Person, path: &str, body: Value) -> Answer {
    world.call(Method::PUT, path).bearer(&person.access).json(&body).send().await
}

async fn get(world: &World, person: &Person, path: &str) -> Value {
    world.get(path).bearer(&person.access).send().await.expect(200).json()
}

fn generate(world: &World, person: &Person) -> e2e::http::Call {
    world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }))
}

#[e2e::test]
async fn promise_a70_every_right_works_is_registered_and_has_its_deadline() {
    let world = World::needing(&[Need::OwnDatabases, Need::Keys, Need::Clock]).start().await;
    let person = world.person().await;
    let accounts = world.accounts().await;

    // From the account.
    world.get("/v1/me/export").bearer(&person.access).send().await.expect(200);
    put(&world, &person, "/v1/me/training-objection", json!({ "objecting": true })).await.expect(200);
    let restricted = put(&world, &person, "/v1/me/restriction", json!({ "restricted": true })).await.expect(200).json();
    assert!(restricted["restricted"] == true && restricted["restricted_at"].is_string(), "{restricted}");
    put(&world, &person, "/v1/me/restriction", json!({ "restricted": false })).await.expect(200);
    for granted in [true, false] {
        put(&world, &person, "/v1/me/consents/marketing", json!({ "granted": granted })).await.expect(200);
    }
    // Names and language count at once, a new address and a new number once they were proved; what changes nothing is no request.
    let patch = async |change: Value| {
        world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(&change).send().await.expect(200);
    };
    let rectified = async || {
        let items = get(&world, &person, "/v1/me/requests").await["items"].as_array().unwrap().clone();
        items.iter().filter(|item| item["kind"] == "rectification" && item["channel"] == "account").count()
    };
    patch(json!({ "first_name": "Phillipa", "last_name": "Windlass" })).await;
    patch(json!({ "first_name": "Phillipa", "language": "en" })).await;
    assert_eq!(rectified().await, 1, "said again it is no change");
    let new = Applicant::invent();
    patch(json!({ "email": new.email })).await;
    assert_eq!(rectified().await, 1, "not proved so far");
    let token = world.messages().token(&new.email, 1).await;
    let confirm = world.post("/v1/email/confirm").bearer(&person.access).json(&json!({ "token": token }));
    confirm.send().await.expect(204);
    assert_eq!(rectified().await, 2);
    let start = world.post("/v1/otp/start").bearer(&person.access).json(&json!({ "purpose": "phone", "phone": new.phone }));
    let verification = start.send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
    let code = world.messages().code(&new.phone, 1).await;
    world.verify(&verification, &code).bearer(&person.access).send().await.expect(204);
    assert_eq!(rectified().await, 3);
    let person = Person { applicant: Applicant { email: new.email, ..person.applicant.clone() }, ..person };
    // By email, through an operator.
    let asked = requests::add(&accounts, world.now(), person.user, "portability").await.unwrap().unwrap();
    assert!(requests::add(&accounts, world.now(), person.tenant, "access").await.unwrap().is_none(), "no such account");
    assert!(requests::add(&accounts, world.now(), person.user, "whatever").await.is_err());
    let values =
        Rectification { first_name: Some("Philippa".to_owned()), language: Some("fr".to_owned()), ..Rectification::default() };
    rectify::rectify(&accounts, world.now(), person.user, &values).await.unwrap();
    let me = get(&world, &person, "/v1/me").await;
    assert_eq!(
        (&me["first_name"], &me["language"], &me["email"]),
        (&json!("Philippa"), &json!("fr"), &json!(person.applicant.email))
    );

    // The person sees all of it.
    retention(&world).await;
    let items = get(&world, &person, "/v1/me/requests").await["items"].as_array().unwrap().clone();
    let mut kinds: Vec<_> =
        items.iter().map(|item| (item["kind"].as_str().unwrap(), item["channel"].as_str().unwrap())).collect();
    kinds.sort_unstable();
    let expected = [
        ("access", "account"),
        ("consent-withdrawal", "account"),
        ("objection", "account"),
        ("portability", "email"),
        ("rectification", "account"),
        ("rectification", "account"),
        ("rectification", "account"),
        ("rectification", "email"),
        ("restriction", "account"),
    ];
    assert_eq!(kinds, expected);
    for item in &items {
        let time = |name: &str| item[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert_eq!(time("due_at").as_second() - time("received_at").as_second(), 30 * 86_400, "{item}");
        assert_eq!(item["answered_at"].is_null(), item["kind"] == "portability", "{item}");
    }
    // And the operator what is open, with the days left, and two more months with notice.
    world.advance(3 * DAY);
    let open = requests::list(&accounts, world.now(), false).await.unwrap();
    assert_eq!((open.len(), open[0].kind.as_str(), open[0].days_left), (1, "portability", Some(26)));
    assert!(requests::extend(&accounts, world.now(), asked).await.unwrap());
    assert!(!requests::extend(&accounts, world.now(), asked).await.unwrap(), "once");
    let extended = requests::list(&accounts, world.now(), false).await.unwrap();
    assert_eq!((extended[0].days_left, extended[0].extended_at.is_some()), (Some(86), true));
    assert!(requests::answer(&accounts, world.now(), asked).await.unwrap());
    assert!(!requests::answer(&accounts, world.now(), asked).await.unwrap(), "answered already");
    assert_eq!(requests::list(&accounts, world.now(), false).await.unwrap(), []);

    // Erasure is registered too, and answered when it is complete.
    let person = world.again(&person).await;
    erase(&world, &person).send().await.expect(202);
    let all = requests::list(&accounts, world.now(), true).await.unwrap();
    let erasure = all.iter().find(|request| request.kind == "erasure").unwrap();
    assert_eq!((&erasure.user, erasure.days_left), (&None, Some(29)));
    world.advance(Duration::from_mins(7));
    e2e::wait::until("its answer", async || {
        retention(&world).await;
        requests::list(&accounts, world.now(), false).await.unwrap().is_empty().then_some(())
    })
    .await;
}

#[e2e::test]
async fn promise_a73_a_generation_is_traced_by_its_owner_and_by_an_auditor_without_the_content() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let person = world.person().await;
    let made = generate(&world, &person).send().await.expect(201).json();
    let id = made["id"].as_str().unwrap();

    // The owner has every link of the chain in the export.
    let archive = Archive::of(&world, &person).await;
    let folder = format!("generations/{id}");
    let metadata = archive.json(&format!("{folder}/metadata.json"));
    for link in ["created_at", "delivered_at", "prompt_version", "model", "tokens", "plan", "status", "corrected"] {
        assert!(!metadata[link].is_null(), "{link}: {metadata}");
    }
    assert_eq!(archive.text(&format!("{folder}/brief.txt")), BRIEF);
    for part in ["file.json", "visual.svg"] {
        assert!(!archive.bytes(&format!("{folder}/{part}")).is_empty(), "{part}");
    }

    // The auditor has the same chain, sizes and digests in the place of the content.
    let [accounts, briefs, files] =
        [world.accounts().await, world.database(Database::Briefs).await, world.database(Database::Files).await];
    let trace = asknpic::trace::read(&accounts, &briefs, &files, id.parse().unwrap()).await.unwrap().unwrap();
    for link in ["prompt_version", "model_name", "model_version", "corrections", "delivered_at"] {
        assert!(!trace["metadata"][link].is_null(), "{link}: {trace}");
    }
    let kinds: Vec<_> = trace["content"].as_array().unwrap().iter().map(|piece| piece["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["brief", "final file"]);
    let mut haystack = e2e::haystack::Haystack::default();
    haystack.add("trace", trace.to_string().as_bytes());
    assert_eq!(haystack.pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    assert!(asknpic::trace::read(&accounts, &briefs, &files, person.user).await.unwrap().is_none());
}

#[e2e::test]
async fn promise_a75_every_column_is_in_the_record_of_processing() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let (mut tables, mut columns) = (Vec::new(), 0);
    for database in Database::ALL {
        let read = ropa::read(&world.database(database).await, database).await.unwrap_or_else(|error| panic!("{error}"));
        let named = world.tables(database).await;
        assert_eq!(read.iter().map(|table| table.name.clone()).collect::<Vec<_>>(), named.keys().cloned().collect::<Vec<_>>());
        columns += named.values().map(std::collections::BTreeSet::len).sum::<usize>();
        tables.extend(read);
    }
    assert_eq!(tables.iter().map(|table| table.columns.len()).sum::<usize>(), columns);
    let register = Register::new("The tests", tables);
    let (text, json, html) = (register.to_text(), serde_json::to_value(&register).unwrap(), register.to_html());
    for part in ["accounts.users", "briefs.briefs", "files.files", "dataset.entries", "art. 6(1)(c) legal obligation", "5 years"]
    {
        assert!(text.contains(part) && html.contains(part), "{part}");
    }
    assert!(json["tables"].as_array().unwrap().len() > 15 && text.contains("Brevo"));

    // A column without its entry is found, and so is one whose entry says too little.
    let accounts = world.accounts().await;
    accounts.batch_execute("alter table users add column shoe_size integer").await.unwrap();
    for comment in ["", "comment on column users.shoe_size is 'purpose: curiosity'"] {
        accounts.batch_execute(comment).await.unwrap();
        let error = ropa::read(&accounts, Database::Accounts).await.expect_err("a column without a purpose");
        assert!(error.to_string().ends_with("accounts.users.shoe_size"), "{error}");
    }
    accounts.batch_execute("alter table users drop column shoe_size").await.unwrap();
}

#[e2e::test]
async fn promise_a79_while_restricted_nothing_is_processed_and_nothing_is_lost() {
    let world = World::needing(&[Need::OwnDatabases, Need::Keys, Need::Clock]).start().await;
    let person = world.person().await;
    let made = generate(&world, &person).send().await.expect(201).json();
    put(&world, &person, "/v1/me/consents/training", json!({ "granted": true })).await.expect(200);
    let basis = async || -> Option<String> {
        let sql = "select api.training_basis($1, true)";
        world.accounts().await.query_one(sql, &[&person.user]).await.unwrap().get(0)
    };
    assert_eq!(basis().await.as_deref(), Some("consent"));
    put(&world, &person, "/v1/me/restriction", json!({ "restricted": true })).await.expect(200);
    generate(&world, &person).send().await.problem("processing-restricted");
    assert_eq!(basis().await, None, "no training copy");

    // Long after its time the content is there, and in the export; sign-in and its security go on.
    let person = world.later(40 * DAY, &person).await;
    retention(&world).await;
    let archive = Archive::of(&world, &person).await;
    assert_eq!(archive.text(&format!("generations/{}/brief.txt", made["id"].as_str().unwrap())), BRIEF);
    let wrong = json!({ "email": person.applicant.email, "password": "not the password at all" });
    world.post("/v1/session").json(&wrong).send().await.problem("credentials-invalid");

    // Lifted, it goes on as before; and a restricted account can be erased.
    put(&world, &person, "/v1/me/restriction", json!({ "restricted": false })).await.expect(200);
    generate(&world, &person).send().await.expect(201);
    put(&world, &person, "/v1/me/restriction", json!({ "restricted": true })).await.expect(200);
    erase(&world, &person).send().await.expect(202);
}

#[e2e::test]
async fn promise_b07_a_consent_is_kept_with_its_time_and_version_and_where_it_came_from() {
    let world = World::needing(&[Need::OwnDatabases, Need::Clock]).start().await;
    let person = world.person().await;
    let empty = get(&world, &person, "/v1/me/consents").await;
    assert_eq!(empty["history"], json!([]));
    let of = |consents: &Value, purpose: &str| {
        consents["items"].as_array().unwrap().iter().find(|item| item["purpose"] == purpose).cloned().unwrap()
    };
    for purpose in ["training", "marketing", "beta"] {
        assert_eq!(
            of(&empty, purpose),
            json!({ "purpose": purpose, "granted": false, "policy_version": null, "changed_at": null })
        );
    }
    let before = world.now();
    let given = put(&world, &person, "/v1/me/consents/marketing", json!({ "granted": true })).await.expect(200).json();
    assert_eq!((&given["granted"], &given["policy_version"]), (&json!(true), &empty["policy_version"]));
    assert!(given["changed_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() >= before);
    // Said again it is the same one; withdrawn it is another change.
    assert_eq!(put(&world, &person, "/v1/me/consents/marketing", json!({ "granted": true })).await.expect(200).json(), given);
    world.advance(Duration::from_mins(1));
    put(&world, &person, "/v1/me/consents/marketing", json!({ "granted": false })).await.expect(200);
    let after = get(&world, &person, "/v1/me/consents").await;
    let history: Vec<_> = after["history"].as_array().unwrap().iter().map(|item| item["granted"].clone()).collect();
    assert_eq!(history, [json!(true), json!(false)]);
    assert_eq!(
        (of(&after, "marketing")["granted"].clone(), of(&after, "training")["granted"].clone()),
        (json!(false), json!(false))
    );

    // Words of one instant have an order too, the one in which they were said.
    world.freeze();
    for granted in [true, false, true, false] {
        put(&world, &person, "/v1/me/consents/beta", json!({ "granted": granted })).await.expect(200);
    }
    let said = get(&world, &person, "/v1/me/consents").await;
    let history = said["history"].as_array().unwrap();
    let order: Vec<_> = history[2..].iter().map(|item| (item["purpose"].as_str().unwrap(), item["granted"] == true)).collect();
    assert_eq!(order, [("beta", true), ("beta", false), ("beta", true), ("beta", false)]);
    assert_eq!(of(&said, "beta")["granted"], false, "the last word counts");
    let times = |items: &[Value]| -> Vec<jiff::Timestamp> {
        items.iter().map(|item| item["changed_at"].as_str().unwrap().parse().unwrap()).collect()
    };
    let (shown, archived) = (times(history), Archive::of(&world, &person).await.json("consents.json"));
    assert!(shown.is_sorted_by(|one, next| one < next), "{shown:?}");
    assert_eq!(times(archived.as_array().unwrap()), shown);

    // The address is in the security event of the same time, and nowhere in the consent.
    let sql = "select e.kind, e.ip from security_events e join consents c on c.user_id = e.user_id and c.changed_at = e.at
               where e.user_id = $1 and c.purpose = 'marketing' order by e.at";
    let events: Vec<(String, Option<String>)> =
        world.accounts().await.query(sql, &[&person.user]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect();
    let ip = Some("127.0.0.1".to_owned());
    assert_eq!(events, [("consent-given".to_owned(), ip.clone()), ("consent-withdrawn".to_owned(), ip)]);
    assert!(!world.tables(Database::Accounts).await["consents"].contains("ip"));

    put(&world, &person, "/v1/me/consents/everything", json!({ "granted": true })).await.problem("not-found");
    assert_eq!(put(&world, &person, "/v1/me/consents/beta", json!({})).await.bad_fields(), ["granted"]);
    let anybody = world.call(Method::PUT, "/v1/me/consents/beta").json(&json!({ "granted": true }));
    anybody.send().await.problem("unauthenticated");
}
