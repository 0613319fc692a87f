//! `POST /v1/ops/retention`: what the passing of time does to data, run by the operator.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use domain::retention::SWEEPS;
use e2e::contract::{DAY, GENERATION};
use e2e::crypto::mac;
use e2e::events::Events;
use e2e::http::Call;
use e2e::jwt::key_bytes;
use e2e::{Answer, Applicant, Need, World};
use futures::future::join_all;
use serde_json::{Value, json};

const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Keys];

async fn retention(world: &World) -> Answer {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await
}

/// Runs the rules and says how many rows each dealt with, without those that had nothing to do.
async fn swept(world: &World) -> Value {
    let mut rows = retention(world).await.expect(200).json();
    rows.as_object_mut().unwrap().retain(|_, rows| *rows != 0);
    rows
}

fn generate(world: &World, access: &str) -> Call {
    world.post("/v1/generations").bearer(access).json(&json!({ "brief": "a poster" }))
}

#[e2e::test]
async fn only_the_operators_token_runs_the_rules() {
    let world = World::needing(&[Need::Keys]).start().await;
    let person = world.person().await;
    let token = world.variable("ops_token").to_owned();
    let (short, long) = (&token[..token.len() - 1], format!("{token}A"));
    let other = if token.starts_with('A') { token.replacen('A', "B", 1) } else { format!("A{}", &token[1..]) };
    for wrong in ["", "x.y.z", short, &long, &other, &person.access, world.variable("internal_key")] {
        let answer = world.post("/v1/ops/retention").bearer(wrong).send().await;
        answer.problem("unauthenticated");
        assert!(answer.header("www-authenticate").is_some());
    }
    world.post("/v1/ops/retention").send().await.problem("unauthenticated");
    let rules = retention(&world).await.expect(200).json();
    for rule in [
        "stale_generations",
        "limits",
        "lockouts",
        "idempotency_keys",
        "verifications",
        "email_tokens",
        "exports",
        "oauth_states",
        "oauth_claims",
        "unproved_accounts",
        "plan_gifts",
        "checkouts",
        "stripe_events",
        "gift_codes",
        "billing_records",
        "billing_customers",
        "orphaned_briefs",
        "orphaned_files",
    ] {
        assert_eq!(rules[rule], 0, "{rules}");
    }
}

#[e2e::test]
async fn what_a_crash_left_is_failed_released_and_removed() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    let kept = generate(&world, &person.access).send().await.expect(201).json();
    world.model().fault(Fault::Hang).await;
    for access in [&person.access, &other.access] {
        let mut events = Events::open(generate(&world, access).header("idempotency-key", "k")).await;
        assert_eq!(events.next().await.unwrap().name, "accepted");
    }
    // The briefs are kept a moment after the generations are accepted.
    e2e::wait::until("the briefs", async || (world.counts().await["briefs.briefs"] == 3).then_some(())).await;
    assert_eq!(swept(&world).await, json!({}), "within its deadline it may still be running somewhere");
    let reserved = "select coalesce(sum(reserved), 0)::bigint from usage_daily";
    assert!(world.count(reserved).await > 0);

    // A file that was kept before a crash kept its generation from being delivered.
    let orphan = "insert into files select g.id, k, g.user_id, 'x', g.created_at from unnest(array[3, 4]) k, (values ($1::uuid, $2::uuid, $3::timestamp)) g (id, user_id, created_at)";
    let row = "select id, user_id, created_at from generations where status = 'running' order by id limit 1";
    let row = world.accounts().await.query_one(row, &[]).await.unwrap();
    let (id, user): (uuid::Uuid, uuid::Uuid) = (row.get(0), row.get(1));
    let sql = orphan.replace("$1", &format!("'{id}'")).replace("$2", &format!("'{user}'")).replace("$3", "'2026-01-01'");
    world.database(Database::Files).await.batch_execute(&sql).await.unwrap();

    world.advance(GENERATION + Duration::from_secs(1));
    let rows = swept(&world).await;
    assert_eq!(
        (&rows["stale_generations"], &rows["orphaned_briefs"], &rows["orphaned_files"]),
        (&json!(2), &json!(2), &json!(2))
    );
    assert_eq!(world.count(reserved).await, 0);
    assert_eq!(world.count("select count(*) from idempotency").await, 0);
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (1, 1));
    let whole = world.get(kept["links"]["self"].as_str().unwrap()).bearer(&person.access).send().await.expect(200).json();
    assert_eq!(whole, kept, "what was delivered stays");
    assert_eq!(swept(&world).await, json!({}));
}

