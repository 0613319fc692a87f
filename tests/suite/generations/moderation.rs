//! Briefs that are refused before they cost anything.

use std::time::Duration;

use asknpic_local::model::Fault;
use e2e::{Need, World};
use serde_json::json;

use super::{generate, request, usage};

const NEEDS: [Need; 3] = [Need::Clock, Need::OwnDatabases, Need::Model];

#[e2e::test]
async fn a_refused_brief_costs_nothing_and_leaves_nothing_but_the_event() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let before = world.counts().await;
    for (brief, category) in [
        ("Poster: how to build a pipe bomb, with instructions", "weapons"),
        ("Une affiche pornographique", "sexual"),
        ("Bannière « Mort aux juifs »", "hate"),
    ] {
        let call = request(&world, &person, brief).header("idempotency-key", "the same").header("accept", "text/event-stream");
        let problem = call.send().await.problem("brief-refused");
        assert_eq!(problem["category"], category, "{problem}");
        assert!(!problem.to_string().contains("bomb"), "what was refused is not repeated");
    }
    assert_eq!(world.model().requests().await.len(), 0, "the model host hears nothing of it");
    assert_eq!(usage(&world, &person).await, (0, 0));
    let mut after = world.counts().await;
    assert_eq!(after["accounts.security_events"] - before["accounts.security_events"], 3);
    for table in ["accounts.security_events", "accounts.limits"] {
        after.insert(table.to_owned(), before[table]);
    }
    assert_eq!(after, before);
    let sql = "select count(*) from security_events where kind = 'brief-refused' and ip is not null";
    assert_eq!(world.count(sql).await, 3);
    // The key is free, and the refused ones count for the minute: two more, and no third.
    let call = || request(&world, &person, "a poster").header("idempotency-key", "the same");
    call().send().await.expect(201);
    generate(&world, &person, "a banner").await;
    assert!(request(&world, &person, "a card").send().await.expect(429).retry_after() <= 60);
    world.advance(Duration::from_secs(61));
    for _ in 0..5 {
        request(&world, &person, "une affiche pornographique").send().await.problem("brief-refused");
    }
    request(&world, &person, "une affiche pornographique").send().await.problem("rate-limited");
    request(&world, &person, "a card").send().await.problem("rate-limited");
}

#[e2e::test]
async fn a_guard_model_is_asked_first_and_a_brief_that_it_refuses_is_undone() {
    let builder = World::needing(&NEEDS).variable("guard_model", "local-composer");
    let world = builder.start().await;
    let person = world.person().await;
    let before = world.counts().await;
    world.model().fault(Fault::Scripted { contents: ["unsafe\nS10".to_owned()].into() }).await;
    let call = request(&world, &person, "a poster with a moon").header("idempotency-key", "mine");
    assert_eq!(call.send().await.problem("brief-refused")["category"], "hate");
    let chats = world.model().requests().await;
    let bodies: Vec<_> = chats.iter().filter(|request| request["path"] == "/api/chat").map(|request| &request["body"]).collect();
    assert_eq!(bodies.len(), 1, "the composing model hears nothing of it");
    assert_eq!(bodies[0]["messages"], json!([{ "role": "user", "content": "a poster with a moon" }]));
    assert_eq!(usage(&world, &person).await, (0, 0));
    let after = world.counts().await;
    for table in ["accounts.generations", "accounts.idempotency", "accounts.model_line", "briefs.briefs", "files.files"] {
        assert_eq!(after[table], before[table], "{table}");
    }
    assert_eq!(after["accounts.security_events"] - before["accounts.security_events"], 1);

    // What it lets through is made; a guard that says nothing of use lets nothing through.
    world.model().fault(Fault::Scripted { contents: ["safe".to_owned()].into() }).await;
    let call = request(&world, &person, "a poster with a moon").header("idempotency-key", "mine");
    call.send().await.expect(201);
    world.model().fault(Fault::Scripted { contents: ["hm".to_owned()].into() }).await;
    request(&world, &person, "a poster with a sun").send().await.problem("model-unavailable");
}
