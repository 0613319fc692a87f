//! Whatever the order in which events come, and however often: the same end.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::payments::of_type;
use e2e::{Need, Person, World};
use futures::future::join_all;
use serde_json::{Value, json};

const NEEDS: [Need; 3] = [Need::Stripe, Need::OwnDatabases, Need::Clock];

/// A purchase, an upgrade, a failed renewal, a cancellation; and a pack, half of which is paid back. Only the types that we ask for.
async fn story(world: &World, person: &Person) -> Vec<Value> {
    let (_, mut events) = world.buy(person, "starter").await;
    let subscription = of_type(&events, "customer.subscription.created")["data"]["object"]["id"].clone();
    let objects = world.stripe().objects().await;
    let pro = objects.as_object().unwrap().values().find(|object| object["lookup_key"] == "asknpic-pro").unwrap()["id"].clone();
    let act = async |act: Value| {
        world.advance(Duration::from_mins(1));
        world.stripe().act(&act).await
    };
    events.extend(act(json!({ "act": "change", "subscription": subscription, "price": pro })).await);
    events.extend(act(json!({ "act": "renew", "subscription": subscription, "paid": false })).await);
    events.extend(act(json!({ "act": "cancel", "subscription": subscription })).await);
    let (_, pack) = world.buy(person, "credits-100000").await;
    let payment = of_type(&pack, "checkout.session.completed")["data"]["object"]["payment_intent"].clone();
    events.extend(pack);
    events.extend(act(json!({ "act": "refund", "payment": payment, "amount": 150 })).await);
    events.retain(|event| {
        let wanted = ["customer.subscription.", "invoice.", "charge.refunded", "checkout.session."];
        wanted.iter().any(|start| event["type"].as_str().unwrap().starts_with(start))
    });
    events
}

/// All that the person sees and that the accountant reads.
async fn state(world: &World, person: &Person) -> BTreeMap<String, String> {
    let mut state: BTreeMap<_, _> = [("overview".to_owned(), world.billing(person).await.to_string())].into();
    let client = world.accounts().await;
    for (name, sql) in [
        ("tenant", "select plan || ' ' || coalesce(downgraded_at::text, '-') from tenants where id = $1"),
        ("states", "select string_agg(event_id || status, ' ' order by event_id) from subscription_states where tenant_id = $1"),
        (
            "credits",
            "select string_agg(kind || tokens, ' ' order by kind) from (select kind, sum(tokens)::text tokens from credit_ledger where tenant_id = $1 group by kind) x",
        ),
        (
            "records",
            "select string_agg(r.id || kind || amount || tax || booked_at::text, ' ' order by r.id) from billing_records r join billing_customers c on c.id = r.customer where c.tenant_id = $1",
        ),
    ] {
        let row = client.query_one(sql, &[&person.tenant]).await.unwrap();
        state.insert(name.to_owned(), row.get::<_, Option<String>>(0).unwrap_or_default());
    }
    state
}

/// Takes back what the deliveries have written, so that the same events can come once more.
pub(super) async fn forget(world: &World, person: &Person) {
    let client = world.accounts().await;
    let tenant = &[&person.tenant as &(dyn tokio_postgres::types::ToSql + Sync)];
    client.execute("delete from subscription_states where tenant_id = $1", tenant).await.unwrap();
    client.execute("delete from credit_ledger where tenant_id = $1", tenant).await.unwrap();
    client.execute("update tenants set plan = 'free', downgraded_at = null where id = $1", tenant).await.unwrap();
    client.batch_execute("delete from billing_records; delete from stripe_events").await.unwrap();
}

/// A small generator of repeatable numbers, so that a failure can be repeated from its seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for place in (1..list.len()).rev() {
            list.swap(place, self.below(place + 1));
        }
    }
}

/// Every order of the five states of a subscription, one delivery after the other.
#[e2e::test]
async fn every_order_of_a_subscriptions_states_ends_alike() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let story = story(&world, &person).await;
    let states: Vec<_> =
        story.iter().filter(|event| event["type"].as_str().unwrap().starts_with("customer.subscription.")).collect();
    assert_eq!(states.len(), 5, "created, active, upgraded, past due, deleted");
    for event in &states {
        world.deliver(event).send().await.expect(200);
    }
    let expected = state(&world, &person).await;
    assert!(expected["tenant"].starts_with("free 20"), "{expected:?}");
    let mut order: Vec<_> = (0..states.len()).collect();
    let mut seen = 0;
    loop {
        forget(&world, &person).await;
        for place in &order {
            world.deliver(states[*place]).send().await.expect(200);
        }
        assert_eq!(state(&world, &person).await, expected, "{order:?}");
        seen += 1;
        if !next_permutation(&mut order) {
            break;
        }
    }
    assert_eq!(seen, 120);
}

/// Within one second, too: what was mended comes after what was mended, in whichever order it is told.
#[e2e::test]
async fn a_payment_that_is_mended_within_the_second_gives_the_plan() {
    let world = World::needing(&NEEDS).start().await;
    world.freeze();
    let person = world.person().await;
    let (_, mut events) = world.buy(&person, "pro").await;
    let subscription = of_type(&events, "customer.subscription.created")["data"]["object"]["id"].clone();
    for act in ["give_up", "recover"] {
        events.extend(world.stripe().act(&json!({ "act": act, "subscription": subscription })).await);
    }
    events.retain(|event| event["type"].as_str().unwrap().starts_with("customer.subscription."));
    assert_eq!(events.iter().map(|event| event["created"].to_string()).collect::<std::collections::BTreeSet<_>>().len(), 1);
    let mut dice = Dice(3);
    for _ in 0..12 {
        forget(&world, &person).await;
        world.deliver_all(&events).await;
        let overview = world.billing(&person).await;
        assert_eq!((&overview["plan"], &overview["status"]), (&json!("pro"), &json!("active")), "{events:?}");
        dice.shuffle(&mut events);
    }
}

/// The next order in the dictionary; false after the last.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(pivot) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let larger = order.iter().rposition(|place| *place > order[pivot]).unwrap();
    order.swap(pivot, larger);
    order[pivot + 1..].reverse();
    true
}

/// The whole story in many orders, each event up to three times, eight deliveries at a time.
#[e2e::test]
async fn any_order_repetition_and_simultaneity_ends_alike() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let story = story(&world, &person).await;
    assert!(story.len() >= 11, "{}", story.len());
    world.deliver_all(&story).await;
    let expected = state(&world, &person).await;
    assert!(expected["overview"].contains("\"credits\":50000"), "{expected:?}");
    let (first, rounds) = match std::env::var("ASKNPIC_E2E_SEED") {
        Ok(seed) => (seed.parse().unwrap(), 1),
        Err(_) => (1, 60),
    };
    for seed in first..first + rounds {
        forget(&world, &person).await;
        let mut dice = Dice(seed);
        let mut deliveries: Vec<_> = story.iter().flat_map(|event| vec![event; 1 + dice.below(3)]).collect();
        dice.shuffle(&mut deliveries);
        for together in deliveries.chunks(8) {
            let answers = join_all(together.iter().map(|event| world.deliver(event).send())).await;
            assert!(answers.iter().all(|answer| answer.status == 200), "seed {seed}: {answers:?}");
        }
        assert_eq!(state(&world, &person).await, expected, "ASKNPIC_E2E_SEED={seed}");
    }
}