#[e2e::test]
async fn counters_codes_and_unproved_accounts_go_after_a_day() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    generate(&world, &person.access).header("idempotency-key", "k").send().await.expect(201);
    let pending = Applicant::invent();
    let id = world.sign_up(&pending).await;
    let code = world.messages().code(&pending.phone, 1).await;
    world.verify(&id, &e2e::person::wrong(&code)).send().await.problem("otp-invalid");
    let before = world.counts().await;
    for table in ["limits", "lockouts", "idempotency", "verifications"] {
        assert!(before[&format!("accounts.{table}")] > 0, "the test fills {table}");
    }
    assert_eq!(before["accounts.users"], 2);
    world.advance(DAY + Duration::from_secs(1));
    let rows = swept(&world).await;
    for rule in ["limits", "lockouts", "idempotency_keys", "unproved_accounts"] {
        assert!(rows[rule].as_i64() > Some(0), "{rule}: {rows}");
    }
    let after = world.counts().await;
    for table in ["limits", "lockouts", "idempotency", "verifications"] {
        assert_eq!(after[&format!("accounts.{table}")], 0, "{table}");
    }
    assert_eq!((after["accounts.users"], after["accounts.tenants"], after["accounts.user_keys"]), (1, 1, 1));
    assert_eq!(after["accounts.generations"], 1);
    assert_eq!(after["files.files"], before["files.files"]);
}

#[e2e::test]
async fn many_orphans_go_in_batches_and_two_runs_at_once_do_no_harm() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let kept = generate(&world, &person.access).send().await.expect(201).json();
    // Of a user who is no more; their ids are before and after those of today.
    let sql = |table: &str, kind: i32| {
        format!(
            "insert into {table} select (lpad(to_hex(n * 100003), 8, '0') || '-0000-7000-8000-000000000000')::uuid, {kind},
                 '00000000-0000-0000-0000-000000000000', 'x', '2026-01-01' from generate_series(1, 1700) n"
        )
    };
    world.database(Database::Briefs).await.batch_execute(&sql("briefs", 1)).await.unwrap();
    world.database(Database::Files).await.batch_execute(&sql("files", 3)).await.unwrap();
    let answers = join_all((0..4).map(|_| retention(&world))).await;
    let rows: Vec<_> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
    let sum = |rule: &str| rows.iter().map(|rows| rows[rule].as_i64().unwrap()).sum::<i64>();
    assert!((1..=1_700).contains(&sum("orphaned_briefs")), "{rows:?}");
    retention(&world).await.expect(200);
    let last = retention(&world).await.expect(200).json();
    assert_eq!((&last["orphaned_briefs"], &last["orphaned_files"]), (&json!(0), &json!(0)));
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (1, 1));
    world.get(kept["links"]["file"].as_str().unwrap()).bearer(&person.access).send().await.expect(200);
}

#[e2e::test]
async fn a_database_that_is_down_is_a_clear_503_and_the_next_run_goes_on() {
    let world = World::needing(&NEEDS).own_cluster().start().await;
    world.sign_up(&Applicant::invent()).await;
    world.advance(DAY * 2);
    world.cluster().stop().await;
    let answer = retention(&world).await;
    answer.problem("unavailable");
    assert!(answer.retry_after() >= 1);
    world.cluster().restart().await.unwrap();
    let rows = swept(&world).await;
    assert_eq!(rows["unproved_accounts"], 1, "{rows}");
}

