//! Official clients and tools that exist as Python packages.

use std::path::PathBuf;
use std::process::Output;

use tokio::process::Command;

use crate::harness::ignore_without;
use crate::world::root;

/// A Python that has a package, such as `stripe==16.1.0`: an environment of its own, made on the first run. Where it cannot be
/// made the test is ignored; in CI that is a failure.
pub async fn with(package: &str) -> PathBuf {
    make(package).await.unwrap_or_else(|why| ignore_without(package, why))
}

async fn make(package: &str) -> Result<PathBuf, String> {
    let folder = root().join("target/python").join(package);
    let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
    if !ready.is_file() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).await?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package])).await?;
        std::fs::write(ready, "").map_err(|error| error.to_string())?;
    }
    Ok(python)
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started or says that it failed: what it wrote.
pub async fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().await.map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }
}
