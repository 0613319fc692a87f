//! The local model is held to the real thing: the official Python client of Ollama works against it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use asknpic_local::model::{Model, Options};
use e2e::world::root;

/// The version that the script is written for.
const PACKAGE: &str = "ollama==0.6.1";

/// A virtual environment with the client, made on the first run; what failed, where it cannot be made.
fn python() -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ollama-client");
    let (python, ready) = (folder.join("bin/python"), folder.join(PACKAGE));
    if ready.is_file() {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]))?;
    fs::write(ready, "").map_err(|error| error.to_string())?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(output) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn the_official_client_works_against_the_local_model() {
    let python = match python() {
        Ok(python) => python,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            println!("skipped: the official client cannot be installed here: {error}");
            return;
        }
    };
    let model = Model::start(([127, 0, 0, 1], 0).into(), &Options::default()).unwrap();
    let script = root().join("tests/fixtures/ollama_client.py");
    run(Command::new(python).arg(script).args([&model.url(), "local-composer"])).unwrap();
}