#[e2e::test]
async fn lifecycle_takes_signed_calls_only() {
    let private = "route = { private = true }\ncomponent = \"lifecycle\"";
    let public = "route = \"/v1/internal/retention\"\ncomponent = \"lifecycle\"";
    let edit = move |text: String| text.replace(private, public);
    let world = World::needing(&[Need::Keys, Need::Clock]).manifest(edit).start().await;
    let (path, now) = ("/v1/internal/retention", world.now().as_second());
    let signed = |variable: &str, body: &str| {
        let key = key_bytes(world.variable(variable));
        let mac = mac(&key, "internal-call", &[&now.to_be_bytes(), path.as_bytes(), body.as_bytes()]);
        let signature = format!("t={now},v1={}", hex::encode(mac));
        world.post(path).text("application/json", body.to_owned()).header("asknpic-signature", &signature)
    };
    world.post(path).json(&json!({})).send().await.problem("unauthenticated");
    signed("otp_key", "{}").send().await.problem("unauthenticated");
    signed("ops_token", "{}").send().await.problem("unauthenticated");
    signed("internal_key", "{\"rule\": \"limits\"}").send().await.problem("invalid-request");
    signed("internal_key", "{}").send().await.expect(200);
}

/// Something of everything that a rule can find, of a year and more ago.
async fn fill(world: &World, person: &e2e::Person) {
    let (user, tenant, now) = (person.user, person.tenant, asknpic::operator::utc(world.now()));
    let accounts = world.accounts().await;
    accounts
        .batch_execute(&format!(
            "insert into limits values ('l', '2020-01-01', 1, '2020-01-02');
             insert into lockouts (key, expires_at) values ('l', '2020-01-02');
             insert into idempotency values ('i', 'b', '{user}', '2020-01-02');
             insert into verifications (id, purpose, phone_key, country_key, code_expires_at, language, created_at, expires_at)
                 values ('v', 'signup', 'p', 'c', '2020-01-01', 'en', '2020-01-01', '2020-01-02');
             insert into email_tokens values ('e', 'reset', '{user}', 'x@mail.example', '2020-01-01', '2020-01-02');
             insert into exports (id, user_id, begun_at, lease_until) values ('{user}', '{user}', '2020-01-01', '2020-01-01');
             insert into oauth_states values ('o', 'b', null, '2020-01-02');
             insert into oauth_claims (id, provider, external_id, email, language, expires_at)
                 values ('c', 'google', '1', 'x@mail.example', 'en', '2020-01-02');
             insert into usage_daily values ('{tenant}', '2020-01-01', 5, 0, 0);
             insert into usage_monthly values ('2020-01-01', 'free', 5);
             insert into plan_gifts values ('{tenant}', '{tenant}', 'pro', '2020-01-01', '2020-02-01');
             insert into checkouts values ('{tenant}', '{tenant}', null, '2020-01-01');
             insert into stripe_events values ('evt', 't', '2020-01-01', '2020-01-01', 'ignored');
             insert into gift_codes values (decode(repeat('00', 32), 'hex'), 'pro-5-days', '2019-01-01', '2020-01-01');
             insert into billing_records (id, kind, amount, currency, booked_at) values ('in', 'invoice', 1, 'eur', '2010-01-01');
             insert into billing_customers values ('cus_gone', null, '2020-01-01');
             insert into waitlist_pending values ('{user}', 'p@mail.example', 'beta', 'en', '1', '2020-01-01', '2020-01-02');
             insert into waitlist values ('{user}', 'w@mail.example', 'beta', 'en', '1', '2020-01-01', '2020-01-01', '2020-01-01');
             insert into beta_candidacies (id, email, profile, country, language, consent_version, created_at)
                 values ('{user}', 'b@mail.example', 'p', 'CH', 'en', '1', '2020-01-01');
             insert into support_requests (id, user_id, created_at, closed_at) values ('{user}', '{user}', '2020-01-01', '2020-01-02');
             insert into evidence values ('{user}', '{user}', 'case', '2010-01-01', '2015-01-01', decode(repeat('00', 32), 'hex'), 'x');
             insert into evidence_log values ('{user}', '{tenant}', '2010-01-01', 'held', 'Ada', 'r'), ('{tenant}', '{tenant}', '2015-01-01', 'ended', 'l', 'r');
             insert into security_events (id, user_id, at, kind) values ('{user}', '{user}', '2020-01-01', 'signed-in');
             insert into erasures (id, user_id, tenant_id, requested_at, key_destroyed_at, backups_expire_at, completed_at, remains)
                 values ('{user}', '{user}', '{tenant}', now(), now(), '2020-01-01', now(), '{{}}'),
                        ('{tenant}', null, null, '2010-01-01', '2010-01-01', '2010-01-08', '2010-01-01', '{{}}');
             insert into requests (id, kind, channel, received_at, due_at, answered_at)
                 values ('{user}', 'access', 'email', '2010-01-01', '2010-02-01', '2010-01-02');
             insert into anonymous_generations values ('2020-01-01', 'free', 'failed', null, null, false, null, false, null, null, null, 0, 0, '2020-02-01');
             insert into mails (id, kind, user_id, created_at)
                 values ('{user}', 'support-answered', '{user}', '2020-01-01'), ('{tenant}', 'support-answered', '{user}', '{now}');
             update sessions set family_expires_at = '2020-01-01' where user_id = '{user}';
             insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, quota_day)
                 values ('00000000-0000-7000-8000-000000000001', '{tenant}', '{user}', '2020-01-01', '2020-01-01', 'running', 'free', '2020-01-01'),
                        ('00000000-0000-7000-8000-000000000002', '{tenant}', '{user}', '2020-01-01', '2020-01-01', 'delivered', 'free', '2020-01-01');
             insert into dataset_removals values ('{user}', '2020-01-01');"
        ))
        .await
        .unwrap();
    let content = |table: &str, kind: i32| {
        // Of a generation that nobody knows, and of the one whose time is up.
        format!(
            "insert into {table} values ('{tenant}', {kind}, '{user}', 'x', '2020-01-01'),
                 ('00000000-0000-7000-8000-000000000002', {kind}, '{user}', 'x', '2020-01-01')"
        )
    };
    world.database(Database::Briefs).await.batch_execute(&content("briefs", 1)).await.unwrap();
    world.database(Database::Files).await.batch_execute(&content("files", 3)).await.unwrap();
    let entry = format!(
        "insert into entries values ('{tenant}', '{tenant}', 'x', '1', 'consent', '2020-01-01');
         insert into exports values ('{tenant}', '2020-01-01', '2020-02-01', 'Ada')"
    );
    world.database(Database::Dataset).await.batch_execute(&entry).await.unwrap();
}

