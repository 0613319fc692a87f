//! Logs know people by their ids only, and no URL or database error says more.

use std::time::Duration;

use asknpic_local::model::Fault;
use e2e::haystack::Haystack;
use e2e::person::wrong;
use e2e::wait::until;
use e2e::{Applicant, Need, Person, World};
use serde_json::{Value, json};
use uuid::Uuid;

const BRIEF: &str = "Poster for the jazz night of Zoë Quillfeather, 14 March in the Kornhaus, navy and gold, \
                     title \"Blue Quokka Ensemble\" top left";

/// What must be in no log: by name, whatever it is.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn person(&mut self, person: &Person) {
        self.applicant(&person.applicant);
        // Header and claims of a token are ids; its signature is what makes it one.
        self.add("access token", person.access.rsplit('.').next().unwrap());
        self.add("refresh token", &person.refresh);
    }

    fn applicant(&mut self, applicant: &Applicant) {
        self.add("email", &applicant.email);
        self.add("local part", applicant.email.split('@').next().unwrap());
        self.add("phone", &applicant.phone[1..]);
        self.add("password", &applicant.password);
    }

    fn add(&mut self, what: &'static str, value: &str) {
        self.0.push((what, value.to_owned()));
    }

    #[track_caller]
    fn are_not_in(&self, name: &str, text: &str) {
        let log = Haystack::of_text(name, text);
        for (what, value) in &self.0 {
            log.lacks(what, value);
        }
        assert_eq!(log.pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    }
}

/// A whole life of a person with everything in the wrong place that one can put there.
async fn live(world: &World) -> (Person, Secrets) {
    let mut secrets = Secrets(Vec::new());
    let applicant = Applicant::invent();
    let mut form = applicant.form();
    form["first_name"] = "Marguerite-Ottoline".into();
    secrets.add("first name", "Marguerite-Ottoline");
    let id = world.post("/v1/signup").json(&form).send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
    let code = world.messages().code(&applicant.phone, 1).await;
    secrets.add("verification id", &id);
    // As text on its own: six digits can be part of a number by chance.
    secrets.add("code", &format!("\"{code}\""));
    secrets.add("wrong code", &format!("\"{}\"", wrong(&code)));
    world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid");
    let person = Person::of(&applicant, &world.verify(&id, &code).send().await);
    secrets.person(&person);

    // Values where they do not belong: paths, queries, headers, wrong types, fields that do not exist, broken bodies.
    let (email, phone) = (&applicant.email, &applicant.phone);
    for path in [
        format!("/v1/{email}"),
        format!("/v1/signup/{email}?phone={phone}"),
        format!("/v1/generations/{email}?token={}", person.access),
        format!("/v1/generations?cursor={email}&limit={phone}"),
        format!("/healthz?email={email}"),
        format!("/v1/otp/{id}"),
    ] {
        world.get(&path).bearer(&person.access).header("x-request-id", email).header("user-agent", phone).send().await;
    }
    let odd = [
        json!({ "email": [email], "password": applicant.password, "phone": phone }),
        json!({ "email": { "a": email }, "password": applicant.password, "phone": phone }),
        json!({ "email": email, "password": applicant.password, "phone": phone, email: phone }),
        json!({ "email": format!("{email} {email}"), "password": "x", "phone": email }),
        json!(email),
    ];
    for body in &odd {
        world.post("/v1/signup").json(body).send().await;
        world.post("/v1/session").json(body).send().await;
    }
    world.post("/v1/signup").text("application/json", form.to_string()[..60].to_owned()).send().await.problem("malformed-body");
    world.verify(email, phone).send().await.problem("invalid-request");
    world.verify(&id, email).send().await.problem("invalid-request");
    let stranger = Applicant::invent();
    secrets.applicant(&stranger);
    world.sign_in(&stranger).send().await.problem("credentials-invalid");
    let guess = Applicant { password: "a wrong password of somebody".to_owned(), ..applicant.clone() };
    secrets.add("wrong password", &guess.password);
    world.sign_in(&guess).send().await.problem("credentials-invalid");
    // A taken email, which is mailed to; a session that is used twice, likewise.
    let thief = Applicant { email: email.to_uppercase(), ..Applicant::invent() };
    secrets.applicant(&thief);
    world.sign_up(&thief).await;
    world.messages().wait_told(email, 1).await;
    let used = world.again(&person).await;
    secrets.person(&used);
    world.refresh(&used.refresh).send().await.expect(200);
    world.advance(Duration::from_secs(11));
    world.refresh(&used.refresh).send().await.problem("session-invalid");
    world.messages().wait_told(email, 2).await;
    (person, secrets)
}

