//! The local model is held to the real thing: the official Python client of Ollama works against it.

use asknpic_local::model::{Model, Options};
use e2e::python;
use e2e::world::root;
use tokio::process::Command;

/// The version that the script is written for.
const PACKAGE: &str = "ollama==0.6.1";

#[e2e::test]
async fn the_official_client_works_against_the_local_model() {
    let python = python::with(PACKAGE).await;
    let model = Model::start(([127, 0, 0, 1], 0).into(), &Options::default()).unwrap();
    let script = root().join("tests/fixtures/ollama_client.py");
    python::run(Command::new(python).arg(script).args([&model.url(), "local-composer"])).await.unwrap();
}
