//! Rows for limits, lockouts and idempotency: keyed hashes, for a day.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::tls;
use e2e::contract::DAY;
use e2e::crypto::sha256;
use e2e::haystack::Haystack;
use e2e::person::wrong;
use e2e::{Applicant, Need, World};
use serde_json::json;

/// The tables this is about.
const TABLES: [&str; 3] = ["limits", "lockouts", "idempotency"];

#[e2e::test]
async fn promise_a23_rows_of_limits_hold_keyed_hashes_only_for_a_day_at_most() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases, Need::Keys]).start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid");
    let person = e2e::Person::of(&applicant, &world.verify(&id, &code).send().await);
    let unknown = Applicant::invent();
    for _ in 0..6 {
        world.sign_in(&unknown).send().await;
    }
    let pending = Applicant::invent();
    let pending_id = world.sign_up(&pending).await;
    let pending_code = world.messages().code(&pending.phone, 1).await;
    world.verify(&pending_id, &wrong(&pending_code)).send().await.problem("otp-invalid");
    let (key, brief) = ("my-own-idempotency-key-4711", "poster for a jazz night, navy and gold");
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": brief }));
    let generation = call.header("idempotency-key", key).send().await.expect(201).json();
    let visual = format!("/v1/generations/{}/visual.svg", generation["id"].as_str().unwrap());
    world.get(&visual).bearer(&person.access).send().await.expect(200);

    let of_limits = |place: &str| TABLES.iter().any(|table| place.starts_with(&format!("accounts.{table}.")));
    let cells: Vec<_> = world.dump(Database::Accounts).await.into_iter().filter(|cell| of_limits(&cell.place)).collect();
    for table in TABLES {
        assert!(cells.iter().any(|cell| cell.place == format!("accounts.{table}.key")), "the test fills {table}");
    }
    // Of verifications too: the id and the code are known to their phone's owner only.
    let of_verifications = |place: &str| {
        ["id", "code", "phone_key", "country_key"].iter().any(|column| place.ends_with(&format!("verifications.{column}")))
    };
    let verifications: Vec<_> =
        world.dump(Database::Accounts).await.into_iter().filter(|cell| of_verifications(&cell.place)).collect();
    let rows = Haystack::of_cells(&[cells, verifications].concat());
    let values = [
        ("email", applicant.email.as_str()),
        ("email that has no account", &unknown.email),
        ("email in capitals", &applicant.email.to_uppercase()),
        ("phone", &applicant.phone),
        ("phone", &pending.phone),
        ("phone without its plus", &applicant.phone[1..]),
        ("country", "+33"),
        ("address", "127.0.0.1"),
        ("address's prefix", "127.0.0"),
        ("idempotency key", key),
        ("brief", brief),
        ("body", &json!({ "brief": brief }).to_string()),
        ("verification id", &pending_id),
        ("code", &pending_code),
        ("user", &person.user.to_string()),
        ("session", &person.session.to_string()),
    ];
    for (what, value) in values {
        if value.len() > 6 {
            rows.lacks(what, value);
        }
        // Nor what anybody could compute for themselves: an unkeyed hash, whole or cut to the length in use.
        let hash = sha256(value.as_bytes());
        rows.lacks(&format!("the SHA-256 of the {what}"), &hash[..16]);
    }
    rows.lacks("user as bytes", person.user.as_bytes());
    rows.lacks("session as bytes", person.session.as_bytes());
    rows.lacks("verification id as bytes", pending_id.parse::<uuid::Uuid>().unwrap().as_bytes());

    let client = world.accounts().await;
    let now = world.now();
    for table in TABLES {
        let sql = format!("select extract(epoch from max(expires_at))::float8 from {table}");
        let latest: f64 = client.query_one(&sql, &[]).await.unwrap().get(0);
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
        let ahead = latest - now.as_second() as f64;
        assert!(ahead <= 86_400.0 + 5.0, "{table}: {ahead} s");
    }

    // After the day, what signs up takes some of them along, and the lifecycle's own role the rest.
    world.advance(DAY + Duration::from_secs(1));
    let old = "select count(*) from limits where expires_at <= $1::text::timestamp";
    let now = world.now().to_string();
    let before: i64 = client.query_one(old, &[&now]).await.unwrap().get(0);
    world.sign_up(&Applicant::invent()).await;
    let after: i64 = client.query_one(old, &[&now]).await.unwrap().get(0);
    assert!(after < before, "{before} → {after}");
    let lifecycle = tls::connect(&world.zone_url("lifecycle", Database::Accounts), Some(world.cluster().ca_pem())).await.unwrap();
    for rule in ["limits", "lockouts", "idempotency_keys", "verifications"] {
        lifecycle.query_one("select api.sweep($1, $2::text::timestamp, 100)", &[&rule, &now]).await.unwrap();
    }
    for table in ["limits", "lockouts", "idempotency", "verifications"] {
        let left = format!("select count(*) from {table} where expires_at <= '{now}'");
        assert_eq!(world.count(&left).await, 0, "{table}");
    }
}
