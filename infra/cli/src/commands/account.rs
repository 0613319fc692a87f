//! `asknpic account …`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::accounts::Accounts;

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// Lift the block of an account after three lockouts in a row
    Unblock(Unblock),
}

/// The accounts database, as its owner.
#[derive(Args)]
pub(super) struct Owner {
    /// URL of the accounts database, for the role that owns it; ends in ?sslmode=require
    #[arg(long, value_name = "URL", env = "ASKNPIC_ACCOUNTS_URL", hide_env_values = true)]
    accounts: String,
    /// PEM file of the CA that signed the server's certificate; the system's roots without it
    #[arg(long, value_name = "FILE", env = "ASKNPIC_PG_CA")]
    ca: Option<PathBuf>,
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL holds a password.
        formatter.debug_struct("Owner").field("ca", &self.ca).finish_non_exhaustive()
    }
}

impl Owner {
    async fn connect(&self) -> anyhow::Result<Accounts> {
        let ca = match &self.ca {
            Some(path) => Some(std::fs::read_to_string(path).with_context(|| path.display().to_string())?),
            None => None,
        };
        Ok(Accounts::connect(&self.accounts, ca.as_deref()).await?)
    }
}

/// Lifts the block of an account after three lockouts in a row
///
/// Check first who asks: whoever guesses codes would ask as well. The email is read from standard input, so that it is in no
/// history of commands.
#[derive(Args, Debug)]
pub(super) struct Unblock {
    #[command(flatten)]
    owner: Owner,
}

impl Account {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Unblock(Unblock { owner }) => {
                let accounts = owner.connect().await?;
                let email = std::io::read_to_string(std::io::stdin()).context("no email on standard input")?;
                if !accounts.unblock(email.trim(), jiff::Timestamp::now()).await? {
                    bail!("there is no account with that email");
                }
                println!("unblocked");
                Ok(())
            }
        }
    }
}
