//! Thousands of deliveries while the host is killed and PostgreSQL restarted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use asknpic_local::stripe::{WEBHOOK_SECRET, sign};
use e2e::http::Client;
use e2e::payments::of_type;
use e2e::wait::PATIENCE;
use e2e::{Need, World};
use http::Method;
use serde_json::Value;

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
const NEEDS: [Need; 2] = [Need::Stripe, Need::OwnDatabases];
/// Deliveries at a time.
const AT_ONCE: usize = 50;
/// Tokens of the pack that each event has paid for.
const TOKENS: i64 = 100_000;

/// What those who deliver share.
struct Deliveries {
    client: Client,
    /// Where the host listens; another address after each start.
    url: Mutex<String>,
    waiting: Mutex<VecDeque<String>>,
    taken: AtomicUsize,
    repeated: AtomicUsize,
}

impl Deliveries {
    /// Delivers what waits until nothing does, and what did not get a 2xx again, as Stripe does.
    async fn run(self: Arc<Self>) {
        loop {
            let next = self.waiting.lock().unwrap().pop_front();
            let Some(event) = next else { return };
            let deadline = Instant::now() + PATIENCE;
            while !self.deliver(&event).await {
                self.repeated.fetch_add(1, Ordering::Relaxed);
                assert!(Instant::now() < deadline, "not taken in {PATIENCE:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether it got a 2xx.
    async fn deliver(&self, event: &str) -> bool {
        let url = format!("{}/v1/stripe/webhook", self.url.lock().unwrap());
        let signature = sign(WEBHOOK_SECRET, jiff::Timestamp::now().as_second(), event.as_bytes());
        let call = self.client.call(Method::POST, url).header("stripe-signature", &signature);
        let answer = call.text("application/json", event.as_bytes().to_vec()).try_send().await;
        answer.is_ok_and(|answer| answer.status.is_success())
    }

    async fn until(&self, taken: usize) {
        e2e::wait::until("deliveries", async || (self.taken.load(Ordering::Relaxed) >= taken).then_some(())).await;
    }
}

/// Another payment of the same customer.
fn another(template: &Value, number: usize) -> String {
    let mut event = template.clone();
    event["id"] = format!("evt_heavy{number}").into();
    event["data"]["object"]["id"] = format!("cs_heavy{number}").into();
    event["data"]["object"]["payment_intent"] = format!("pi_heavy{number}").into();
    event.to_string()
}

/// Every event is applied exactly once, whatever breaks on the way.
async fn applied_once(events: usize) {
    let mut world = World::needing(&NEEDS).own_cluster().in_process(HOST).start().await;
    let person = world.person().await;
    let (_, bought) = world.buy(&person, "credits-100000").await;
    let template = of_type(&bought, "checkout.session.completed");
    let deliveries = Arc::new(Deliveries {
        client: world.client().clone(),
        url: Mutex::new(world.url()),
        // Every tenth comes twice: Stripe promises at least once.
        waiting: Mutex::new((0..events).chain((0..events).step_by(10)).map(|number| another(template, number)).collect()),
        taken: AtomicUsize::new(0),
        repeated: AtomicUsize::new(0),
    });
    let all = events + events.div_ceil(10);
    let started = Instant::now();
    let workers: Vec<_> = (0..AT_ONCE).map(|_| tokio::spawn(Arc::clone(&deliveries).run())).collect();
    deliveries.until(events / 3).await;
    world.kill_host().await;
    world.start_host().await;
    *deliveries.url.lock().unwrap() = world.url();
    deliveries.until(events * 2 / 3).await;
    world.cluster().stop().await;
    world.cluster().restart().await.unwrap();
    for worker in workers {
        worker.await.unwrap();
    }
    let elapsed = started.elapsed();

    assert_eq!(deliveries.taken.load(Ordering::Relaxed), all);
    let repeated = deliveries.repeated.load(Ordering::Relaxed);
    assert!(repeated > 0, "what was under way when the host died, or PostgreSQL, had to be delivered again");
    println!("{all} deliveries of {events} events in {elapsed:.1?}; {repeated} had to be repeated");
    let expected = i64::try_from(events).unwrap();
    for (what, sql) in [
        ("events", "select count(*) from stripe_events where outcome = 'applied'"),
        ("records", "select count(*) from billing_records where kind = 'pack'"),
        ("grants", "select count(*) from credit_ledger where kind = 'purchase'"),
        ("payments", "select count(distinct payment) from credit_ledger"),
    ] {
        assert_eq!(world.count(sql).await, expected, "{what}");
    }
    assert_eq!(world.billing(&person).await["credits"], expected * TOKENS);
}

#[e2e::test]
async fn each_event_is_applied_once_though_the_host_is_killed_and_postgresql_restarted() {
    applied_once(300).await;
}

/// `cargo test --workspace --test suite -- --ignored --nocapture five_thousand`
#[e2e::test]
#[ignore = "heavy: run by hand, as tests/README.md says"]
async fn five_thousand_events_are_applied_once_each() {
    applied_once(5_000).await;
}
