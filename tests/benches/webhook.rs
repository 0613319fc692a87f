//! Deliveries of Stripe's a second, as a share of what `pgbench` does with the same statement over the same number of connections:
//! `./dev bench`, or `cargo bench --workspace --profile dev --bench webhook -- [deliveries]`. Not part of CI.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use asknpic::migrate::Database;
use asknpic_local::stripe::{WEBHOOK_SECRET, sign};
use e2e::payments::of_type;
use e2e::{Need, World};
use http::Method;
use serde_json::Value;

const HOST: &str = env!("CARGO_BIN_EXE_e2e-host");
const NEEDS: [Need; 3] = [Need::Stripe, Need::OwnDatabases, Need::Keys];
/// Deliveries at a time.
const AT_ONCE: usize = 50;
/// People who buy: events of one wait for each other, so there must be more of them than deliveries at a time.
const CUSTOMERS: usize = 200;
const SECONDS: u32 = 10;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    runtime.block_on(measure(asked.unwrap_or(10_000)));
}

async fn measure(deliveries: usize) {
    let world = World::needing(&NEEDS).in_process(HOST).start().await;
    let person = world.person().await;
    let (_, events) = world.buy(&person, "credits-100000").await;
    let template = of_type(&events, "checkout.session.completed");
    let customers = "insert into tenants select (jsonb_populate_record(x.t, jsonb_build_object('id', md5('t' || n)))).*
                         from (select t from tenants t limit 1) x, generate_series(1, $1::bigint) n";
    let count = i64::try_from(CUSTOMERS).expect("a number");
    let accounts = world.accounts().await;
    accounts.execute(customers, &[&count]).await.expect("tenants");
    let linked = "insert into billing_customers select 'cus_bench' || n, md5('t' || n)::uuid, '2026-01-01' from generate_series(1, $1::bigint) n";
    accounts.execute(linked, &[&count]).await.expect("customers");

    let events: Arc<Vec<String>> = Arc::new((0..deliveries).map(|number| another(template, number)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (client, url) = (world.client().clone(), format!("{}/v1/stripe/webhook", world.url()));
            let (events, next) = (Arc::clone(&events), Arc::clone(&next));
            tokio::spawn(async move {
                while let Some(event) = events.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let signature = sign(WEBHOOK_SECRET, jiff::Timestamp::now().as_second(), event.as_bytes());
                    let call = client.call(Method::POST, url.clone()).header("stripe-signature", &signature);
                    let answer = call.text("application/json", event.clone().into_bytes()).try_send().await;
                    assert_eq!(answer.expect("an answer").status, 200);
                }
            })
        })
        .collect();
    // How many connections the component has while it is at it.
    let mut connections = 0;
    while next.load(Ordering::Relaxed) < deliveries {
        let sql = "select count(*) from pg_stat_activity where usename = 'billing' and datname = current_database()";
        connections = connections.max(world.count(sql).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for worker in workers {
        worker.await.expect("deliveries");
    }
    let ours = per_second(deliveries, started.elapsed());
    assert_eq!(world.count("select count(*) from billing_records").await, i64::try_from(deliveries).expect("a number"));

    let theirs = pgbench(&world, connections);
    println!(
        "{deliveries} deliveries, {AT_ONCE} at a time: {ours:.0} a second over {connections} connections; pgbench with the same statement \
         and connections: {theirs:.0} a second; share {:.0} %",
        100.0 * ours / theirs
    );
}

fn per_second(count: usize, elapsed: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / elapsed.as_secs_f64()
}

/// Another payment of one of the customers.
fn another(template: &Value, number: usize) -> String {
    let mut event = template.clone();
    event["id"] = format!("evt_bench{number}").into();
    event["data"]["object"]["id"] = format!("cs_bench{number}").into();
    event["data"]["object"]["payment_intent"] = format!("pi_bench{number}").into();
    event["data"]["object"]["customer"] = format!("cus_bench{}", number % CUSTOMERS + 1).into();
    event.to_string()
}

/// Transactions a second of the statement that a delivery is.
fn pgbench(world: &World, connections: i64) -> f64 {
    let script = format!(
        "\\set n random(1, 1000000000)\n\\set c random(1, {CUSTOMERS})\n\
         select api.stripe_money(timestamp '2026-11-21', 'evt_pgbench' || :n, 'checkout.session.completed', timestamp '2026-11-21', \
         'cus_bench' || :c, 'pi_pgbench' || :n, 'pack', 'pi_pgbench' || :n, null, 'credits-100000', 300, 50, 'eur', \
         md5('g' || :n)::uuid, md5('r' || :n)::uuid);\n"
    );
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), script).expect("the script");
    let clients = connections.to_string();
    let program = world.cluster().program("pgbench").expect("pgbench, which comes with PostgreSQL's programs");
    let output = Command::new(program)
        .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &SECONDS.to_string(), "-f"])
        .arg(file.path())
        .arg(world.zone_url("billing", Database::Accounts))
        .output()
        .expect("pgbench");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next()?.parse().ok());
    line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}
