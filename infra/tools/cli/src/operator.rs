//! How an operator's commands reach the databases and the keys: with the URL of a database's owner, or, without one, those of the `up`
//! on this machine.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use asknpic_local::tls;
use clap::Args;
use jiff::Timestamp;
use tokio_postgres::Client;
use uuid::Uuid;
pub use vault::MasterKeys;

use crate::keys;
use crate::migrate::Database;

/// Where the databases are
#[derive(Args, Clone)]
pub struct Access {
    /// URL of the accounts database for its owner; without it, the databases of the `up` that uses --data
    #[arg(long, value_name = "URL", env = "ASKNPIC_ACCOUNTS_URL", hide_env_values = true)]
    pub accounts: Option<String>,
    /// URL of the briefs database
    #[arg(long, value_name = "URL", env = "ASKNPIC_BRIEFS_URL", hide_env_values = true)]
    pub briefs: Option<String>,
    /// URL of the files database
    #[arg(long, value_name = "URL", env = "ASKNPIC_FILES_URL", hide_env_values = true)]
    pub files: Option<String>,
    /// URL of the dataset database
    #[arg(long, value_name = "URL", env = "ASKNPIC_DATASET_URL", hide_env_values = true)]
    pub dataset: Option<String>,
    /// PEM file of the CA that signed the servers' certificates; the system's roots without it
    #[arg(long, value_name = "FILE", env = "ASKNPIC_PG_CA")]
    pub ca: Option<PathBuf>,
    /// Folder of the `up` on this machine
    #[arg(long, value_name = "FOLDER", default_value = ".local")]
    pub data: PathBuf,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URLs hold passwords.
        f.debug_struct("Access").field("ca", &self.ca).field("data", &self.data).finish_non_exhaustive()
    }
}

impl Access {
    /// A connection with every right.
    ///
    /// # Errors
    /// There is no URL and no `up`, or the server refuses.
    pub async fn connect(&self, database: Database) -> anyhow::Result<Client> {
        let given = match database {
            Database::Accounts => &self.accounts,
            Database::Briefs => &self.briefs,
            Database::Files => &self.files,
            Database::Dataset => &self.dataset,
        };
        let (url, ca) = match given {
            Some(url) => (url.clone(), self.ca.clone()),
            None => self.local(database)?,
        };
        let ca = ca.map(|path| fs::read_to_string(&path).with_context(|| path.display().to_string())).transpose()?;
        tls::connect(&url, ca.as_deref()).await.with_context(|| format!("cannot connect to {database}"))
    }

    /// The URL of a database of the `up` on this machine, and its CA.
    fn local(&self, database: Database) -> anyhow::Result<(String, Option<PathBuf>)> {
        let variables = self.environment().with_context(|| {
            format!("no --{database} URL was given, and no `up` on this machine uses {}", self.data.display())
        })?;
        let postgres = self.data.join("postgres");
        let password = fs::read_to_string(postgres.join("data/asknpic-password")).context("the local PostgreSQL's password")?;
        let port = variables.get(&format!("{database}_port")).context("the local PostgreSQL's port")?;
        let url = format!("postgres://postgres:{}@127.0.0.1:{port}/{database}?sslmode=require", password.trim());
        Ok((url, Some(postgres.join("tls/ca.pem"))))
    }

    fn environment(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let path = self.data.join("spin.env");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        keys::parse(&text).map_err(|line| anyhow::anyhow!("{}, line {line}", path.display()))
    }

    /// A secret by the name of its Spin variable: from the environment, or of the `up` on this machine.
    ///
    /// # Errors
    /// It is in neither.
    pub fn secret(&self, name: &str) -> anyhow::Result<String> {
        let variable = format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase());
        if let Ok(value) = std::env::var(&variable)
            && !value.is_empty()
        {
            return Ok(value);
        }
        let local = (self.accounts.is_none()).then(|| self.environment()).transpose()?;
        match local.and_then(|mut variables| variables.remove(name)).filter(|value| !value.is_empty()) {
            Some(value) => Ok(value),
            None => bail!("{variable} is not set"),
        }
    }

    /// The master keys.
    ///
    /// # Errors
    /// They are not set, or malformed.
    pub fn masters(&self) -> anyhow::Result<MasterKeys> {
        Ok(MasterKeys::parse(&self.secret("master_keys")?)?)
    }
}

/// A time as PostgreSQL's `timestamp` in UTC, to be sent as text: `$1::text::timestamp`.
#[must_use]
pub fn utc(time: Timestamp) -> String {
    let truncated = Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time);
    truncated.to_string().trim_end_matches('Z').to_owned()
}

/// A fresh UUIDv7.
///
/// # Errors
/// The system has no random bytes.
pub fn uuid_v7(now: Timestamp) -> anyhow::Result<Uuid> {
    Ok(vault::random::uuid_v7(u64::try_from(now.as_millisecond()).unwrap_or(0))?)
}

/// Who sits at the keyboard, for records of decisions: what was given, or the name of the system's user.
///
/// # Errors
/// Neither is known.
pub fn name_of(given: Option<String>) -> anyhow::Result<String> {
    let name = given.or_else(|| std::env::var("USER").ok()).unwrap_or_default();
    anyhow::ensure!(!name.trim().is_empty(), "say who you are with --by");
    Ok(name.trim().to_owned())
}

/// Reads a text from a file, or from standard input for `-`.
///
/// # Errors
/// It cannot be read, or is empty.
pub fn text(path: &Path) -> anyhow::Result<String> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())?
    } else {
        fs::read_to_string(path).with_context(|| path.display().to_string())?
    };
    let text = text.trim().to_owned();
    anyhow::ensure!(!text.is_empty(), "the text is empty");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_without_a_zone() {
        let time: Timestamp = "2028-02-29T23:59:59.123456789Z".parse().expect("a time");
        assert_eq!(utc(time), "2028-02-29T23:59:59.123456");
    }

    #[test]
    fn urls_do_not_show() {
        let access = Access {
            accounts: Some("postgres://a:secret@h/accounts".to_owned()),
            briefs: None,
            files: None,
            dataset: None,
            ca: None,
            data: PathBuf::from(".local"),
        };
        assert!(!format!("{access:?}").contains("secret"));
    }
}
