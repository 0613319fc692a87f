//! `asknpic migrate`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::migrate::{self, Database, Outcome, RolePasswords, Urls};
use crate::ui::print;

/// Brings the four databases to the schema of this program, and sets the passwords of the zones' roles
///
/// The URLs are of a role that owns the databases, or may create them and roles (CREATEDB CREATEROLE). They must end in
/// ?sslmode=require; the server's certificate and name are verified. The password of a zone's role is taken from
/// `SPIN_VARIABLE_<ZONE>_PASSWORD` where given (zones: identity, generation, rights, billing, lifecycle, contact).
#[derive(Args)]
pub(crate) struct Migrate {
    /// URL of the accounts database
    #[arg(long, value_name = "URL", env = "ASKNPIC_ACCOUNTS_URL", hide_env_values = true)]
    accounts: String,
    /// URL of the briefs database
    #[arg(long, value_name = "URL", env = "ASKNPIC_BRIEFS_URL", hide_env_values = true)]
    briefs: String,
    /// URL of the files database
    #[arg(long, value_name = "URL", env = "ASKNPIC_FILES_URL", hide_env_values = true)]
    files: String,
    /// URL of the dataset database
    #[arg(long, value_name = "URL", env = "ASKNPIC_DATASET_URL", hide_env_values = true)]
    dataset: String,
    /// PEM file of the CA that signed the servers' certificates; the system's roots without it
    #[arg(long, value_name = "FILE", env = "ASKNPIC_PG_CA")]
    ca: Option<PathBuf>,
}

impl std::fmt::Debug for Migrate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URLs hold passwords.
        formatter.debug_struct("Migrate").field("ca", &self.ca).finish_non_exhaustive()
    }
}

impl Migrate {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let ca = match &self.ca {
            Some(path) => Some(std::fs::read_to_string(path).with_context(|| path.display().to_string())?),
            None => None,
        };
        let urls = Urls::new(|database| {
            let url = match database {
                Database::Accounts => &self.accounts,
                Database::Briefs => &self.briefs,
                Database::Files => &self.files,
                Database::Dataset => &self.dataset,
            };
            url.clone()
        });
        let password = |zone: &str| std::env::var(format!("SPIN_VARIABLE_{}_PASSWORD", zone.to_ascii_uppercase())).ok();
        migrate::run(&urls, ca.as_deref(), &RolePasswords::new(password), |outcome| {
            // A migration goes on where nobody reads what it says.
            let _ = print(&format!("{}\n", line(outcome)));
        })
        .await?;
        Ok(())
    }
}

fn line(outcome: &Outcome) -> String {
    let Outcome { database, applied, version, functions } = outcome;
    let tables = match applied.as_slice() {
        [] => format!("{database}: up to date at version {version}"),
        applied => format!("{database}: now at version {version} ({})", applied.join(", ")),
    };
    if *functions { format!("{tables}, functions renewed") } else { tables }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_gets_a_line() {
        let outcome = |applied: &[&str], functions| Outcome {
            database: Database::Files,
            applied: applied.iter().map(|name| (*name).to_owned()).collect(),
            version: 2,
            functions,
        };
        assert_eq!(line(&outcome(&[], false)), "files: up to date at version 2");
        assert_eq!(line(&outcome(&[], true)), "files: up to date at version 2, functions renewed");
        let both = line(&outcome(&["V1__roles", "V2__tables"], true));
        assert_eq!(both, "files: now at version 2 (V1__roles, V2__tables), functions renewed");
    }
}
