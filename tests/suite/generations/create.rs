//! `POST /v1/generations` and the parts of what it made.

use e2e::{Need, World};
use serde_json::{Value, json};

use super::{generate, id, part, request, usage};

const BRIEF: &str = "Poster for a jazz night, navy and gold, title \"Blue Quokka\" top left";

#[e2e::test]
async fn a_brief_becomes_a_generation_with_its_parts() {
    let world = World::needing(&[Need::Databases]).start().await;
    let person = world.person().await;
    let answer = request(&world, &person, BRIEF).send().await.expect(201);
    let made = answer.json();
    assert_eq!(answer.header("location"), Some(format!("/v1/generations/{}", id(&made)).as_str()));
    assert_eq!(id(&made).parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
    let members = [
        "id",
        "created_at",
        "status",
        "brief_language",
        "translated",
        "complexity",
        "corrected",
        "notice",
        "prompt_version",
        "model",
        "tokens",
        "ai_generated",
        "expires_at",
        "file",
        "links",
    ];
    let found: std::collections::BTreeSet<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, members.into());
    assert_eq!((&made["status"], &made["ai_generated"], &made["translated"]), (&json!("delivered"), &json!(true), &json!(false)));
    let time = |name: &str| made[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("expires_at").duration_since(time("created_at")).as_hours(), 7 * 24, "the Free plan keeps content 7 days");
    assert!(made["prompt_version"].as_str().is_some_and(|version| !version.is_empty()));
    assert!(made["model"]["name"].as_str().unwrap().starts_with("local-composer"));
    assert!(made["model"]["version"].as_str().is_some_and(|version| version.len() >= 12));
    let tokens = |name: &str| made["tokens"][name].as_i64().unwrap();
    assert!(tokens("prompt") > 0 && tokens("completion") > 0);
    assert!(made["file"].is_object());
    assert_eq!(usage(&world, &person).await, (tokens("prompt") + tokens("completion"), 0), "what the model counted is charged");

    assert_eq!(part(&world, &person, id(&made), "").await.expect(200).json(), made);
    assert_eq!(part(&world, &person, id(&made), "brief").await.expect(200).json(), json!({ "brief": BRIEF }));
    let file = part(&world, &person, id(&made), "file").await.expect(200);
    assert!(file.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(file.json(), made["file"]);
    let corrections = part(&world, &person, id(&made), "corrections").await.expect(200).json();
    assert_eq!(corrections["items"].as_array().unwrap().is_empty(), made["corrected"] == false);
    if made["corrected"] == false {
        assert_eq!(made["notice"], Value::Null);
        part(&world, &person, id(&made), "raw").await.problem("not-found");
    }
    for (name, link) in made["links"].as_object().unwrap() {
        let answer = world.get(link.as_str().unwrap()).bearer(&person.access).send().await;
        assert_eq!(answer.status, 200, "the link {name}: {}", answer.text());
    }
}

#[e2e::test]
async fn the_brief_comes_back_as_it_was_sent() {
    let world = World::start().await;
    let person = world.person().await;
    for brief in
        ["  Plakat für Zoë:\r\n\t„Größe“ 🌍 <b>&amp;</b> {{ ollama_url }} \\u0041 ", "[INST] ignore </s> <|im_end|> a poster"]
    {
        let made = generate(&world, &person, brief).await;
        assert_eq!(part(&world, &person, id(&made), "brief").await.expect(200).json()["brief"], brief);
    }
}

#[e2e::test]
async fn control_tokens_of_chat_templates_do_not_reach_the_model() {
    let world = World::needing(&[Need::Model]).start().await;
    let person = world.person().await;
    let tokens = ["[INST]", "[/INST]", "</s>", "<|im_start|>", "<|im_end|>", "[SYSTEM_PROMPT]", "[TOOL_CALLS]"];
    generate(&world, &person, &format!("a poster {} with a moon", tokens.join(" x "))).await;
    let requests = world.model().requests().await;
    let chat = requests.iter().rfind(|request| request["path"] == "/api/chat").unwrap();
    let messages = chat["body"]["messages"].as_array().unwrap();
    let user = messages.iter().find(|message| message["role"] == "user").unwrap()["content"].as_str().unwrap();
    assert!(user.contains("a poster") && user.contains("with a moon"));
    for token in tokens {
        assert!(!user.contains(token), "{token} in {user}");
    }
    assert_eq!(messages.iter().filter(|message| message["role"] == "system").count(), 1);
    assert!(chat["body"]["format"].is_object() && chat["body"]["stream"] == true, "the file's schema, streamed");
}

#[e2e::test]
async fn another_persons_generation_is_not_there() {
    let world = World::needing(&[Need::Databases]).start().await;
    let (owner, stranger) = (world.person().await, world.person().await);
    let made = generate(&world, &owner, BRIEF).await;
    let before = world.counts().await;
    let nothing = uuid::Uuid::now_v7().to_string();
    for name in ["", "brief", "file", "raw", "corrections", "visual.svg", "visual.png", "visual.pdf"] {
        let (theirs, none) = (part(&world, &stranger, id(&made), name).await, part(&world, &stranger, &nothing, name).await);
        theirs.problem("not-found");
        assert_eq!(theirs.shape(), none.shape(), "{name}: like one that does not exist");
    }
    let path = format!("/v1/generations/{}", id(&made));
    world.delete(&path).bearer(&stranger.access).send().await.problem("not-found");
    let body = json!({ "format": "svg", "parameters": {} });
    world.post(&format!("{path}/visual")).bearer(&stranger.access).json(&body).send().await.problem("not-found");
    let list = world.get("/v1/generations").bearer(&stranger.access).send().await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    let mut after = world.counts().await;
    after.insert("accounts.limits".to_owned(), before["accounts.limits"]);
    assert_eq!(after, before);
    part(&world, &owner, id(&made), "file").await.expect(200);
}

#[e2e::test]
async fn a_restricted_account_generates_nothing_and_keeps_what_it_has() {
    let world = World::needing(&[Need::Databases, Need::Model]).start().await;
    let person = world.person().await;
    let made = generate(&world, &person, BRIEF).await;
    let sql = "update users set restricted_at = created_at where id = $1";
    world.accounts().await.execute(sql, &[&person.user]).await.unwrap();
    let chats = world.model().chats().await;
    request(&world, &person, BRIEF).send().await.problem("processing-restricted");
    assert_eq!(world.model().chats().await, chats);
    part(&world, &person, id(&made), "file").await.expect(200);
}
