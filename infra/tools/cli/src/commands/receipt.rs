//! `asknpic receipt …`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::receipt;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Receipt {
    /// Check the signature of an erasure's receipt, offline
    Verify(Verify),
}

/// Checks the signature of an erasure's receipt, offline
///
/// The public keys are at /.well-known/jwks.json of the installation that gave the receipt; keep a copy with it.
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// The receipt, as the API answered it
    #[arg(value_name = "FILE")]
    receipt: PathBuf,
    /// The public keys, a JWKS
    #[arg(long, value_name = "FILE")]
    jwks: PathBuf,
}

impl Receipt {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Verify(Verify { receipt, jwks }) = self;
        let read = |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
        let kid = receipt::verify(&read(&receipt)?, &read(&jwks)?)?;
        print(&format!("{} holds: signed with {kid}\n", receipt.display()))?;
        Ok(())
    }
}
