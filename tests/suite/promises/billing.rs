//! Payments: what is known of them here and at Stripe, what is sold, how long it is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use asknpic::billing::{create_gifts, export};
use asknpic::migrate::Database;
use e2e::contract::DAY;
use e2e::haystack::Haystack;
use e2e::payments::of_type;
use e2e::{Need, Person, World};
use futures::future::join_all;
use serde_json::{Value, json};

const NEEDS: [Need; 2] = [Need::Stripe, Need::OwnDatabases];

/// Runs the retention rules until nothing is left to do.
async fn sweep(world: &World) {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200);
}

/// Deletes an account as an erasure does, as far as these tables are concerned.
async fn erase(world: &World, person: &Person) {
    let client = world.accounts().await;
    client.execute("delete from users where id = $1", &[&person.user]).await.unwrap();
    client.execute("delete from tenants where id = $1", &[&person.tenant]).await.unwrap();
}

#[e2e::test]
async fn promise_a30_no_card_data_and_only_the_customer_id_links_account_and_payments() {
    let world = World::needing(&[Need::Stripe, Need::OwnDatabases, Need::Logs]).start().await;
    let person = world.person().await;
    let mut events = world.bought(&person, "pro").await;
    events.extend(world.bought(&person, "credits-100000").await);
    let payment = of_type(&events, "payment_intent.succeeded")["data"]["object"]["id"].clone();
    for act in [json!({ "act": "refund", "payment": payment, "amount": 100 }), json!({ "act": "dispute", "payment": payment })] {
        let more = world.stripe().act(&act).await;
        world.deliver_all(&more).await;
        events.extend(more);
    }
    // What Stripe sends does hold a person and a card.
    let sent = Haystack::of_text("sent", &json!(events).to_string());
    let (cells, logs) = (world.dump_all().await, world.logs());
    let (kept, logged) = (Haystack::of_cells(&cells), Haystack::of_text("logs", &logs));
    for secret in ["4242", "\"visa\"", "Cara Cardholder", "cardholder@example.com", "rue de la Paix", "exp_year"] {
        assert!(!sent.places_of(secret.as_bytes()).is_empty(), "{secret} is not sent at all");
        let needle = secret.trim_matches('"');
        // Random ids and hashes hold any four digits; a card's are looked for in what is text for people.
        let found: Vec<_> = kept.places_of(needle.as_bytes()).into_iter().filter(|_| needle != "4242").collect();
        assert!(found.is_empty(), "{needle} is kept: {found:?}");
        if needle != "4242" {
            assert!(logged.places_of(needle.as_bytes()).is_empty(), "{needle} is logged");
        }
    }
    assert!(!cells.iter().any(|cell| cell.bytes == b"4242"), "the last digits of a card are kept");
    assert!(!logs.contains("\"4242\""), "the last digits of a card are logged");

    // The only row in which an id of ours meets one of Stripe's that stays is that of the customer.
    let tables = world.tables(Database::Accounts).await;
    let with = |table: &str| tables[table].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(with("billing_customers"), ["created_at", "id", "tenant_id"]);
    assert_eq!(
        with("billing_records"),
        ["amount", "booked_at", "currency", "customer", "id", "item", "kind", "payment", "subscription", "tax"]
    );
    assert_eq!(with("stripe_events"), ["created_at", "id", "outcome", "received_at", "type"]);
    let ids = [person.user.to_string(), person.tenant.to_string()];
    for table in ["accounts.billing_records.", "accounts.stripe_events."] {
        let own = cells.iter().filter(|cell| cell.place.starts_with(table));
        assert!(own.clone().count() > 0);
        assert!(own.clone().all(|cell| !ids.iter().any(|id| cell.bytes == id.as_bytes())), "{table} names an account");
    }
    let customer = world.accounts().await.query_one("select id from billing_customers", &[]).await.unwrap().get::<_, String>(0);
    let places: BTreeSet<_> =
        cells.iter().filter(|cell| cell.bytes == customer.as_bytes()).map(|cell| cell.place.as_str()).collect();
    assert_eq!(places, ["accounts.billing_customers.id", "accounts.billing_records.customer"].into());
}

