//! Stripe's own Python package: it signs, reads what the stand-in answers, and has the parameters that `sync.rs` holds our requests to.

use std::path::{Path, PathBuf};
use std::process::Output;

use asknpic_local::stripe::WEBHOOK_SECRET;
use e2e::world::root;
use e2e::{Need, World};
use tokio::process::Command;

/// The version whose signatures the unit tests have, and whose API version is pinned.
const PACKAGE: &str = "stripe==16.1.0";

/// A Python with the package, made once; why there is none.
async fn python() -> Result<PathBuf, String> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripe-venv");
    let python = venv.join("bin/python");
    if !venv.join("installed").is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv)).await?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE])).await?;
        std::fs::write(venv.join("installed"), PACKAGE).map_err(|error| error.to_string())?;
    }
    Ok(python)
}

async fn run(command: &mut Command) -> Result<(), String> {
    let Output { status, stderr, .. } = command.output().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&stderr).into_owned()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_official_client_understands_stand_in_and_webhook_and_knows_the_parameters() {
    let python = match python().await {
        Ok(python) => python,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "{PACKAGE} cannot be installed: {why}");
            println!("skipped: {PACKAGE} cannot be installed: {why}");
            return;
        }
    };
    let Some(world) = World::needing(&[Need::Stripe, Need::Databases]).start().await else { return };
    let mut command = Command::new(&python);
    command.arg(root().join("tests/fixtures/stripe_client.py")).arg(world.stripe().url());
    command.arg(format!("{}/v1/stripe/webhook", world.url())).arg(WEBHOOK_SECRET);
    run(&mut command).await.unwrap();
    // The list of parameters that every request is held to is the package's own.
    let mut command = Command::new(&python);
    let fixtures = root().join("tests/fixtures");
    command.arg(fixtures.join("stripe_parameters.py")).arg(fixtures.join("stripe_parameters.json"));
    run(&mut command).await.unwrap();
}
