//! PostgreSQL stops and comes back, under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use asknpic_local::model::Fault;
use e2e::events::{End, Events};
use e2e::wait::until;
use e2e::{Applicant, Need, World};
use serde_json::json;

#[e2e::test]
async fn postgresql_stops_and_starts_again_under_load() {
    let world = World::needing(&[Need::Model]).own_cluster().start().await;
    let person = world.person().await;
    let brief = json!({ "brief": "a banner" });
    let kept = world.post("/v1/generations").bearer(&person.access).json(&brief).send().await.expect(201).json();
    let (world, person) = (Arc::new(world), Arc::new(person));
    let (served, refused, stop) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let load: Vec<_> = (0..8)
        .map(|number| {
            let (world, person) = (Arc::clone(&world), Arc::clone(&person));
            let (served, refused, stop) = (Arc::clone(&served), Arc::clone(&refused), Arc::clone(&stop));
            let path = format!("/v1/generations/{}", kept["id"].as_str().unwrap());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = match number % 3 {
                        0 => world.get("/v1/generations").bearer(&person.access).send().await,
                        1 => world.get(&path).bearer(&person.access).send().await,
                        _ => world.verify("01890a5d-ac96-474b-bcce-b302099a8057", "123456").send().await,
                    };
                    if answer.status == 503 {
                        answer.problem("unavailable");
                        refused.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert!(answer.status == 200 || answer.status == 410, "{} {}", answer.status, answer.text());
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let more = async |counter: &AtomicUsize, what: &str| {
        let before = counter.load(Ordering::Relaxed);
        until(what, async || (counter.load(Ordering::Relaxed) >= before + 40).then_some(())).await;
    };
    for crash in [false, true] {
        more(&served, "requests to be served").await;
        if crash {
            world.cluster().stop_immediate().await;
        } else {
            world.cluster().stop().await;
        }
        more(&refused, "requests to be refused").await;
        world.get("/healthz").send().await.expect(200);
        let ready = world.get("/readyz").send().await.expect(503).json();
        for name in ["accounts", "briefs", "files"] {
            assert_eq!(ready["dependencies"][name], "down", "{ready}");
        }
        let answer = world.post("/v1/signup").json(&Applicant::invent().form()).send().await;
        answer.problem("unavailable");
        assert!(answer.retry_after() >= 1);
        world.sign_in(&person.applicant).send().await.problem("unavailable");
        world.cluster().restart().await.unwrap();
        more(&served, "requests to be served again").await;
        let back = async || (world.get("/readyz").send().await.status == 200).then_some(());
        until("readiness", back).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    // What was there is there, and everything works.
    let path = format!("/v1/generations/{}", kept["id"].as_str().unwrap());
    assert_eq!(world.get(&path).bearer(&person.access).send().await.expect(200).json(), kept);
    let other = world.person().await;
    world.post("/v1/generations").bearer(&other.access).json(&brief).send().await.expect(201);
    assert_eq!(world.count("select coalesce(sum(reserved), 0)::bigint from usage_daily").await, 0);
}

#[e2e::test]
async fn a_generation_outlives_a_restart_of_postgresql() {
    let world = World::needing(&[Need::Model]).own_cluster().start().await;
    let person = world.person().await;
    world.model().fault(Fault::Slow { per_chunk_ms: 4 }).await;
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "a banner with a moon" }));
    let mut events = Events::open(call).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    assert_eq!(events.next().await.unwrap().name, "progress");
    // The model writes on while there is no database; the answer is kept when it is back.
    world.cluster().restart().await.unwrap();
    let (rest, end) = events.rest().await;
    let last = rest.last().unwrap();
    assert_eq!((last.name.as_str(), end), ("done", End::Whole), "{last:?}");
    let path = format!("/v1/generations/{}/file", last.data["id"].as_str().unwrap());
    assert_eq!(world.get(&path).bearer(&person.access).send().await.expect(200).json(), last.data["file"]);
}