#[e2e::test]
async fn promise_a31_plans_are_monthly_and_packs_are_bought_once_and_never_expire() {
    let world = World::needing(&[Need::Stripe, Need::OwnDatabases, Need::Clock, Need::Keys]).start().await;
    let mut person = world.person().await;
    for (item, mode) in
        [("starter", "subscription"), ("pro", "subscription"), ("agency", "subscription"), ("credits-500000", "payment")]
    {
        world.checkout(&person, item).send().await.expect(201);
        let requests = world.stripe().requests().await;
        let made = &requests.last().unwrap()["parameters"];
        assert_eq!(made["mode"], mode, "{item}");
        let objects = world.stripe().objects().await;
        let price = &objects[made["line_items"]["0"]["price"].as_str().unwrap()];
        let interval = if mode == "subscription" { json!("month") } else { Value::Null };
        assert_eq!((&price["recurring"]["interval"], &price["currency"]), (&interval, &json!("eur")), "{item}");
    }
    world.bought(&person, "credits-500000").await;
    // Six years, with somebody who looks in every eleven months, and the retention rules after each.
    for _ in 0..7 {
        person = world.later(DAY * 330, &person).await;
        sweep(&world).await;
        assert_eq!(world.billing(&person).await["credits"], 500_000);
    }
}

#[e2e::test]
async fn promise_a33_a_gift_code_is_kept_hashed_for_a_year_after_its_end_and_forgets_its_recipient() {
    let world = World::needing(&[Need::OwnDatabases, Need::Clock, Need::Keys]).start().await;
    let (ada, bob) = (world.person().await, world.person().await);
    let client = world.accounts().await;
    let key = world.variable("gift_key");
    let expires = world.now() + jiff::SignedDuration::from_hours(24 * 30);
    let make = async |kind: &str, count| create_gifts(&client, key, kind, count, world.now(), expires).await;
    let codes = make("credits-5000", 3).await.unwrap();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 3);
    // Twenty symbols of five random bits.
    assert!(codes.iter().all(|code| code.len() == 24 && code.replace('-', "").len() * 5 >= 80), "{codes:?}");
    assert!(make("gold-30-days", 1).await.is_err());
    let plan = make("pro-30-days", 1).await.unwrap().remove(0);

    let redeem =
        |person: &Person, code: &str| world.post("/v1/gift-codes/redeem").bearer(&person.access).json(&json!({ "code": code }));
    // Two people, many times at once: one of them has it, once.
    let tries = (0..16).map(|number| redeem(if number % 2 == 0 { &ada } else { &bob }, &codes[0].to_lowercase()).send());
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        lost.problem("gift-code-invalid");
    }
    let credits = async |person: &Person| world.billing(person).await["credits"].as_i64().unwrap();
    assert_eq!(credits(&ada).await + credits(&bob).await, 5_000);

    // A plan for a time, and no longer.
    let carl = world.person().await;
    let given = redeem(&carl, &plan).send().await.expect(200).json();
    assert_eq!(given["kind"], "pro-30-days");
    let overview = world.billing(&carl).await;
    assert_eq!(
        (&overview["plan"], &overview["status"], &overview["period_end"]),
        (&json!("pro"), &json!("gift"), &given["ends_at"])
    );

    // What is kept: no code, but hash, kind, dates and recipient.
    let tables = world.tables(Database::Accounts).await;
    let columns: Vec<_> = tables["gift_codes"].iter().map(String::as_str).collect();
    assert_eq!(columns, ["code", "expires_at", "issued_at", "kind", "redeemed_at", "redeemed_by"]);
    let kept = Haystack::of_cells(&world.dump_all().await);
    for code in codes.iter().chain([&plan]) {
        for form in [code.clone(), code.replace('-', "")] {
            assert!(kept.places_of(form.as_bytes()).is_empty(), "a code is kept");
        }
    }
    let recipient = format!("select count(*) from gift_codes where redeemed_by = '{}' and redeemed_at is not null", carl.user);
    assert_eq!(world.count(&recipient).await, 1);
    erase(&world, &carl).await;
    assert_eq!(
        world
            .count(
                "select count(*) from gift_codes where kind = 'pro-30-days' and redeemed_at is not null and redeemed_by is null"
            )
            .await,
        1
    );

    // Over is over, and a year later nothing is left. Unknown, used and expired look alike, and are limited.
    let late = world.later(DAY * 31, &ada).await;
    let mut shapes = BTreeSet::new();
    for code in [codes[1].as_str(), codes[0].as_str(), "0000-0000-0000-0000-0000", "no code at all", ""] {
        let answer = redeem(&late, code).send().await;
        answer.problem("gift-code-invalid");
        shapes.insert(format!("{:?}", answer.shape()));
    }
    assert_eq!(shapes.len(), 1, "{shapes:?}");
    let limited = join_all((0..10).map(|_| redeem(&late, &codes[2]).send())).await;
    assert!(limited.iter().any(|answer| answer.status == 429));
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from gift_codes").await, 4);
    world.advance(DAY * 365 + Duration::from_mins(1));
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from gift_codes").await, 0);
}

