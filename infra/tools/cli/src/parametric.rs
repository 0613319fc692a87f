//! The project's own checker and renderer, for files on disk.
//!
//! They are the components that `spin.toml` gives to `generate` and `library`, run by the local host, and not the library they are made
//! of: so a verdict and a picture are those of the service to the byte (natively, sines, rasteriser and compression differ in the
//! last digit), and a file of whatever origin is parsed in the same sandbox that can reach nothing (promise c02).

use std::path::PathBuf;

use anyhow::Context as _;
use asknpic_host::parametric::{Checker, Renderer};

use crate::project::Project;

/// The checker.
pub(crate) async fn checker(project: &Project) -> anyhow::Result<Checker> {
    let (file, cache) = built(project, "asknpic:parametric/checker")?;
    Checker::load(&file, &cache).await.context(UNBUILT)
}

/// The renderer.
pub(crate) async fn renderer(project: &Project) -> anyhow::Result<Renderer> {
    let (file, cache) = built(project, "asknpic:parametric/renderer")?;
    Renderer::load(&file, &cache).await.context(UNBUILT)
}

const UNBUILT: &str = "the component cannot be loaded; `asknpic build` builds it";

/// The wasm file that fulfils an interface in `spin.toml`, and the folder for its compiled code.
fn built(project: &Project, interface: &str) -> anyhow::Result<(PathBuf, PathBuf)> {
    let manifest = project.manifest()?;
    let mut dependencies = manifest.component.values().flat_map(|component| &component.dependencies);
    let (_, dependency) = dependencies
        .find(|(name, _)| name.strip_prefix(interface).is_some_and(|version| version.is_empty() || version.starts_with('@')))
        .with_context(|| format!("no component of spin.toml depends on {interface}"))?;
    Ok((project.root().join(&dependency.path), project.root().join(".local/cache")))
}
