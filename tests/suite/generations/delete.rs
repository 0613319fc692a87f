//! Content that its owner deletes, and content whose time is up.

use e2e::contract::DAY;
use e2e::{Answer, Need, Person, World};
use serde_json::{Value, json};

use super::{generate, id, part};

const CONTENT: [&str; 5] = ["brief", "file", "visual.svg", "visual.png", "visual.pdf"];

/// The metadata stays, the content is out of reach.
async fn gone(world: &World, person: &Person, made: &Value) {
    let left = part(world, person, id(made), "").await.expect(200).json();
    assert_eq!((&left["content_expired"], left.get("file")), (&json!(true), None));
    for member in ["id", "created_at", "status", "tokens", "model", "prompt_version"] {
        assert_eq!(left[member], made[member], "{member}");
    }
    for name in CONTENT {
        part(world, person, id(made), name).await.problem("content-expired");
    }
    part(world, person, id(made), "corrections").await.expect(200);
    let body = json!({ "format": "svg", "parameters": {} });
    let path = format!("/v1/generations/{}/visual", id(made));
    world.post(&path).bearer(&person.access).json(&body).send().await.problem("content-expired");
    let list = world.get("/v1/generations").bearer(&person.access).send().await.expect(200).json();
    let item = list["items"].as_array().unwrap().iter().find(|item| item["id"] == made["id"]).unwrap();
    assert_eq!(item["content_expired"], true);
    for name in ["brief", "file", "svg", "png", "pdf"] {
        assert!(left["links"].get(name).is_none(), "a link to nothing: {name}");
    }
}

#[e2e::test]
async fn deleted_content_is_physically_gone() {
    let world = World::needing(&[Need::Databases]).start().await;
    let person = world.person().await;
    let before = world.counts().await;
    let (kept, made) = (generate(&world, &person, "to keep").await, generate(&world, &person, "to delete").await);
    let delete =
        async || -> Answer { world.delete(&format!("/v1/generations/{}", id(&made))).bearer(&person.access).send().await };
    delete().await.expect(204);
    let counts = world.counts().await;
    let more = ["briefs.briefs", "files.files", "accounts.generations"].map(|table| counts[table] - before[table]);
    assert_eq!(more, [1, 1, 2]);
    gone(&world, &person, &made).await;
    delete().await.expect(204);
    for name in ["brief", "file"] {
        part(&world, &person, id(&kept), name).await.expect(200);
    }
}

#[e2e::test]
async fn content_expires_with_its_plan_to_the_second() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let person = world.person().await;
    let made = generate(&world, &person, "for a week").await;
    let person = world.later((DAY * 7).mul_f64(0.999), &person).await;
    part(&world, &person, id(&made), "file").await.expect(200);
    world.advance((DAY * 7).mul_f64(0.001));
    gone(&world, &person, &made).await;
    // A larger plan keeps it (and nothing has swept it yet).
    world.accounts().await.execute("update tenants set plan = 'pro'", &[]).await.unwrap();
    let again = part(&world, &person, id(&made), "").await.expect(200).json();
    assert_eq!((&again["expires_at"], &again["file"]), (&Value::Null, &made["file"]));
}