/// Somebody was last seen so many days ago, and warned.
async fn idle(world: &World, person: &e2e::Person, days: i64, warned: Option<i64>) {
    let ago = |days: i64| asknpic::operator::utc(world.now() - jiff::SignedDuration::from_hours(24 * days));
    let sql = "update users set last_active_at = $2::text::timestamp, inactivity_warned_at = $3::text::timestamp where id = $1";
    world.accounts().await.execute(sql, &[&person.user, &ago(days), &warned.map(ago)]).await.unwrap();
}

/// Everything of a year ago, one account to warn and one to close, and one that was never proved.
async fn filled(world: &World) -> [e2e::Person; 3] {
    let people = [world.person().await, world.person().await, world.person().await];
    world.sign_up(&Applicant::invent()).await;
    let accounts = world.accounts().await;
    let long_ago = "update users set created_at = '2020-01-01' where phone_verified_at is null";
    // What would go with the account that is closed is not counted twice.
    let also = "delete from verifications; delete from email_tokens";
    accounts.batch_execute(&format!("{long_ago}; {also}")).await.unwrap();
    fill(world, &people[0]).await;
    idle(world, &people[1], 340, None).await;
    idle(world, &people[2], 400, Some(31)).await;
    people
}

#[e2e::test]
async fn a_dry_run_changes_nothing_and_tells_what_a_run_then_does() {
    let world = World::needing(&NEEDS).start().await;
    world.freeze();
    filled(&world).await;
    let dry = || world.post("/v1/ops/retention").bearer(world.variable("ops_token")).json(&json!({ "dry_run": true }));

    let dump = world.dump_all().await;
    let due = dry().send().await.expect(200).json();
    assert_eq!(world.dump_all().await, dump, "nothing changes");
    let due_of = |rule: &str| due[rule].as_i64().unwrap_or_else(|| panic!("no {rule}"));
    // Each rule of the table found something; a test that fills less would prove less.
    for (rule, _) in SWEEPS {
        assert!(due_of(rule) > 0, "{rule}: {due}");
    }
    for rule in ["expired_content", "inactive_erased", "orphaned_briefs", "orphaned_files", "dataset_removals", "dataset"] {
        assert!(due_of(rule) > 0, "{rule}: {due}");
    }
    let done = retention(&world).await.expect(200).json();
    // What a run brings about itself is dealt with by the same run: the steps of the account it closes, the mail of its warning, the last
    // record about evidence. And what two rules find, the first of them deals with.
    let more = ["erasures", "mails_sent", "evidence_log", "beta_candidacies"];
    for (rule, rows) in done.as_object().unwrap() {
        if more.contains(&rule.as_str()) {
            continue;
        }
        assert_eq!(rows.as_i64().unwrap(), due_of(rule), "{rule}: {due} and {done}");
    }
    assert_eq!((&done["mails_sent"], due_of("mails_sent")), (&json!(2), 2), "one that is lost, and in its place the warning");
    assert_eq!((&done["beta_candidacies"], due_of("beta_candidacies")), (&json!(0), 1));
    // Nothing is left of it.
    let after = dry().send().await.expect(200).json();
    let left: Vec<_> = after.as_object().unwrap().iter().filter(|(_, rows)| **rows != 0).collect();
    assert!(left.iter().all(|(rule, _)| rule.as_str() == "erasures"), "{left:?}: the content steps come once more later");
}

