//! `asknpic account …`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use crate::accounts::{self, Accounts};

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// Lift the block of an account after three lockouts in a row
    Unblock(Unblock),
    /// Bring accounts in from elsewhere, with their password hashes
    Import(Import),
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

/// Brings accounts in from elsewhere, with their password hashes
///
/// The file is CSV with a header. Columns: email, `password_hash` (ASP.NET Core Identity V2 or V3, or bcrypt), and if there are any
/// `email_confirmed`, phone, `phone_verified`, country, `first_name`, `last_name`, language, `created_at`, `policy_version`. Every line is checked
/// before the first account is made; an email that has an account already is left as it is, so that an import can be repeated.
#[derive(Args, Debug)]
pub(super) struct Import {
    /// The file
    #[arg(value_name = "USERS.CSV")]
    file: PathBuf,
    /// Check the file and stop
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    owner: Owner,
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let open = || std::fs::File::open(&self.file).with_context(|| self.file.display().to_string());
        let mut newcomers = Vec::new();
        let mut rejected = 0_u64;
        for (line, newcomer) in accounts::newcomers(open()?).context("the header cannot be read")? {
            match newcomer {
                Ok(newcomer) => newcomers.push(newcomer),
                Err(reason) => {
                    rejected += 1;
                    eprintln!("line {line}: {reason}");
                }
            }
        }
        if rejected > 0 {
            bail!("{rejected} lines cannot be taken; nothing was imported");
        }
        if self.check {
            println!("{} accounts can be imported", newcomers.len());
            return Ok(());
        }
        let owner = self.owner.connect().await?;
        let bar = ProgressBar::new(newcomers.len() as u64);
        let (mut imported, mut taken) = (0_u64, 0_u64);
        for newcomer in &newcomers {
            if owner.import(newcomer, jiff::Timestamp::now()).await? {
                imported += 1;
            } else {
                taken += 1;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        println!("{imported} accounts imported, {taken} were there already");
        Ok(())
    }
}

impl Account {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Import(import) => import.run().await,
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
