//! `e2e-host <spin.toml> <cache folder> <milliseconds ahead of real time>`: the host in a process of its own, so that a test can
//! kill it. Variables come from `SPIN_VARIABLE_*`. Prints its address, then serves until it is killed.

use std::time::Duration;

use asknpic_host::{Config, Host};

#[tokio::main]
async fn main() {
    let [manifest, cache, ahead] = std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("three arguments");
    let mut config = Config::new(manifest);
    config.cache_dir = cache.into();
    config.clock.set_offset(Duration::from_millis(ahead.parse().expect("milliseconds")));
    let host = Host::start(config).await.unwrap_or_else(|error| panic!("{error}"));
    println!("{}", host.addr());
    std::future::pending::<()>().await;
}
