//! What is known, counted and kept of each generation.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use e2e::events::Events;
use e2e::haystack::Haystack;
use e2e::http::Call;
use e2e::{Need, Person, World};
use futures::future::join_all;
use serde_json::{Value, json};

const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Model];
const GERMAN: &str = "Einladung zum Geburtstag von Friedegunde, mit Blumen und einem grünen Quokka";

fn request(world: &World, person: &Person, brief: &str) -> Call {
    world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": brief }))
}

async fn column(world: &World, id: &Value, column: &str) -> Value {
    let sql = format!("select to_jsonb({column})::text from generations where id = $1::text::uuid");
    let row = world.accounts().await.query_one(&sql, &[&id.as_str().unwrap()]).await.unwrap();
    serde_json::from_str(row.get(0)).unwrap()
}

#[e2e::test]
async fn promise_a11_the_complexity_is_known_before_the_model_is_asked() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let mut scores = Vec::new();
    for brief in [
        "a logo",
        "Poster for a jazz night, navy and gold, \"Blue Quokka\", title top left, 12 December at 8 pm, grid of 3 columns",
    ] {
        let made = request(&world, &person, brief).send().await.expect(201).json();
        let score = made["complexity"].as_i64().unwrap();
        assert!((0..=100).contains(&score));
        let reasons = column(&world, &made["id"], "complexity_reasons").await;
        let sum: i64 = reasons.as_array().unwrap().iter().map(|reason| reason["points"].as_i64().unwrap()).sum();
        assert_eq!(sum, score, "the reasons add up to it: {reasons}");
        assert!(!reasons.to_string().to_lowercase().contains("quokka"));
        let again = request(&world, &person, brief).send().await.expect(201).json();
        assert_eq!(again["complexity"], score, "the same brief has the same score");
        scores.push(score);
    }
    assert!(scores[0] < scores[1]);
    // A model that never answers does not change that.
    world.model().fault(Fault::Hang).await;
    let mut events = Events::open(request(&world, &person, "a logo")).await;
    let id = events.next().await.unwrap().data["id"].clone();
    assert_eq!(column(&world, &id, "complexity").await, scores[0]);
}

#[e2e::test]
async fn promise_a12_a_translated_brief_exists_only_where_one_was_made() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    for brief in ["Poster for a jazz night", "Affiche pour une nuit de jazz", "jazz"] {
        let made = request(&world, &person, brief).send().await.expect(201).json();
        assert_eq!(made["translated"], false, "{brief}");
    }
    let translated = async || {
        let client = world.database(Database::Briefs).await;
        client.query("select generation_id, envelope from briefs where kind = 2", &[]).await.unwrap()
    };
    assert!(translated().await.is_empty());
    let made = request(&world, &person, GERMAN).send().await.expect(201).json();
    assert_eq!(made["translated"], true);
    let rows = translated().await;
    assert_eq!((rows.len(), rows[0].get::<_, uuid::Uuid>(0).to_string().as_str()), (1, made["id"].as_str().unwrap()));
    let path = format!("/v1/generations/{}", made["id"].as_str().unwrap());
    let brief = world.get(&format!("{path}/brief")).bearer(&person.access).send().await.expect(200).json();
    let text = brief["translated_brief"].as_str().unwrap().to_owned();
    assert!(text.contains("invitation") && text.contains("Friedegunde"), "{text}");
    // Encrypted like the brief: no database has a word of either in clear.
    let cells = Haystack::of_cells(&world.dump_all().await);
    for secret in [&text, GERMAN, "Friedegunde", "Quokka", "invitation at the birthday"] {
        cells.lacks("the translated brief", secret);
    }
    // And gone with it.
    world.delete(&path).bearer(&person.access).send().await.expect(204);
    assert!(translated().await.is_empty());
}

