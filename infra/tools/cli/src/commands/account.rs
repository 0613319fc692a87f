//! `asknpic account …`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use crate::accounts::{self, Accounts};
use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// Lift the block of an account after three lockouts in a row
    Unblock(Unblock),
    /// Bring accounts in from elsewhere, with their password hashes
    Import(Import),
}

/// Lifts the block of an account after three lockouts in a row
///
/// Check first who asks: whoever guesses codes would ask as well. The email is read from standard input, so that it is in no
/// history of commands.
#[derive(Args, Debug)]
pub(super) struct Unblock {
    #[command(flatten)]
    access: Access,
}

/// Brings accounts in from elsewhere, with their password hashes
///
/// The file is CSV with a header. Columns: email, `password_hash` (ASP.NET Core Identity V2 or V3, or bcrypt), and if there are any
/// `email_confirmed`, phone, `phone_verified`, country, `first_name`, `last_name`, language, `created_at`, `policy_version`. Email or phone must
/// have been proved there. Every line is checked before the first account is made; an email that has an account already is left as it
/// is, so that an import can be repeated.
#[derive(Args, Debug)]
pub(super) struct Import {
    /// The file
    #[arg(value_name = "USERS.CSV")]
    file: PathBuf,
    /// Check the file and stop
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    access: Access,
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
            let lines = if rejected == 1 { "line" } else { "lines" };
            bail!("{rejected} {lines} cannot be taken; nothing was imported");
        }
        if self.check {
            print(&format!("{} accounts can be imported\n", newcomers.len()))?;
            return Ok(());
        }
        let owner = Accounts::new(self.access.connect(Database::Accounts).await?);
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
        print(&format!("{imported} accounts imported, {taken} were there already\n"))?;
        Ok(())
    }
}

impl Account {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Import(import) => import.run().await,
            Self::Unblock(Unblock { access }) => {
                let accounts = Accounts::new(access.connect(Database::Accounts).await?);
                let email = std::io::read_to_string(std::io::stdin()).context("no email on standard input")?;
                if !accounts.unblock(email.trim(), jiff::Timestamp::now()).await? {
                    bail!("there is no account with that email");
                }
                print("unblocked\n")?;
                Ok(())
            }
        }
    }
}
