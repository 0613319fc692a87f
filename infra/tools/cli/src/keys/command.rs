//! `asknpic keys …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::rotate::{AddMaster, RotateMaster};
use crate::keys;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make fresh keys as the lines of an environment file
    Generate(Generate),
    /// Put a new master key in front of those in a file; the components need it before the next step
    AddMaster(AddMaster),
    /// Encrypt everything anew under the newest master key, so that older ones can be retired; may be stopped and repeated
    RotateMaster(RotateMaster),
    /// Print a new key for evidence, which no component has
    Evidence,
    /// Take the next of the three steps that replace the key signing access tokens
    RotateSigning(RotateSigning),
}

/// Takes the next of the three steps that replace the key signing access tokens
///
/// Without downtime: first the new public key is published, then the new key signs, then the old one is forgotten. After each step
/// all components have to be started with the file as it is then, before the next one.
#[derive(Args, Debug)]
pub(crate) struct RotateSigning {
    /// The file that `keys generate` made
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// Makes fresh keys
#[derive(Args, Debug)]
pub(crate) struct Generate {
    /// Write them to this new file (mode 0600) instead of printing them
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Keys {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let out = match self {
            Self::Generate(Generate { out }) => out,
            Self::AddMaster(add) => return add.run(),
            Self::RotateMaster(rotate) => return rotate.run().await,
            Self::RotateSigning(RotateSigning { file }) => {
                print(&format!("{}\n", next(keys::Keys::rotate_signing(&file)?)))?;
                return Ok(());
            }
            Self::Evidence => return Ok(print(&format!("ASKNPIC_EVIDENCE_KEYS={}\n", keys::master(1)?))?),
        };
        let keys = keys::Keys::generate()?;
        match out {
            Some(path) => {
                keys.save(&path)?;
                print(&format!("{} holds the keys. Keep a copy apart from every backup of the databases.\n", path.display()))?;
            }
            None => print(&keys.to_environment())?,
        }
        Ok(())
    }
}

/// What was done, and what is to be done now.
fn next(step: keys::Rotation) -> &'static str {
    match step {
        keys::Rotation::Published => {
            "1 of 3: the new key is published, the old one signs. Restart every component with this file, then run this again."
        }
        keys::Rotation::Signing => {
            "2 of 3: the new key signs. Restart every component with this file, and run this again a quarter of an hour later."
        }
        keys::Rotation::Retired => "3 of 3: the old key is forgotten. Restart every component with this file.",
    }
}
