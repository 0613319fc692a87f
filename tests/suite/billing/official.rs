//! Stripe's own Python package: it signs, reads what the stand-in answers, and has the parameters that `sync.rs` holds our requests to.

use asknpic_local::stripe::WEBHOOK_SECRET;
use e2e::python;
use e2e::world::root;
use e2e::{Need, World};
use tokio::process::Command;

/// The version whose signatures the unit tests have, and whose API version is pinned.
const PACKAGE: &str = "stripe==16.1.0";

#[e2e::test]
async fn the_official_client_understands_stand_in_and_webhook_and_knows_the_parameters() {
    let python = python::with(PACKAGE).await;
    let world = World::needing(&[Need::Stripe, Need::Databases]).start().await;
    let mut command = Command::new(&python);
    command.arg(root().join("tests/fixtures/stripe_client.py")).arg(world.stripe().url());
    command.arg(format!("{}/v1/stripe/webhook", world.url())).arg(WEBHOOK_SECRET);
    python::run(&mut command).await.unwrap();
    // The list of parameters that every request is held to is the package's own.
    let mut command = Command::new(&python);
    let fixtures = root().join("tests/fixtures");
    command.arg(fixtures.join("stripe_parameters.py")).arg(fixtures.join("stripe_parameters.json"));
    python::run(&mut command).await.unwrap();
}
