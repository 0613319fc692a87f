//! A thousand generations, fifty at a time. Minutes of work, so only where it is asked for: `--ignored thousand`.

use std::collections::BTreeSet;

use e2e::{Need, Person, World};
use futures::future::join_all;

use super::request;

const ROUNDS: usize = 20;
const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");

#[e2e::test]
#[ignore = "takes a minute"]
async fn a_thousand_generations_none_lost_or_doubled() {
    let needs = [Need::OwnDatabases, Need::Model];
    let world = World::needing(&needs).variable("model_calls", "50").in_process(HOST).start().await;
    let people = join_all((0..10).map(|_| world.person())).await;
    let accounts = world.accounts().await;
    accounts.batch_execute("update plans set daily_tokens = 1000000000").await.unwrap();
    let (mut ids, mut cost, mut memory) = (BTreeSet::new(), 0, Vec::new());
    for round in 1..=ROUNDS {
        let calls =
            people.iter().flat_map(|person: &Person| (0..5).map(|_| request(&world, person, "a card with a leaf").send()));
        for answer in join_all(calls).await {
            let made = answer.expect(201).json();
            cost += made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
            ids.insert(made["id"].as_str().unwrap().to_owned());
        }
        if round % (ROUNDS / 4) == 0 {
            memory.push(world.host_memory().0);
        }
        // Five a minute for a person: this minute is over.
        accounts.batch_execute("update generations set created_at = created_at - interval '61 seconds'").await.unwrap();
    }
    assert_eq!(ids.len(), ROUNDS * 50);
    assert_eq!(world.count("select count(*) from generations where status = 'delivered'").await, 1_000);
    assert_eq!(world.count("select sum(used)::bigint from usage_daily").await, cost, "to the last token");
    assert_eq!(world.count("select sum(reserved)::bigint from usage_daily").await, 0);
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["accounts.model_line"]), (1_000, 0));
    println!("tokens: {cost}; memory of the host in KB after each quarter: {memory:?}");
    // What instances keep is there after the first quarter.
    assert!(memory[3] < memory[0] + memory[0] / 10, "memory grows: {memory:?} KB");
}
