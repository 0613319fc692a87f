//! `asknpic logs …`: what components have logged goes after thirty days (promise a20).

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use asknpic_host::logs::{KEPT, prune as prune_file};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Logs {
    /// Remove lines that are older than thirty days
    Prune(Prune),
}

/// Removes lines that are older than thirty days from the logs of components
///
/// For the folder that `spin up --log-dir` was given (`.spin/logs` without it), each hour by a timer; `up` does so by itself. The files
/// are shortened in place: whoever writes to them goes on.
#[derive(Args, Debug)]
pub(crate) struct Prune {
    /// The folder; files that end in .txt count
    #[arg(value_name = "FOLDER", default_value = ".spin/logs")]
    folder: PathBuf,
}

impl Logs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Self::Prune(Prune { folder }) = self;
        let Pruned { files, bytes } = prune(&folder, Timestamp::now())?;
        print(&format!("{files} files, {bytes} bytes removed\n"))?;
        Ok(())
    }
}

/// What a look through a folder came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many logs there are.
    pub files: usize,
    /// How much of them is gone.
    pub bytes: u64,
}

/// Removes the lines of a folder's logs that are older than thirty days at `now`.
///
/// # Errors
/// The folder or one of its logs cannot be read or written.
pub fn prune(folder: &Path, now: Timestamp) -> anyhow::Result<Pruned> {
    let mut pruned = Pruned::default();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            pruned.files += 1;
            pruned.bytes += prune_file(&path, SystemTime::from(now) - KEPT).with_context(|| path.display().to_string())?;
        }
    }
    Ok(pruned)
}