/// Every string in a document, keys aside.
fn values(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| values(member, found)),
        Value::Array(items) => items.iter().for_each(|item| values(item, found)),
        Value::String(text) => {
            found.insert(text.clone());
        }
        _ => {}
    }
}

#[e2e::test]
async fn promise_a34_stripe_receives_email_tenant_and_item_and_nothing_else_of_a_person() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let named = "update users set first_name = 'Adalberta', last_name = 'Lovelace-Byron' where id = $1";
    world.accounts().await.execute(named, &[&person.user]).await.unwrap();
    let brief = json!({ "brief": "Poster for the secret wedding of Anna and Bertrand" });
    world.post("/v1/generations").bearer(&person.access).json(&brief).send().await.expect(201);
    let events = world.bought(&person, "starter").await;
    world.bought(&person, "credits-100000").await;
    world.checkout(&person, "pro").send().await.expect(201);
    world.post("/v1/billing/portal").bearer(&person.access).send().await.expect(201);

    let requests = world.stripe().requests().await;
    let mut sent = BTreeSet::new();
    for request in &requests {
        values(request, &mut sent);
    }
    let all = Haystack::of_text("sent", &json!(requests).to_string());
    let session = person.session.to_string();
    let user = person.user.to_string();
    for (what, personal) in [
        ("phone", person.applicant.phone.as_str()),
        ("phone without its plus", &person.applicant.phone[1..]),
        ("first name", "Adalberta"),
        ("last name", "Lovelace"),
        ("brief", "wedding"),
        ("user", &user),
        ("session", &session),
    ] {
        assert!(all.places_of(personal.as_bytes()).is_empty(), "Stripe receives the {what}");
    }
    // What it does receive: each value by its meaning; ids of its own, our addresses and constants aside.
    let tenant = person.tenant.to_string();
    let own: BTreeSet<_> =
        sent.iter().filter(|text| text.contains('@') || text.contains(&tenant) || text.contains("credits-")).cloned().collect();
    assert!(own.contains(&person.applicant.email) && own.contains(&tenant) && own.contains("credits-100000"), "{own:?}");
    let known = |text: &str| {
        let ids = ["cus_", "price_", "sub_", "si_", "/v1/", "https://asknpic.test/billing", "checkout-", "portal-", "asknpic-"];
        let constants = [
            "GET",
            "POST",
            "en",
            "fr",
            "auto",
            "true",
            "false",
            "1",
            "payment",
            "subscription",
            "subscription_update_confirm",
            "starter",
        ];
        ids.iter().any(|start| text.starts_with(start))
            || constants.contains(&text)
            || own.contains(text)
            || text.starts_with("20")
    };
    let unexplained: Vec<_> = sent.iter().filter(|text| !known(text)).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    assert!(
        requests.iter().all(|request| request["version"].as_str().is_some_and(|version| version.len() > 10)),
        "a pinned version"
    );
    assert!(requests.iter().filter(|request| request["method"] == "POST").all(|request| request["idempotency_key"].is_string()));
    assert!(!events.is_empty());
}

