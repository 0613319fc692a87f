//! `GET /v1/generations`.

use std::time::Duration;

use asknpic_local::model::Fault;
use e2e::{Need, World};
use serde_json::{Value, json};

use super::{generate, id, request, upgrade};

#[e2e::test]
async fn pages_are_newest_first_and_a_cursor_holds_its_place() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let person = world.person().await;
    upgrade(&world, &person).await;
    let get = async |query: String| {
        world.get(&format!("/v1/generations{query}")).bearer(&person.access).send().await.expect(200).json()
    };
    assert_eq!(get(String::new()).await, json!({ "items": [], "next_cursor": null }));
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(id(&generate(&world, &person, &format!("banner {number}")).await).to_owned());
        world.advance(Duration::from_secs(15));
    }
    made.reverse();
    let ids = |page: &Value| page["items"].as_array().unwrap().iter().map(|item| id(item).to_owned()).collect::<Vec<_>>();
    let all = get(String::new()).await;
    assert_eq!((ids(&all), &all["next_cursor"]), (made.clone(), &Value::Null));
    for item in all["items"].as_array().unwrap() {
        assert!(item.get("file").is_none() && item["links"]["self"].is_string() && item["status"] == "delivered");
    }

    let first = get("?limit=2".to_owned()).await;
    assert_eq!(ids(&first), made[..2]);
    // What is added meanwhile does not shift the pages.
    generate(&world, &person, "one more").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = get(format!("?limit=2&cursor={cursor}")).await;
    assert_eq!(ids(&second), made[2..4]);
    let cursor = second["next_cursor"].as_str().unwrap();
    let third = get(format!("?cursor={cursor}&limit=2")).await;
    assert_eq!((ids(&third), &third["next_cursor"]), (made[4..].to_vec(), &Value::Null));
    let exact = get("?limit=6".to_owned()).await;
    assert_eq!((ids(&exact).len(), &exact["next_cursor"]), (6, &Value::Null), "no cursor to an empty page");
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)), "it fits a URL: {cursor}");
}

#[e2e::test]
async fn failures_are_listed_with_their_problem() {
    let world = World::needing(&[Need::Model]).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Status { status: 500 }).await;
    request(&world, &person, "a banner").send().await.problem("model-unavailable");
    world.model().behave().await;
    let list = world.get("/v1/generations").bearer(&person.access).send().await.expect(200).json();
    let item = &list["items"][0];
    assert_eq!((&item["status"], &item["problem"]), (&json!("failed"), &json!("model-unavailable")));
    let one = world.get(&format!("/v1/generations/{}", id(item))).bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&one["status"], one.get("file")), (&json!("failed"), None));
}
