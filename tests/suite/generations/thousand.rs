//! A thousand generations, fifty at a time. Minutes of work, so only where it is asked for: `--ignored thousand`.

use std::collections::BTreeSet;
use std::time::Duration;

use e2e::{Need, Person, World};
use futures::future::join_all;

use super::request;

const ROUNDS: usize = 20;

/// Memory of this process, which the host is a part of, in KB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[ignore = "takes minutes"]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_generations_none_lost_or_doubled() {
    let needs = [Need::Clock, Need::OwnDatabases, Need::Model];
    let Some(world) = World::needing(&needs).variable("model_calls", "50").start().await else { return };
    let mut people = join_all((0..10).map(|_| world.person())).await;
    world.accounts().await.batch_execute("update plans set daily_tokens = 1000000000").await.unwrap();
    let (mut ids, mut cost, mut early) = (BTreeSet::new(), 0, 0);
    for round in 0..ROUNDS {
        let calls =
            people.iter().flat_map(|person: &Person| (0..5).map(|_| request(&world, person, "a card with a leaf").send()));
        for answer in join_all(calls).await {
            let made = answer.expect(201).json();
            cost += made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
            ids.insert(made["id"].as_str().unwrap().to_owned());
        }
        if round == ROUNDS / 4 {
            early = memory();
        }
        world.advance(Duration::from_secs(61));
        people = join_all(people.iter().map(|person| world.again(person))).await;
    }
    assert_eq!(ids.len(), ROUNDS * 50);
    assert_eq!(world.count("select count(*) from generations where status = 'delivered'").await, 1_000);
    assert_eq!(world.count("select sum(used)::bigint from usage_daily").await, cost, "to the last token");
    assert_eq!(world.count("select sum(reserved)::bigint from usage_daily").await, 0);
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["accounts.model_line"]), (1_000, 0));
    let late = memory();
    println!("memory: {early} KB after a quarter, {late} KB at the end");
    assert!(late < early + early / 4, "memory grows: {early} → {late} KB");
}
