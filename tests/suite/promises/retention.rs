//! What the passing of time does, each rule one second before its deadline and one second after, on a clock that stands still in
//! between.

use std::time::Duration;

use asknpic::migrate::Database;
use e2e::haystack::Haystack;
use e2e::messages::Message;
use e2e::{Answer, Need, Person, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

const NEEDS: [Need; 4] = [Need::OwnDatabases, Need::Keys, Need::Clock, Need::Model];
const SECOND: SignedDuration = SignedDuration::from_secs(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn world() -> World {
    let world = World::needing(&NEEDS).start().await;
    world.freeze();
    world
}

async fn sweep(world: &World) -> Value {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200).json()
}

/// Moves the clock to a time.
fn go(world: &World, to: Timestamp) {
    let ahead = to.duration_since(world.now());
    world.advance(Duration::try_from(ahead).expect("a time that is to come"));
}

async fn generate(world: &World, person: &Person) -> Uuid {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "a poster about otters" }));
    call.send().await.expect(201).json()["id"].as_str().unwrap().parse().unwrap()
}

async fn part(world: &World, person: &Person, id: Uuid, name: &str) -> Answer {
    world.get(&format!("/v1/generations/{id}/{name}")).bearer(&person.access).send().await
}

async fn set_plan(world: &World, person: &Person, plan: &str, downgraded: bool) {
    let sql = "update tenants set plan = $2, downgraded_at = $3::text::timestamp where id = $1";
    let at = downgraded.then(|| asknpic::operator::utc(world.now()));
    world.accounts().await.execute(sql, &[&person.tenant, &plan, &at]).await.unwrap();
}

/// How many pieces of content a generation has in both databases.
async fn pieces(world: &World, id: Uuid) -> i64 {
    let mut count = 0;
    for (database, table) in [(Database::Briefs, "briefs"), (Database::Files, "files")] {
        let sql = format!("select count(*) from {table} where generation_id = $1");
        count += world.database(database).await.query_one(&sql, &[&id]).await.unwrap().get::<_, i64>(0);
    }
    count
}

/// Somebody with a plan and a generation, with a translation and a raw file beside what every generation has.
async fn owner(world: &World, plan: &str) -> (Person, Uuid) {
    let person = world.person().await;
    set_plan(world, &person, plan, false).await;
    let id = generate(world, &person).await;
    let at = asknpic::operator::utc(world.now());
    for (database, table, kind) in [(Database::Briefs, "briefs", 2_i16), (Database::Files, "files", 4)] {
        let sql = format!(
            "insert into {table} (generation_id, kind, user_id, envelope, created_at) values ($1, $2, $3, 'x', $4::text::timestamp)"
        );
        world.database(database).await.execute(&sql, &[&id, &kind, &person.user, &at]).await.unwrap();
    }
    assert_eq!(pieces(world, id).await, 4);
    (person, id)
}

/// The mails to somebody, newest first, but for the one that asks a new account to confirm its address.
async fn warnings(world: &World, person: &Person) -> Vec<Message> {
    let mails = world.messages().to(&person.applicant.email).await;
    mails.into_iter().filter(|mail| !mail.text.contains("/confirm-email#token=")).collect()
}

