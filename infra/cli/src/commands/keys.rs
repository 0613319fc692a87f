//! `asknpic keys …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::keys;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make fresh keys as the lines of an environment file
    Generate(Generate),
}

/// Makes fresh keys
#[derive(Args, Debug)]
pub(super) struct Generate {
    /// Write them to this new file (mode 0600) instead of printing them
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Keys {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Generate(Generate { out }) = self;
        let keys = keys::Keys::generate()?;
        match out {
            Some(path) => {
                keys.save(&path)?;
                println!("{} holds the keys. Keep a copy apart from every backup of the databases.", path.display());
            }
            None => print(&keys.to_environment())?,
        }
        Ok(())
    }
}
