//! `asknpic keys …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::master;
use crate::keys;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make fresh keys as the lines of an environment file
    Generate(Generate),
    /// Put a new master key in front of those in a file; the components need it before the next step
    AddMaster(master::AddMaster),
    /// Encrypt everything anew under the newest master key, so that older ones can be retired; may be stopped and repeated
    RotateMaster(master::RotateMaster),
    /// Print a new key for evidence, which no component has
    Evidence,
}

/// Makes fresh keys
#[derive(Args, Debug)]
pub(super) struct Generate {
    /// Write them to this new file (mode 0600) instead of printing them
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Keys {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let out = match self {
            Self::Generate(Generate { out }) => out,
            Self::AddMaster(add) => return add.run(),
            Self::RotateMaster(rotate) => return rotate.run().await,
            Self::Evidence => return Ok(print(&format!("ASKNPIC_EVIDENCE_KEYS={}\n", keys::master(1)?))?),
        };
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
