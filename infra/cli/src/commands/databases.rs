//! Where the databases are, for the commands of operators.

use std::path::PathBuf;

use anyhow::Context as _;
use asknpic_local::tls;
use clap::Args;
use tokio_postgres::Client;

use crate::migrate::Database;

/// URLs of a role that owns the databases, as for `migrate`.
#[derive(Args)]
pub(super) struct Databases {
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
    #[command(flatten)]
    ca: Ca,
}

/// URL of the accounts database alone.
#[derive(Args)]
pub(super) struct Accounts {
    /// URL of the accounts database, for a role that owns it
    #[arg(long, value_name = "URL", env = "ASKNPIC_ACCOUNTS_URL", hide_env_values = true)]
    accounts: String,
    #[command(flatten)]
    ca: Ca,
}

#[derive(Args, Debug)]
struct Ca {
    /// PEM file of the CA that signed the servers' certificates; the system's roots without it
    #[arg(long, value_name = "FILE", env = "ASKNPIC_PG_CA")]
    ca: Option<PathBuf>,
}

impl std::fmt::Debug for Databases {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URLs hold passwords.
        formatter.debug_struct("Databases").field("ca", &self.ca.ca).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Accounts").field("ca", &self.ca.ca).finish_non_exhaustive()
    }
}

impl Databases {
    /// A connection to one of them.
    pub(super) async fn connect(&self, database: Database) -> anyhow::Result<Client> {
        let url = match database {
            Database::Accounts => &self.accounts,
            Database::Briefs => &self.briefs,
            Database::Files => &self.files,
            Database::Dataset => &self.dataset,
        };
        connect(url, &self.ca).await.with_context(|| database.to_string())
    }
}

impl Accounts {
    /// A connection to it.
    pub(super) async fn connect(&self) -> anyhow::Result<Client> {
        connect(&self.accounts, &self.ca).await.context("accounts")
    }
}

async fn connect(url: &str, Ca { ca }: &Ca) -> anyhow::Result<Client> {
    let ca = match ca {
        Some(path) => Some(std::fs::read_to_string(path).with_context(|| path.display().to_string())?),
        None => None,
    };
    Ok(tls::connect(url, ca.as_deref()).await?)
}