#[e2e::test]
async fn promise_a46_billing_records_are_kept_ten_years_also_after_erasure() {
    let world = World::needing(&[Need::Stripe, Need::OwnDatabases, Need::Clock, Need::Keys]).start().await;
    let person = world.person().await;
    world.bought(&person, "pro").await;
    let events = world.bought(&person, "credits-100000").await;
    let payment = of_type(&events, "payment_intent.succeeded")["data"]["object"]["id"].as_str().unwrap().to_owned();
    for cents in [100, 50] {
        let refunded = world.stripe().act(&json!({ "act": "refund", "payment": payment, "amount": cents })).await;
        world.deliver_all(&refunded).await;
    }
    erase(&world, &person).await;
    sweep(&world).await;

    let client = world.accounts().await;
    let year: i16 = world.now().to_zoned(jiff::tz::TimeZone::UTC).year();
    let csv = export(&client, year).await.unwrap();
    let lines: Vec<Vec<_>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        lines[0],
        ["booked_at", "kind", "record", "customer", "payment", "subscription", "item", "currency", "amount", "tax"]
    );
    let amounts: BTreeSet<_> = lines[1..].iter().map(|line| (line[1], line[8], line[9])).collect();
    let expected =
        [("invoice", "29.00", "4.84"), ("pack", "3.00", "0.50"), ("refund", "-1.00", "0.00"), ("refund", "-0.50", "0.00")];
    assert_eq!(amounts, expected.into(), "{csv}");
    assert!(lines[1..].iter().all(|line| line[3].starts_with("cus_") && line[7] == "EUR" && line[0].ends_with('Z')), "{csv}");
    assert_eq!(export(&client, year - 1).await.unwrap().lines().count(), 1);
    for personal in [person.applicant.email.clone(), person.user.to_string(), person.tenant.to_string(), "Cardholder".to_owned()]
    {
        assert!(!csv.contains(personal.as_str()), "{csv}");
    }

    // Ten calendar years, of which two or three have a day more.
    let records = "select count(*) from billing_records";
    world.advance(DAY * (3_652 - 1));
    sweep(&world).await;
    assert_eq!(world.count(records).await, 6, "a day before the ten years are over");
    world.advance(DAY * 3);
    sweep(&world).await;
    assert_eq!(world.count(records).await, 0);
    assert_eq!(world.count("select count(*) from billing_customers").await, 0, "and with them what they referred to");
}

#[e2e::test]
async fn promise_a46_ten_years_end_by_the_calendar_also_for_a_leap_day() {
    let world = World::needing(&[Need::OwnDatabases, Need::Clock, Need::Keys]).start().await;
    world.freeze();
    let accounts = world.accounts().await;
    let second = jiff::SignedDuration::from_secs(1);
    for (booked, end) in [
        // Three leap days in between, then two: 3,653 and 3,652 days.
        ("2027-12-31T23:59:59Z", "2037-12-31T23:59:59Z"),
        ("2028-02-29T18:30:00Z", "2038-03-01T00:00:00Z"),
        ("2028-03-01T18:30:00Z", "2038-03-01T18:30:00Z"),
    ] {
        let sql = "insert into billing_records (id, kind, amount, currency, booked_at) values ($1, 'invoice', 900, 'eur', $2::text::timestamp)";
        accounts.execute(sql, &[&booked, &booked.trim_end_matches('Z')]).await.unwrap();
        let there = format!("select count(*) from billing_records where id = '{booked}'");
        let end: jiff::Timestamp = end.parse().unwrap();
        for (at, expected) in [(end - second, 1), (end + second, 0)] {
            world.advance(Duration::try_from(at.duration_since(world.now())).unwrap());
            sweep(&world).await;
            assert_eq!(world.count(&there).await, expected, "{booked} at {at}");
        }
    }
}
