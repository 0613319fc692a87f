//! `asknpic build`: the wasm files of the application: which there are, how they are built, how big they may be.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use asknpic_host::manifest::Manifest;
use clap::Args;
use serde::Deserialize;

use crate::project::Project;
use crate::ui::{Step, kilobytes, print};

/// Builds the components for wasm32-wasip2 and prints their sizes; fails if one is over its limit
#[derive(Args, Debug)]
pub(crate) struct Build {
    /// Only print the components' names, one a line
    #[arg(long)]
    list: bool,
}

impl Build {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let project = Project::find()?;
        if self.list {
            let names = packages_to_build(&project)?;
            return Ok(print(&(names.join("\n") + "\n"))?);
        }
        let artifacts = build(&project)?;
        for artifact in &artifacts {
            print(&format!(
                "  {:<16} {:>8}  of {:>8}\n",
                artifact.name,
                kilobytes(artifact.size()?),
                kilobytes(artifact.limit())
            ))?;
        }
        check_sizes(&artifacts)
    }
}

/// Builds with a progress line.
pub(crate) fn build(project: &Project) -> anyhow::Result<Vec<Artifact>> {
    let step = Step::start("building the components (the first time takes minutes)");
    let artifacts = compile(project, |name, done| step.say(format!("building the components: {done} crates, now {name}")))?;
    let total = artifacts.iter().map(Artifact::size).sum::<anyhow::Result<u64>>()?;
    step.done(&format!("{} components built, {} in all", artifacts.len(), kilobytes(total)));
    Ok(artifacts)
}

/// What the components are compiled for.
const TARGET: &str = "wasm32-wasip2";
/// The most bytes that a component may have.
const LIMIT: u64 = 1_500_000;
/// The renderer carries fonts and rasterisers.
const RENDERER_LIMIT: u64 = 6_000_000;
/// One for `account`: the most statements of all, each with the names of its arguments.
const ACCOUNT_LIMIT: u64 = 1_600_000;
/// `generate` carries the schema, the instructions, and the words of moderation and of languages.
const GENERATE_LIMIT: u64 = 1_600_000;
/// `oauth` carries the signature schemes of other people's ID tokens: RSA, P-256 and Ed25519.
const OAUTH_LIMIT: u64 = 1_600_000;

/// A wasm file that `spin.toml` names, as a component or as a dependency of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The file's name without `.wasm`.
    pub name: String,
    /// Where it is built.
    pub path: PathBuf,
}

impl Artifact {
    /// The most bytes it may have.
    #[must_use]
    pub fn limit(&self) -> u64 {
        match self.name.as_str() {
            "renderer" => RENDERER_LIMIT,
            "account" => ACCOUNT_LIMIT,
            "generate" => GENERATE_LIMIT,
            "oauth" => OAUTH_LIMIT,
            _ => LIMIT,
        }
    }

    /// How many bytes it has.
    ///
    /// # Errors
    /// It is not built.
    pub fn size(&self) -> anyhow::Result<u64> {
        let file = std::fs::metadata(&self.path).with_context(|| format!("{} is not built", self.path.display()))?;
        Ok(file.len())
    }
}

