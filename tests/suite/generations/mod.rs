//! Generations: from a brief to a file, its parts, and what they cost.

mod create;
mod credits;
mod delete;
mod events;
mod idempotency;
mod line;
mod list;
mod moderation;
mod quota;
mod thousand;
mod translation;
mod visual;

use e2e::http::Call;
use e2e::{Answer, Person, World};
use serde_json::{Value, json};

/// The request for a generation.
fn request(world: &World, person: &Person, brief: &str) -> Call {
    world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": brief }))
}

/// Makes a generation.
async fn generate(world: &World, person: &Person, brief: &str) -> Value {
    request(world, person, brief).send().await.expect(201).json()
}

fn id(generation: &Value) -> &str {
    generation["id"].as_str().unwrap()
}

/// A part of a generation; the generation itself for an empty name.
async fn part(world: &World, person: &Person, id: &str, name: &str) -> Answer {
    let path = format!("/v1/generations/{id}/{name}");
    world.get(path.trim_end_matches('/')).bearer(&person.access).send().await
}

/// Gives somebody the largest plan.
async fn upgrade(world: &World, person: &Person) {
    let sql = "update tenants set plan = 'agency' where id = $1";
    assert_eq!(world.accounts().await.execute(sql, &[&person.tenant]).await.unwrap(), 1);
}

/// Tokens that somebody's tenant has used and reserved, of all days.
async fn usage(world: &World, person: &Person) -> (i64, i64) {
    let sql = "select coalesce(sum(used), 0)::bigint, coalesce(sum(reserved), 0)::bigint from usage_daily where tenant_id = $1";
    let row = world.accounts().await.query_one(sql, &[&person.tenant]).await.unwrap();
    (row.get(0), row.get(1))
}