#[e2e::test]
async fn promise_a41_content_goes_by_its_plan_to_the_second() {
    let world = world().await;
    let start = world.now();
    let mut owners = Vec::new();
    for plan in ["free", "starter", "pro", "agency"] {
        owners.push(owner(&world, plan).await);
    }
    let [free, starter, pro, agency] = &owners[..] else { panic!("four") };
    for (days, (person, id), keeps) in [(7, free, vec![starter, pro, agency]), (30, starter, vec![pro, agency])] {
        let deadline = start + DAY * days;
        go(&world, deadline - SECOND);
        sweep(&world).await;
        assert_eq!(pieces(&world, *id).await, 4, "{days} days, one second before");
        let again = world.again(person).await;
        part(&world, &again, *id, "brief").await.expect(200);
        part(&world, &again, *id, "file").await.expect(200);
        go(&world, deadline + SECOND);
        part(&world, &again, *id, "file").await.problem("content-expired");
        assert_eq!(sweep(&world).await["expired_content"], 1);
        assert_eq!(pieces(&world, *id).await, 0, "translated briefs and raw files too");
        for name in ["brief", "file", "visual.svg"] {
            part(&world, &again, *id, name).await.problem("content-expired");
        }
        // The metadata lives as long as the account (promise a43), and so do the corrections (a42).
        let metadata = world.get(&format!("/v1/generations/{id}")).bearer(&again.access).send().await.expect(200).json();
        assert_eq!((&metadata["content_expired"], &metadata["status"]), (&true.into(), &"delivered".into()));
        part(&world, &again, *id, "corrections").await.expect(200);
        for (_, id) in keeps {
            assert_eq!(pieces(&world, *id).await, 4);
        }
    }
    go(&world, start + DAY * 300);
    sweep(&world).await;
    for (person, id) in [pro, agency] {
        assert_eq!(pieces(&world, *id).await, 4);
        part(&world, &world.again(person).await, *id, "file").await.expect(200);
    }
}

/// Sends somebody's wish to be erased.
async fn erase(world: &World, person: &Person) {
    let call = world.post("/v1/me/erasure").bearer(&person.access).json(&json!({ "confirm": true }));
    call.send().await.expect(202);
}

const PLANS: [&str; 4] = ["free", "starter", "pro", "agency"];

