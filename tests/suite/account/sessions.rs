//! `GET` and `DELETE /v1/me/sessions`.

use std::collections::BTreeSet;

use e2e::contract::REFRESH;
use e2e::{Need, Person, World};
use serde_json::Value;
use uuid::Uuid;

async fn listed(world: &World, person: &Person) -> Vec<Value> {
    let page = world.get("/v1/me/sessions").bearer(&person.access).send().await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[e2e::test]
async fn open_sessions_are_listed_and_ended_one_by_one() {
    let world = World::start().await;
    let (one, stranger) = (world.person().await, world.person().await);
    let (two, three) = (world.again(&one).await, world.again(&one).await);
    let items = listed(&world, &two).await;
    assert_eq!(ids(&items), [&one, &two, &three].map(|person| person.session.to_string()).into());
    assert_eq!(items[0]["id"], three.session.to_string(), "the newest first");
    let current: Vec<_> = items.iter().filter(|item| item["current"] == true).map(|item| item["id"].clone()).collect();
    assert_eq!(current, [two.session.to_string()]);

    let end = |id: &str, person: &Person| world.delete(&format!("/v1/me/sessions/{id}")).bearer(&person.access);
    end(&three.session.to_string(), &one).send().await.expect(204);
    world.get("/v1/me").bearer(&three.access).send().await.problem("unauthenticated");
    world.refresh(&three.refresh).send().await.problem("session-invalid");
    for id in [three.session.to_string(), stranger.session.to_string(), Uuid::now_v7().to_string(), "x".into(), "%00".into()] {
        end(&id, &one).send().await.problem("not-found");
    }
    assert_eq!(ids(&listed(&world, &one).await), [&one, &two].map(|person| person.session.to_string()).into());
    assert_eq!(listed(&world, &stranger).await.len(), 1);
    world.delete(&format!("/v1/me/sessions/{}", one.session)).send().await.problem("unauthenticated");
    // One's own, too.
    end(&two.session.to_string(), &two).send().await.expect(204);
    world.get("/v1/me/sessions").bearer(&two.access).send().await.problem("unauthenticated");
}

#[e2e::test]
async fn signing_out_everywhere_leaves_nobody() {
    let world = World::start().await;
    let (person, stranger) = (world.person().await, world.person().await);
    let all = [person.clone(), world.again(&person).await, world.again(&person).await];
    world.delete("/v1/me/sessions").bearer(&person.access).send().await.expect(204);
    for session in &all {
        world.get("/v1/me").bearer(&session.access).send().await.problem("unauthenticated");
        world.refresh(&session.refresh).send().await.problem("session-invalid");
    }
    world.get("/v1/me").bearer(&stranger.access).send().await.expect(200);
    assert_eq!(listed(&world, &world.again(&person).await).await.len(), 1);
}

#[e2e::test]
async fn a_session_that_cannot_be_refreshed_any_more_is_not_open() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let later = world.later(REFRESH, &person).await;
    assert_eq!(ids(&listed(&world, &later).await), [later.session.to_string()].into());
}

#[e2e::test]
async fn twenty_refreshes_at_once_lose_no_family() {
    let world = World::needing(&[Need::Databases]).start().await;
    let person = world.person().await;
    let answers = futures::future::join_all((0..20).map(|_| world.refresh(&person.refresh).send())).await;
    let successors: BTreeSet<_> = answers.iter().map(|answer| Person::of(&person.applicant, answer).refresh).collect();
    assert_eq!(successors.len(), 1, "all get the same successor");
    let successor = successors.into_iter().next().unwrap();
    assert_eq!(Person::of(&person.applicant, &world.refresh(&successor).send().await).session, person.session);
    let revoked = "select count(*) from sessions where revoked_at is not null and user_id = ";
    assert_eq!(world.count(&format!("{revoked}'{}'", person.user)).await, 0);
    assert!(world.messages().told(&person.applicant.email).await.is_empty());
}
