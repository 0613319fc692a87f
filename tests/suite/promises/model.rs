//! Content goes to the configured model host and to no other.

use asknpic_local::model::{Fault, Model, Options};
use e2e::haystack::Haystack;
use e2e::{Need, Person, World};
use serde_json::json;

const BRIEF: &str = "Poster for the jazz night of Zoë Quillfeather, navy and gold";
const NEEDS: [Need; 2] = [Need::OwnDatabases, Need::Model];

async fn generate(world: &World, person: &Person) -> e2e::Answer {
    world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF })).send().await
}

/// Readiness is red for the model, a generation is refused with that problem, the model has seen no content, nothing is charged
/// and nothing kept.
async fn refused(world: &World, problem: &str) {
    let person = world.person().await;
    let ready = world.get("/readyz").send().await.expect(503).json();
    assert_eq!((&ready["status"], &ready["dependencies"]["model"]), (&"down".into(), &"down".into()), "{ready}");
    generate(world, &person).await.problem(problem);
    assert_eq!(world.model().chats().await, 0);
    let seen = serde_json::to_string(&world.model().requests().await).unwrap();
    assert_eq!(Haystack::of_text("the model", &seen).pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (0, 0));
    assert_eq!(world.count("select coalesce(sum(used + reserved), 0)::bigint from usage_daily").await, 0);
}

#[e2e::test]
async fn promise_a17_content_goes_to_the_configured_model_host_only() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    generate(&world, &person).await.expect(201);
    let chats: Vec<_> = world.model().requests().await.into_iter().filter(|request| request["path"] == "/api/chat").collect();
    assert_eq!(chats.len(), 1);
    assert!(chats[0].to_string().contains("Quillfeather"), "the brief went to the model");
    let others =
        serde_json::to_string(&world.messages().all().await.iter().map(|message| &message.text).collect::<Vec<_>>()).unwrap();
    assert_eq!(Haystack::of_text("messages", &others).pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    drop(world);

    // A model server that the manifest does not name: the runtime refuses, whatever the component's variable says.
    let elsewhere = Model::start(([127, 0, 0, 1], 0).into(), &Options::recording()).unwrap();
    let url = elsewhere.url();
    let edit = move |text: String| text.replace("ollama_url = \"{{ ollama_url }}\"", &format!("ollama_url = \"{url}\""));
    let world = World::needing(&NEEDS).manifest(edit).start().await;
    refused(&world, "model-unavailable").await;
    assert!(elsewhere.requests().is_empty(), "{:?}", elsewhere.requests());
}

#[e2e::test]
async fn promise_a17_a_model_that_runs_elsewhere_is_refused() {
    let world = World::needing(&NEEDS).start().await;
    world.model().fault(Fault::Remote { host: "https://ollama.com:443".to_owned(), model: "big".to_owned() }).await;
    refused(&world, "model-unavailable").await;
    // Once it runs here again, it is used.
    world.model().behave().await;
    assert_eq!(world.get("/readyz").send().await.expect(200).json()["dependencies"]["model"], "up");
    generate(&world, &world.person().await).await.expect(201);
    drop(world);

    for (name, value) in [
        ("ollama_model", "gpt-oss:120b-cloud"),
        ("ollama_model", "local-composer-cloud"),
        ("ollama_url", "http://203.0.113.7:11434"),
        ("ollama_url", "https://ollama.com"),
    ] {
        let world = World::needing(&NEEDS).variable(name, value).start().await;
        refused(&world, "not-configured").await;
    }
    // Its name is good, and its server does not have it.
    let world = World::needing(&NEEDS).variable("ollama_model", "another").start().await;
    refused(&world, "model-unavailable").await;
}
