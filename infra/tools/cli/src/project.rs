//! Where the application is.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use asknpic_host::manifest::Manifest;

/// A checkout of the application: the folder of its `spin.toml`.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The project that the current folder is in.
    ///
    /// # Errors
    /// Neither this folder nor one above has a `spin.toml`.
    pub fn find() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("the current folder is gone")?;
        Self::above(&here)
    }

    /// The project that `dir` is in.
    ///
    /// # Errors
    /// Neither `dir` nor a folder above it has a `spin.toml`.
    pub fn above(dir: &Path) -> anyhow::Result<Self> {
        let root = dir.ancestors().find(|folder| folder.join("spin.toml").is_file());
        let root = root.with_context(|| format!("no spin.toml in {} or above it", dir.display()))?;
        Ok(Self { root: root.to_owned() })
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its `spin.toml`.
    #[must_use]
    pub fn manifest_file(&self) -> PathBuf {
        self.root.join("spin.toml")
    }

    /// What its `spin.toml` says.
    ///
    /// # Errors
    /// The file is not a manifest that the host runs.
    pub fn manifest(&self) -> anyhow::Result<Manifest> {
        Ok(Manifest::load(&self.manifest_file())?)
    }
}