/// The files that a manifest names, each once, by name.
#[must_use]
pub fn artifacts(manifest: &Manifest, root: &Path) -> Vec<Artifact> {
    let sources = manifest.component.values().flat_map(|component| {
        let dependencies = component.dependencies.values().map(|dependency| &dependency.path);
        std::iter::once(&component.source).chain(dependencies)
    });
    let named = sources.filter_map(|path| {
        let name = path.file_stem()?.to_str()?.to_owned();
        Some((name.clone(), Artifact { name, path: root.join(path) }))
    });
    named.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Builds every component in one call of Cargo; `progress` hears of each crate as it is done: its name, and how many there were.
///
/// # Errors
/// A component is no package of the workspace, or does not compile (Cargo has said why).
pub fn compile(project: &Project, mut progress: impl FnMut(&str, usize)) -> anyhow::Result<Vec<Artifact>> {
    let artifacts = artifacts(&project.manifest()?, project.root());
    let mut cargo = cargo(project);
    cargo.args(["build", "--release", "--quiet", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    // Where `spin.toml` looks, whatever the environment says.
    cargo.arg("--target-dir").arg(project.root().join("target"));
    for package in packages_to_build(project)? {
        cargo.args(["--package", package.as_str()]);
    }
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo cannot be run")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut done = 0;
    for line in BufReader::new(output).lines() {
        if let Ok(Message { reason, target: Some(target) }) = serde_json::from_str(&line.context("cargo's output broke off")?)
            && reason == "compiler-artifact"
        {
            done += 1;
            progress(&target.name, done);
        }
    }
    ensure!(child.wait().context("cargo is gone")?.success(), "the components do not compile");
    Ok(artifacts)
}

/// The names of the packages that the manifest's files are built from.
///
/// # Errors
/// A file that no package of the workspace builds.
pub fn packages_to_build(project: &Project) -> anyhow::Result<Vec<String>> {
    let mut packages = packages(project)?;
    let package = |artifact: Artifact| {
        packages
            .remove(&artifact.name)
            .with_context(|| format!("spin.toml names {}.wasm, but no package is called so", artifact.name))
    };
    artifacts(&project.manifest()?, project.root()).into_iter().map(package).collect()
}

/// What Cargo says of a crate it has compiled, or taken from an earlier time.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Fails if a file is missing or over its limit; the message names each.
///
/// # Errors
/// As said.
pub fn check_sizes(artifacts: &[Artifact]) -> anyhow::Result<()> {
    let mut over = Vec::new();
    for artifact in artifacts {
        let (size, limit) = (artifact.size()?, artifact.limit());
        if size > limit {
            over.push(format!("{} has {size} bytes, its limit is {limit}", artifact.name));
        }
    }
    if over.is_empty() { Ok(()) } else { bail!("{}", over.join("; ")) }
}

/// The workspace's packages by the name of their wasm file, in which `-` becomes `_`.
fn packages(project: &Project) -> anyhow::Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    let output = cargo(project)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be run; https://rustup.rs installs it")?;
    ensure!(output.status.success(), "cargo cannot read the workspace");
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo's description of the workspace")?;
    Ok(metadata.packages.into_iter().map(|package| (package.name.replace('-', "_"), package.name)).collect())
}

fn cargo(project: &Project) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // CI has clippy compile the workspace, lints and code in one go; what is deployed is compiled by the compiler itself.
    cargo.current_dir(project.root()).env_remove("RUSTC_WORKSPACE_WRAPPER");
    cargo
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn project() -> Project {
        Project::above(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn every_file_that_the_manifest_names_is_a_package_of_the_workspace() {
        let project = project();
        let packages = packages_to_build(&project).unwrap();
        for component in ["signup", "generate", "checker", "renderer"] {
            assert!(packages.iter().any(|package| package == component), "{component}, dependency or not: {packages:?}");
        }
    }

    #[test]
    fn a_file_over_its_limit_is_named_with_both_figures() {
        let dir = tempfile::tempdir().unwrap();
        let artifact = |name: &str, size: u64| {
            let path = dir.path().join(name);
            std::fs::File::create(&path).unwrap().set_len(size).unwrap();
            Artifact { name: name.to_owned(), path }
        };
        let fits = [artifact("library", LIMIT), artifact("generate", GENERATE_LIMIT), artifact("renderer", RENDERER_LIMIT)];
        check_sizes(&fits).unwrap();
        let error = check_sizes(&[artifact("generate", GENERATE_LIMIT + 1)]).unwrap_err().to_string();
        assert_eq!(error, "generate has 1600001 bytes, its limit is 1600000");
        let missing = Artifact { name: "x".to_owned(), path: dir.path().join("missing") };
        assert!(check_sizes(&[missing]).unwrap_err().to_string().contains("not built"));
    }
}
