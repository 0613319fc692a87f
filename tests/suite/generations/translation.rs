//! The translation of briefs that the model does not take as they are.

use asknpic_local::model::Fault;
use e2e::events::{End, Events};
use e2e::{Need, World};
use serde_json::{Value, json};

use super::{generate, id, part, request, usage};

const GERMAN: &str = "Plakat für einen Jazzabend, „Blaue Nacht“, dunkelblau und gold";
const ENGLISH: &str = "poster for a jazz evening, „Blaue Nacht“, navy and gold";

/// The conversations that the model was asked to go on with.
async fn chats(world: &World) -> Vec<Value> {
    let requests = world.model().requests().await;
    requests.into_iter().filter(|request| request["path"] == "/api/chat").map(|request| request["body"].clone()).collect()
}

#[e2e::test]
async fn a_brief_in_another_language_is_translated_first_and_both_are_shown() {
    let world = World::needing(&[Need::Model, Need::Databases]).start().await;
    let person = world.person().await;
    let (events, end) = Events::open(request(&world, &person, GERMAN)).await.rest().await;
    assert_eq!(end, End::Whole);
    assert_eq!((events[0].name.as_str(), events[1].name.as_str()), ("accepted", "translated"));
    assert_eq!(events[1].data, json!({ "language": "de" }));
    let made = &events.last().unwrap().data;
    assert_eq!((&made["brief_language"], &made["translated"]), (&json!("de"), &json!(true)));
    let brief = part(&world, &person, id(made), "brief").await.expect(200).json();
    assert_eq!(brief, json!({ "brief": GERMAN, "translated_brief": ENGLISH }));
    let chats = chats(&world).await;
    assert_eq!(chats.len(), 2);
    assert_eq!((&chats[0]["messages"][1]["content"], chats[0].get("format")), (&json!(GERMAN), None));
    assert_eq!(chats[1]["messages"][1]["content"], ENGLISH);
    assert!(chats[1]["messages"][0]["content"].as_str().unwrap().contains("German"), "labels are in the brief's language");
    let (prompt, completion) = (made["tokens"]["prompt"].as_i64().unwrap(), made["tokens"]["completion"].as_i64().unwrap());
    assert_eq!(usage(&world, &person).await, (prompt + completion, 0), "the translation's tokens are counted");
    assert_ne!(made["prompt_version"], generate(&world, &person, "poster for a jazz evening").await["prompt_version"]);
}

#[e2e::test]
async fn a_translation_of_no_use_leaves_the_brief_as_it_is() {
    let world = World::needing(&[Need::Model, Need::Databases]).start().await;
    let person = world.person().await;
    let stolen =
        std::fs::read_to_string(e2e::world::root().join("components/generate/prompts/2026-12-01/translate.txt")).unwrap();
    for useless in ["  \n", stolen.as_str(), "too long ".repeat(600).as_str()] {
        let before = world.model().chats().await;
        world.model().fault(Fault::Scripted { contents: [useless.to_owned()].into() }).await;
        let made = generate(&world, &person, GERMAN).await;
        assert_eq!((&made["brief_language"], &made["translated"]), (&json!("de"), &json!(false)));
        let brief = part(&world, &person, id(&made), "brief").await.expect(200).json();
        assert_eq!(brief, json!({ "brief": GERMAN }));
        assert_eq!(world.model().chats().await - before, 2);
        assert_eq!(chats(&world).await.last().unwrap()["messages"][1]["content"], GERMAN);
    }
}

#[e2e::test]
async fn what_the_model_takes_is_the_operators_to_say() {
    let builder = World::needing(&[Need::Model, Need::Databases]).variable("model_languages", "fr");
    let world = builder.start().await;
    let person = world.person().await;
    let made = generate(&world, &person, "Affiche pour une nuit de jazz").await;
    assert_eq!((&made["brief_language"], &made["translated"]), (&json!("fr"), &json!(false)));
    let made = generate(&world, &person, "Poster for a jazz night").await;
    assert_eq!((&made["brief_language"], &made["translated"]), (&json!("en"), &json!(true)));
    let system = chats(&world).await[1]["messages"][0]["content"].as_str().unwrap().to_owned();
    assert!(system.contains("into French"), "{system}");
}