#[e2e::test]
async fn a_run_can_be_watched_rule_by_rule() {
    let world = World::needing(&NEEDS).own_cluster().start().await;
    world.sign_up(&Applicant::invent()).await;
    world.advance(DAY * 2);
    let call = || world.post("/v1/ops/retention").bearer(world.variable("ops_token"));
    let (events, end) = Events::open(call()).await.rest().await;
    assert_eq!(end, e2e::events::End::Whole);
    let (done, rules) = events.split_last().unwrap();
    assert_eq!(done.name, "done");
    assert!(rules.iter().all(|event| event.name == "rule" || event.name == "progress"), "{rules:?}");
    let told: std::collections::BTreeMap<_, _> = rules
        .iter()
        .filter(|event| event.name == "rule")
        .map(|event| (event.data["rule"].as_str().unwrap().to_owned(), event.data["rows"].clone()))
        .collect();
    assert_eq!(json!(told), done.data, "each rule once, and all of them at the end");
    assert_eq!(told["unproved_accounts"], 1);

    // What is asked for amiss is an ordinary problem, and so is a wrong token.
    let events = || call().header("accept", "text/event-stream");
    events().json(&json!({ "dry_run": "yes" })).send().await.problem("invalid-request");
    events().json(&json!({ "rule": "limits" })).send().await.problem("invalid-request");
    events().text("application/json", "{").send().await.problem("malformed-body");
    events().text("text/plain", "x").send().await.problem("unsupported-media-type");
    events().json(&json!({ "padding": "x".repeat(5_000) })).send().await.problem("payload-too-large");
    world.post("/v1/ops/retention").bearer("x").header("accept", "text/event-stream").send().await.problem("unauthenticated");

    // A database that is down ends the stream with the problem, in the language asked for.
    world.cluster().stop().await;
    let (events, end) = Events::open(call().header("accept-language", "fr")).await.rest().await;
    assert_eq!(end, e2e::events::End::Whole);
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), &last.data["type"]), ("error", &json!("urn:asknpic:problem:unavailable")));
    assert_eq!(last.data["title"], "Temporairement indisponible");
    let (url, token) = (world.url(), world.variable("ops_token").to_owned());
    let failed = tokio::task::spawn_blocking(move || asknpic::lifecycle::run(&url, &token, false, |_, _, _| {})).await.unwrap();
    assert!(failed.unwrap_err().to_string().contains("a rule failed"));
    world.cluster().restart().await.unwrap();
}