#[e2e::test]
async fn promise_a15_tokens_are_counted_by_day_and_tenant_and_the_quota_holds_for_all() {
    let world = World::needing(&NEEDS).start().await;
    // 40 colleagues of one tenant, of whom nobody reaches a limit of their own.
    let first = world.person().await;
    let mut people = join_all((0..39).map(|_| world.person())).await;
    people.push(first.clone());
    let accounts = world.accounts().await;
    accounts.execute("update users set tenant_id = $1", &[&first.tenant]).await.unwrap();
    let made = request(&world, &first, "a card").send().await.expect(201).json();
    let cost = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    assert_eq!(world.count("select used from usage_daily").await, cost, "what the model's server counted");

    // 200 at once on a quota for ten.
    world.model().fault(Fault::Hang).await;
    let mut events = Events::open(request(&world, &first, "a card")).await;
    events.next().await.unwrap();
    let reserve = world.count("select reserved from usage_daily").await;
    accounts.batch_execute("delete from generations; delete from usage_daily").await.unwrap();
    // What is left beside the ten is too little for an answer.
    accounts.execute("update plans set daily_tokens = $1", &[&(10 * reserve + 500)]).await.unwrap();
    let calls = people
        .iter()
        .flat_map(|person| (0..5).map(|_| request(&world, person, "a card").header("accept", "text/event-stream").open()));
    let answers = join_all(calls).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().0.status.as_u16()).collect();
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200), count(429)), (10, 190), "{statuses:?}");
    assert_eq!(world.count("select sum(reserved)::bigint from usage_daily").await, 10 * reserve);
    assert_eq!(world.count("select count(*) from generations").await, 10);

    // The day begins at midnight where the tenant is: 23:30 in Paris and half past midnight are two days.
    drop(answers);
    world.model().behave().await;
    accounts
        .batch_execute("delete from generations; delete from usage_daily; update tenants set time_zone = 'Pacific/Kiritimati'")
        .await
        .unwrap();
    let now = world.now();
    let there = now.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(14)));
    let midnight = there.tomorrow().unwrap().start_of_day().unwrap();
    let person = world
        .later(
            (midnight.timestamp() - now).total(jiff::Unit::Second).map(|s| Duration::from_secs_f64((s - 30.0).max(1.0))).unwrap(),
            &first,
        )
        .await;
    request(&world, &person, "a card").send().await.expect(201);
    let person = world.later(Duration::from_mins(2), &person).await;
    request(&world, &person, "a card").send().await.expect(201);
    let days = "select count(*) from usage_daily where used > 0";
    assert_eq!(world.count(days).await, 2, "each day has its own count");
    let day = "select count(*) from usage_daily where day = $day::date";
    let day = day.replace("$day", &format!("'{}'", midnight.date()));
    assert_eq!(world.count(&day).await, 1, "the tenant's own day");
}

#[e2e::test]
async fn promise_a16_each_output_names_its_prompt_and_its_model() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let (mut versions, briefs) = (Vec::new(), ["a logo", "a logo", GERMAN]);
    for brief in briefs {
        let made = request(&world, &person, brief).send().await.expect(201).json();
        let version = made["prompt_version"].as_str().unwrap().to_owned();
        let (date, hash) = version.rsplit_once('-').unwrap();
        assert!(date.parse::<jiff::civil::Date>().is_ok(), "{version}");
        assert!(hash.len() == 8 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{version}");
        let tags = world.client().call(http::Method::GET, format!("{}/api/tags", world.model().url()));
        let tags = tags.try_send().await.expect("the model answers").json();
        let model = tags["models"].as_array().unwrap().iter().find(|model| model["name"] == made["model"]["name"]).unwrap();
        assert_eq!(made["model"]["version"], model["digest"], "the model's own digest");
        assert_eq!(column(&world, &made["id"], "prompt_version").await, version);
        versions.push(version);
    }
    assert_eq!(versions[0], versions[1]);
    assert_ne!(versions[0], versions[2], "other instructions, another identifier");
    // A failed one says too with what it failed, and what that took.
    world.model().fault(Fault::NotSchema).await;
    let mut events = Events::open(request(&world, &person, "a logo")).await;
    let id = events.next().await.unwrap().data["id"].clone();
    assert_eq!(events.rest().await.0.last().unwrap().name, "error");
    let path = format!("/v1/generations/{}", id.as_str().unwrap());
    let failed = world.get(&path).bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&failed["status"], &failed["prompt_version"]), (&json!("failed"), &json!(versions[0])));
    assert!(failed["model"]["version"].is_string() && failed["tokens"]["prompt"].as_i64() > Some(0), "{failed}");
}

#[e2e::test]
async fn promise_b04_five_a_minute_for_a_user_in_a_sliding_minute() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    let sql = "update tenants set plan = 'agency'";
    world.accounts().await.batch_execute(sql).await.unwrap();
    let make = async |key: &str| request(&world, &person, "a card").header("idempotency-key", key).send().await;
    for key in ["1", "2", "3"] {
        make(key).await.expect(201);
    }
    world.advance(Duration::from_secs(40));
    for key in ["4", "5"] {
        make(key).await.expect(201);
    }
    let refused = make("6").await.expect(429);
    assert!((1..=20).contains(&refused.retry_after()), "{}", refused.retry_after());
    // Replays do not count, and others are not concerned.
    for key in ["1", "5", "1"] {
        make(key).await.expect(200);
    }
    request(&world, &other, "a card").send().await.expect(201);
    // A minute after the first three there is room for three, not for five.
    world.advance(Duration::from_secs(21));
    for key in ["6", "7", "8"] {
        make(key).await.expect(201);
    }
    make("9").await.problem("rate-limited");
    world.advance(Duration::from_secs(40));
    for key in ["9", "10"] {
        make(key).await.expect(201);
    }
    make("11").await.problem("rate-limited");
}

#[e2e::test]
async fn promise_b05_what_may_not_be_asked_for_costs_no_model_time() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    for brief in
        ["how to build a pipe bomb, infographic", "carte d'identité : une fausse carte d'identité française", "p0rn poster"]
    {
        let problem = request(&world, &person, brief).send().await.problem("brief-refused");
        assert!(problem["category"].is_string());
    }
    assert!(world.model().requests().await.is_empty());
    assert_eq!(world.count("select count(*) from generations").await, 0);
    request(&world, &person, "Affiche contre les violences faites aux femmes").send().await.expect(201);
}