#[e2e::test]
async fn promise_a40_account_data_is_there_until_the_account_closes_and_gone_then() {
    let world = world().await;
    // Across the leap day of 2028 and both changes of the clock.
    go(&world, "2027-09-01T00:30:00Z".parse().unwrap());
    let mut people = Vec::new();
    for plan in PLANS {
        people.push(owner(&world, plan).await.0);
    }
    let leaves = owner(&world, "free").await.0;
    let tables = ["users", "tenants", "sessions", "user_keys", "generations", "usage_daily"];
    let of = async |person: &Person| {
        let cells = world.dump(Database::Accounts).await;
        let ids =
            [person.user.to_string(), person.tenant.to_string(), person.applicant.email.clone(), person.applicant.phone.clone()];
        let found = cells.iter().filter(|cell| ids.iter().any(|id| cell.bytes == id.as_bytes()));
        found.map(|cell| cell.place.split('.').nth(1).unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    for table in tables {
        assert!(of(&leaves).await.contains(table), "{table}");
    }

    // Closed by its owner: from that moment on.
    let start = world.now();
    erase(&world, &leaves).await;
    sweep(&world).await;
    let left = of(&leaves).await;
    assert!(left.iter().all(|table| ["security_events", "erasures", "requests"].contains(&table.as_str())), "{left:?}");
    world.get("/v1/me").bearer(&leaves.access).send().await.problem("unauthenticated");
    world.sign_in(&leaves.applicant).send().await.problem("credentials-invalid");

    // Closed by a year without its owner, whatever the plan: there to the last second, and gone with the next.
    go(&world, start + DAY * 335 + SECOND);
    sweep(&world).await;
    go(&world, start + DAY * 365 - SECOND);
    sweep(&world).await;
    for (person, plan) in people.iter().zip(PLANS) {
        let found = of(person).await;
        assert!(found.contains("users") && found.contains("user_keys") && found.contains("generations"), "{plan}: {found:?}");
    }
    go(&world, start + DAY * 365 + SECOND * 2);
    sweep(&world).await;
    for (person, plan) in people.iter().zip(PLANS) {
        let found = of(person).await;
        assert!(found.iter().all(|table| ["security_events", "erasures"].contains(&table.as_str())), "{plan}: {found:?}");
        world.sign_in(&person.applicant).send().await.problem("credentials-invalid");
    }
    // The journal's ids go when the last backup has, and the events by bare id after their year.
    go(&world, start + DAY * (365 + 366));
    sweep(&world).await;
    for person in people.iter().chain([&leaves]) {
        assert_eq!(of(person).await, std::collections::BTreeSet::new());
    }
}

/// Says that a file was corrected, with a log that nothing else has.
async fn correct(world: &World, id: Uuid, mark: &str) {
    let log = json!([{ "code": mark, "path": "/layers/0", "numbers": [] }]).to_string();
    let sql = "update generations set corrected = true, corrections = $2::text::jsonb where id = $1";
    world.accounts().await.execute(sql, &[&id, &log]).await.unwrap();
}

#[e2e::test]
async fn promise_a42_correction_logs_stay_with_the_account_and_go_with_it() {
    let world = world().await;
    go(&world, "2028-02-26T12:00:00Z".parse().unwrap());
    let start = world.now();
    let mut owners = Vec::new();
    for plan in PLANS {
        let (person, id) = owner(&world, plan).await;
        correct(&world, id, &format!("mark-{plan}")).await;
        owners.push((person, id, plan));
    }
    let kept = async |plan: &str| Haystack::of_cells(&world.dump_all().await).places_of(format!("mark-{plan}").as_bytes());
    // Long after the content of the small plans is gone, and across the leap day.
    for days in [8, 31, 300] {
        go(&world, start + DAY * days);
        sweep(&world).await;
        for (person, id, plan) in &owners {
            let log = part(&world, &world.again(person).await, *id, "corrections").await.expect(200).json();
            assert_eq!(log["items"][0]["code"], format!("mark-{plan}"), "{days} days: {log}");
        }
    }
    // To the last second of the account, and within its 30 days: with it, in fact.
    for (person, id, plan) in &owners {
        assert_eq!(kept(plan).await, ["accounts.generations.corrections"], "{plan}");
        let person = world.again(person).await;
        erase(&world, &person).await;
        sweep(&world).await;
        assert_eq!(kept(plan).await, Vec::<String>::new(), "{plan}");
        part(&world, &person, *id, "corrections").await.problem("unauthenticated");
    }
}

#[e2e::test]
async fn promise_a43_metadata_stays_with_the_account_and_what_identifies_nobody_for_thirty_days_more() {
    let world = world().await;
    // The thirty days are across the leap day.
    go(&world, "2028-02-20T15:00:00Z".parse().unwrap());
    let start = world.now();
    let mut owners = Vec::new();
    for plan in PLANS {
        owners.push(owner(&world, plan).await);
    }
    // The metadata outlives the content, whatever the plan.
    go(&world, start + DAY * 200);
    sweep(&world).await;
    for ((person, id), plan) in owners.iter().zip(PLANS) {
        let person = world.again(person).await;
        let shown = world.get(&format!("/v1/generations/{id}")).bearer(&person.access).send().await.expect(200).json();
        assert_eq!((&shown["status"], shown["tokens"]["prompt"].as_i64() > Some(0)), (&"delivered".into(), true), "{plan}");
        let list = world.get("/v1/generations").bearer(&person.access).send().await.expect(200).json();
        assert_eq!(list["items"][0]["id"], id.to_string());
        erase(&world, &person).await;
        part(&world, &person, *id, "corrections").await.problem("unauthenticated");
    }
    sweep(&world).await;
    let closed = world.now();
    assert_eq!(world.count("select count(*) from generations").await, 0);
    // What is left of them leads to nobody.
    assert_eq!(world.count("select count(*) from anonymous_generations").await, 4);
    let cells: Vec<_> =
        world.dump(Database::Accounts).await.into_iter().filter(|cell| cell.place.contains("anonymous_generations")).collect();
    assert!(!cells.is_empty());
    let haystack = Haystack::of_cells(&cells);
    for (person, id) in &owners {
        for what in [person.user, person.tenant, person.session, *id] {
            haystack.lacks("an id", what.to_string().as_bytes());
        }
    }
    // By days, so that no time tells whose it was: to the end of the thirtieth day after the closing at the latest.
    let end = (closed + DAY * 30).to_zoned(jiff::tz::TimeZone::UTC).date().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    go(&world, end - SECOND);
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from anonymous_generations").await, 4);
    go(&world, end + SECOND);
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from anonymous_generations").await, 0);
}

#[e2e::test]
async fn promise_a41_deadlines_hold_across_a_clock_change_and_a_leap_day() {
    let world = world().await;
    // Clocks in Europe go forward on 28 March 2027 and back on 31 October; 2028 has a 29 February.
    for start in ["2027-03-25T00:30:00Z", "2027-10-28T00:30:00Z", "2028-02-26T12:00:00Z"] {
        go(&world, start.parse().unwrap());
        let (_, id) = owner(&world, "free").await;
        let deadline = world.now() + DAY * 7;
        go(&world, deadline - SECOND);
        sweep(&world).await;
        assert_eq!(pieces(&world, id).await, 4, "{start}");
        go(&world, deadline + SECOND);
        sweep(&world).await;
        assert_eq!(pieces(&world, id).await, 0, "{start}");
    }
}

#[e2e::test]
async fn promise_a48_content_beyond_a_plan_comes_back_and_is_gone_after_a_year() {
    let world = world().await;
    let (back, gone, starter) = (owner(&world, "pro").await, owner(&world, "pro").await, owner(&world, "starter").await);
    let start = world.now();
    go(&world, start + DAY * 20);
    for (person, _) in [&back, &gone, &starter] {
        set_plan(&world, person, "free", true).await;
    }
    let downgraded = world.now();
    sweep(&world).await;
    for (person, id) in [&back, &gone, &starter] {
        let person = world.again(person).await;
        for name in ["brief", "file", "visual.svg", "visual.png"] {
            let problem = part(&world, &person, *id, name).await.problem("content-expired");
            assert_eq!(problem["reason"], "plan", "{name}: {problem}");
            let until: Timestamp = problem["until"].as_str().unwrap().parse().unwrap();
            // The Starter plan would have let it go after its 30 days.
            let expected = if *id == starter.1 { start + DAY * 30 } else { downgraded + DAY * 365 };
            assert!(until.duration_since(expected).abs() < SECOND, "{until} is not {expected}");
        }
        assert_eq!(pieces(&world, *id).await, 4, "inaccessible and still there");
    }
    // What would have gone under the plan of before goes then.
    go(&world, start + DAY * 30 + SECOND);
    sweep(&world).await;
    assert_eq!(pieces(&world, starter.1).await, 0);
    let problem = part(&world, &world.again(&starter.0).await, starter.1, "file").await.problem("content-expired");
    assert_eq!((&problem["reason"], problem.get("until")), (&"removed".into(), None));
    // An upgrade brings the rest back.
    go(&world, downgraded + DAY * 200);
    set_plan(&world, &back.0, "pro", false).await;
    part(&world, &world.again(&back.0).await, back.1, "file").await.expect(200);
    let person = world.again(&gone.0).await;
    go(&world, downgraded + DAY * 365 - SECOND);
    sweep(&world).await;
    assert_eq!(pieces(&world, gone.1).await, 4);
    go(&world, downgraded + DAY * 365 + SECOND);
    sweep(&world).await;
    assert_eq!((pieces(&world, gone.1).await, pieces(&world, back.1).await), (0, 4));
    set_plan(&world, &gone.0, "pro", false).await;
    part(&world, &world.again(&person).await, gone.1, "file").await.problem("content-expired");
}

#[e2e::test]
async fn promise_a79_while_restricted_nothing_is_deleted_for_its_age() {
    let world = world().await;
    let (person, id) = owner(&world, "free").await;
    let accounts = world.accounts().await;
    accounts.execute("update users set restricted_at = created_at where id = $1", &[&person.user]).await.unwrap();
    go(&world, world.now() + DAY * 400);
    sweep(&world).await;
    assert_eq!(pieces(&world, id).await, 4);
    assert!(warnings(&world, &person).await.is_empty());
    accounts.execute("update users set restricted_at = null where id = $1", &[&person.user]).await.unwrap();
    sweep(&world).await;
    assert_eq!(pieces(&world, id).await, 0);
}

#[e2e::test]
async fn promise_a45_usage_is_kept_90_days_and_monthly_sums_two_years() {
    let world = world().await;
    let (person, _) = owner(&world, "free").await;
    let accounts = world.accounts().await;
    let used = world.count("select sum(used)::bigint from usage_daily").await;
    assert!(used > 0);
    // The day ends at midnight, and 90 days later it goes: here for a day whose end is known in UTC.
    accounts.execute("update usage_daily set day = '2027-02-28'", &[]).await.unwrap();
    let deadline: Timestamp = "2027-05-30T00:00:00Z".parse().unwrap();
    go(&world, deadline - SECOND);
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from usage_daily").await, 1);
    assert_eq!(world.count("select count(*) from usage_monthly").await, 0);
    go(&world, deadline + SECOND);
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from usage_daily").await, 0);
    let sum = "select tokens from usage_monthly where month = '2027-02-01' and plan = 'free'";
    assert_eq!(world.count(sum).await, used);
    // Of nobody.
    let haystack = Haystack::of_cells(
        &world.dump(Database::Accounts).await.into_iter().filter(|cell| cell.place.contains("usage_monthly")).collect::<Vec<_>>(),
    );
    haystack.lacks("the tenant", person.tenant.to_string().as_bytes());
    haystack.lacks("the user", person.user.to_string().as_bytes());
    // Two years (730 days) after the month's end. The account is kept alive meanwhile.
    let end: Timestamp = "2027-03-01T00:00:00Z".parse().unwrap();
    for days in [300, 600] {
        go(&world, end + DAY * days);
        world.again(&person).await;
        sweep(&world).await;
    }
    go(&world, end + DAY * 730 - SECOND);
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from usage_monthly").await, 1);
    go(&world, end + DAY * 730 + SECOND);
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from usage_monthly").await, 0);
}

#[e2e::test]
async fn promise_a48_unused_accounts_are_warned_and_then_erased_unless_somebody_comes_back() {
    let world = world().await;
    let (stays, goes) = (world.person().await, world.person().await);
    let id = generate(&world, &goes).await;
    let accounts = world.accounts().await;
    let grant =
        "insert into credit_ledger (id, tenant_id, created_at, tokens, kind) values ($1, $2, $3::text::timestamp, 4711, 'grant')";
    accounts.execute(grant, &[&Uuid::now_v7(), &goes.tenant, &asknpic::operator::utc(world.now())]).await.unwrap();
    let start = world.now();
    let erased = start + DAY * 365;
    let mails = async |person: &Person| warnings(&world, person).await;

    go(&world, start + DAY * 335 - SECOND);
    sweep(&world).await;
    assert!(mails(&goes).await.is_empty());
    go(&world, start + DAY * 335 + SECOND);
    // Two at once: one mail each.
    futures::join!(sweep(&world), sweep(&world));
    for person in [&stays, &goes] {
        assert_eq!(mails(person).await.len(), 1);
    }
    let warning = mails(&goes).await.remove(0);
    let day = (erased + SECOND).strftime("%Y-%m-%d").to_string();
    assert!(warning.text.contains(&day) && warning.text.contains("4711"), "{}", warning.text);
    // Coming back makes it void, and the year begins anew.
    world.again(&stays).await;
    go(&world, start + DAY * 365);
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from users").await, 2, "30 days after the warning, not before");
    go(&world, start + DAY * 365 + SECOND * 2);
    sweep(&world).await;
    let left: Vec<Uuid> = accounts.query("select id from users", &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(left, [stays.user]);
    assert_eq!(mails(&stays).await.len(), 1);
    // Through the journal, like the person's own erasure: key, account, content.
    assert_eq!(world.count("select count(*) from erasures").await, 1);
    assert_eq!(world.count("select count(*) from user_keys").await, 1);
    assert_eq!(pieces(&world, id).await, 0);
    world.sign_in(&goes.applicant).send().await.problem("credentials-invalid");
    let haystack = Haystack::of_cells(&world.dump_all().await);
    assert_eq!(haystack.places_of(goes.applicant.email.as_bytes()), Vec::<String>::new());
}

#[e2e::test]
async fn two_sweepers_at_once_and_a_killed_host_end_in_the_same_state() {
    let program = env!("CARGO_BIN_EXE_e2e-host");
    let mut world = World::needing(&NEEDS).in_process(program).start().await;
    let person = world.person().await;
    let accounts = world.accounts().await;
    // Enough for many batches: generations of eight days ago with a brief and a file each.
    let sql = "insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, quota_day)
               select md5(n::text)::uuid, $1, $2, $3::text::timestamp, $3::text::timestamp, 'delivered', 'free', '2026-01-01'
               from generate_series(1, 6000) n";
    let old = asknpic::operator::utc(world.now() - DAY * 8);
    accounts.execute(sql, &[&person.tenant, &person.user, &old]).await.unwrap();
    for (database, table, kind) in [(Database::Briefs, "briefs", 1_i16), (Database::Files, "files", 3)] {
        let sql = format!(
            "insert into {table} (generation_id, kind, user_id, envelope, created_at)
             select md5(n::text)::uuid, $1, $2, 'x', $3::text::timestamp from generate_series(1, 6000) n"
        );
        world.database(database).await.execute(&sql, &[&kind, &person.user, &old]).await.unwrap();
    }
    let open = "select count(*) from generations where content_deleted_at is null";
    let url = world.url();
    let token = world.variable("ops_token").to_owned();
    let client = world.client().clone();
    let running = tokio::spawn(async move {
        client.call(http::Method::POST, format!("{url}/v1/ops/retention")).bearer(&token).try_send().await
    });
    e2e::wait::until("the first batch", async || (world.count(open).await < 6_000).then_some(())).await;
    world.kill_host().await;
    let _ = running.await;
    world.start_host().await;
    futures::join!(sweep(&world), sweep(&world));
    sweep(&world).await;
    assert_eq!(world.count(open).await, 0);
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (0, 0));
}

#[e2e::test]
async fn the_operators_report_tells_what_is_held_and_when_it_goes() {
    let world = world().await;
    let (_, id) = owner(&world, "free").await;
    let accounts = world.accounts().await;
    let line = async |rule: &str| {
        let lines = asknpic::lifecycle::report(&accounts, world.now()).await.unwrap();
        lines.into_iter().find(|line| line.rule == rule).unwrap()
    };
    let before = line("expired_content").await;
    assert_eq!((before.held, before.rows, before.ran_at), (1, None, None));
    let due = world.now() + DAY * 7;
    let next = before.next.unwrap();
    assert!(next.starts_with(&due.strftime("%Y-%m-%d %H:%M:%S").to_string()), "{next} is not {due}");
    go(&world, due);
    let (url, token) = (world.url(), world.variable("ops_token").to_owned());
    let rows =
        tokio::task::spawn_blocking(move || asknpic::lifecycle::run(&url, &token, false, |_, _, _| {})).await.unwrap().unwrap();
    assert_eq!(rows["expired_content"], 1);
    assert_eq!(pieces(&world, id).await, 0);
    let after = line("expired_content").await;
    assert_eq!((after.held, after.rows), (0, Some(1)));
    assert!(after.ran_at.is_some_and(|at| at.starts_with(&due.strftime("%Y-%m-%d %H:%M:%S").to_string())));
    let (url, wrong) = (world.url(), "x".repeat(43));
    assert!(
        tokio::task::spawn_blocking(move || asknpic::lifecycle::run(&url, &wrong, false, |_, _, _| {})).await.unwrap().is_err()
    );
}