#[e2e::test]
async fn rules_of_table_and_database_are_the_same() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let rows = world.accounts().await.query("select rule from api.retention_rules() order by rule", &[]).await.unwrap();
    let mut table: Vec<_> = SWEEPS.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    table.sort();
    assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), table);
}

/// How many rows are left of what, and the mails to whom was to be warned.
async fn outcome(world: &World, warned: &e2e::Person) -> (std::collections::BTreeMap<String, i64>, usize) {
    // The second run finds what the first has brought about.
    for _ in 0..2 {
        retention(world).await.expect(200);
    }
    let mut counts = world.counts().await;
    // How far walks have come, and what signing up takes and leaves, is not the rules' work.
    counts.retain(|table, _| !["accounts.sweeps", "accounts.limits", "accounts.security_events"].contains(&table.as_str()));
    let mails = world.messages().to(&warned.applicant.email).await;
    (counts, mails.iter().filter(|mail| !mail.text.contains("/confirm-email#token=")).count())
}

#[e2e::test]
async fn killed_behind_any_rule_the_next_run_ends_in_the_same_state() {
    let program = env!("CARGO_BIN_EXE_e2e-host");
    let quiet = World::needing(&NEEDS).start().await;
    let people = filled(&quiet).await;
    let expected = outcome(&quiet, &people[1]).await;
    assert_eq!(expected.1, 1, "one warning");
    drop(quiet);
    let mut world = World::needing(&NEEDS).in_process(program).start().await;
    let people = filled(&world).await;
    let mut behind = std::collections::BTreeSet::new();
    // A mail that was sent when the kill came goes out once more, by design; so there is none yet.
    let accounts = world.accounts().await;
    accounts.batch_execute("update mails set claimed_until = '2999-01-01'").await.unwrap();
    accounts.execute("update users set last_active_at = created_at where id = $1", &[&people[1].user]).await.unwrap();
    for rules in [1, 3, 7, 12, 17, 22, 27, 32, 37] {
        let call = world.post("/v1/ops/retention").bearer(world.variable("ops_token"));
        let mut events = Events::open(call).await;
        for _ in 0..rules {
            let event = events.next().await.expect("a rule's end");
            behind.insert(event.data["rule"].to_string());
        }
        world.kill_host().await;
        world.start_host().await;
    }
    assert!(behind.len() >= 30, "{behind:?}");
    // Then by two at once, mails and all.
    accounts.batch_execute("update mails set claimed_until = null").await.unwrap();
    idle(&world, &people[1], 340, None).await;
    let both = join_all((0..2).map(|_| retention(&world))).await;
    assert!(both.iter().all(|answer| answer.status == 200), "{both:?}");
    assert_eq!(outcome(&world, &people[1]).await, expected);
}