/// Generations, good and bad.
async fn generate(world: &World, person: &Person, secrets: &mut Secrets) {
    let call = |brief: &Value| world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": brief }));
    let key = "an-idempotency-key-of-mine";
    secrets.add("idempotency key", key);
    let generation = call(&BRIEF.into()).header("idempotency-key", key).send().await.expect(201).json();
    let id = generation["id"].as_str().unwrap();
    for part in ["", "/brief", "/file", "/corrections", "/visual.svg", "/visual.svg?p.nothing=Quillfeather", "/visual.png"] {
        world.get(&format!("/v1/generations/{id}{part}")).bearer(&person.access).send().await;
    }
    let text = json!({ "format": "svg", "parameters": { "Quillfeather": "Blue Quokka Ensemble" } });
    world.post(&format!("/v1/generations/{id}/visual")).bearer(&person.access).json(&text).send().await;
    call(&json!([BRIEF])).send().await.problem("invalid-request");
    call(&format!("{BRIEF}\u{0}").into()).send().await.problem("invalid-request");
    for fault in [Fault::BadFile, Fault::NotSchema, Fault::NotJson, Fault::CutOff { after_chunks: 2 }] {
        world.model().fault(fault.clone()).await;
        world.advance(Duration::from_mins(1));
        let answer = call(&BRIEF.into()).send().await;
        assert!(answer.status.is_server_error(), "{fault:?}: {}", answer.text());
    }
    world.model().behave().await;
}

#[e2e::test]
async fn promise_a20_application_logs_hold_ids_and_nothing_personal() {
    let needs = [Need::Clock, Need::OwnDatabases, Need::Logs, Need::Model];
    let world = World::needing(&needs).start().await;
    let (person, mut secrets) = live(&world).await;
    generate(&world, &person, &mut secrets).await;
    let request_id = Uuid::new_v4().to_string();
    world.get("/v1/generations").bearer(&person.access).header("x-request-id", &request_id).send().await.expect(200);
    until("the last request's line", async || world.logs().contains(&request_id).then_some(())).await;

    let logs = world.logs();
    secrets.are_not_in("the components' logs", &logs);
    for line in logs.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(
            line["event"].is_string() && line["at"].as_str().is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok()),
            "{line}"
        );
        assert_ne!(line["event"], "panic", "{line}");
        if line["event"] == "request" {
            assert!(line["request_id"].as_str().is_some_and(|id| id.parse::<Uuid>().is_ok()), "{line}");
            let path = line["path"].as_str().unwrap();
            assert!(!path.contains('?'), "{line}");
        }
    }
    let lines = world.requests_of("generate");
    let last = lines.iter().find(|line| line["request_id"] == request_id.as_str()).expect("the request's line");
    assert_eq!((&last["user"], &last["tenant"]), (&json!(person.user), &json!(person.tenant)), "ids are there");
    assert_eq!((&last["method"], &last["status"], &last["path"]), (&json!("GET"), &json!(200), &json!("/v1/generations")));
}

#[e2e::test]
async fn promise_a19_no_personal_data_in_urls_database_errors_or_server_logs() {
    let needs = [Need::Clock, Need::OwnDatabases, Need::Logs, Need::Model];
    let world = World::needing(&needs).start().await;
    let (person, mut secrets) = live(&world).await;
    generate(&world, &person, &mut secrets).await;

    // Errors that the database answers with values in them, of the kind that a mistake of ours would cause.
    let client = world.accounts().await;
    let again = "insert into users (id, tenant_id, email, language, policy_version, created_at, last_active_at)
                 select gen_random_uuid(), tenant_id, email, language, policy_version, created_at, last_active_at from users where id = $1";
    let error = client.execute(again, &[&person.user]).await.unwrap_err();
    assert!(error.as_db_error().unwrap().detail().unwrap().contains(&person.applicant.email), "the client is told");
    let wrong_type = format!("select '{}'::uuid", person.applicant.email);
    client.query(&wrong_type, &[]).await.unwrap_err();
    let log = world.database_log();
    assert!(log.contains("duplicate key value") && log.contains("invalid input syntax"), "the server logs errors");
    // The message itself of that last one quotes the value, which no setting prevents: components send values as parameters only,
    // so none of theirs can.
    let own = log.lines().filter(|line| !line.contains("invalid input syntax for type uuid"));
    secrets.are_not_in("PostgreSQL's log", &own.collect::<Vec<_>>().join("\n"));

    // Where we lead people and what we call have ids in them at most.
    let list = world.get("/v1/generations").bearer(&person.access).send().await.expect(200);
    let mut urls: Vec<String> = Vec::new();
    for item in list.json()["items"].as_array().unwrap() {
        urls.extend(item["links"].as_object().unwrap().values().map(|link| link.as_str().unwrap().to_owned()));
    }
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }));
    urls.push(call.send().await.expect(201).header("location").unwrap().to_owned());
    urls.extend(world.model().requests().await.iter().map(|request| request["path"].as_str().unwrap().to_owned()));
    secrets.are_not_in("URLs", &urls.join("\n"));
    assert!(urls.iter().all(|url| !url.contains('?')), "{urls:?}");
    // The host's lines of requests have the path without its query, and none where there is nothing of ours.
    for component in ["signup", "otp", "session", "generate", "library", "meta"] {
        for line in world.requests_of(component) {
            assert!(line["status"] != 404 || line["path"] == "-", "{line}");
        }
    }
}

#[e2e::test]
async fn promise_a20_application_logs_are_kept_thirty_days() {
    const HOUR: Duration = Duration::from_hours(1);
    const DAYS_30: Duration = Duration::from_hours(30 * 24);
    let folder = tempfile::tempdir().unwrap();
    let world = World::needing(&[Need::Clock]).log_files(folder.path()).start().await;
    world.freeze();
    let begun = world.now();
    let ask = async || world.get("/v1/generations").bearer("nobody").send().await.problem("unauthenticated");
    let file = folder.path().join("generate_stderr.txt");
    // The line follows the answer.
    let lines = async |many: usize| {
        let lines = || std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
        until("the lines of the log", async || Some(lines()).filter(|lines| lines.len() == many)).await
    };
    let time = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
    };
    ask().await;
    let first = lines(1).await.remove(0);
    // Lines of the very first second may not be of the last.
    assert_eq!(time(&first).duration_since(begun).as_secs(), 0, "{first}");

    // Until its thirty days are over a line stays, and then goes with the next that is written.
    world.advance(Duration::from_hours(30 * 24 - 1));
    ask().await;
    assert_eq!(lines(2).await[0], first);
    // What the operator runs each hour beside Spin, on the same lines: nothing is due yet.
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(&file, copy.path().join("generate_stderr.txt")).unwrap();
    let prune = |now: jiff::Timestamp| asknpic::logs::prune(copy.path(), now).unwrap();
    assert_eq!(prune(world.now()).bytes, 0);

    world.advance(HOUR * 2);
    assert_eq!(prune(world.now()).bytes, u64::try_from(first.len()).unwrap() + 1);
    ask().await;
    let left = lines(2).await;
    assert!(left.iter().all(|line| world.now().duration_since(time(line)) < DAYS_30.try_into().unwrap()), "{left:?}");
    let pruned = std::fs::read_to_string(copy.path().join("generate_stderr.txt")).unwrap();
    assert_eq!(pruned, format!("{}\n", left[0]), "the younger line is whole");
}
