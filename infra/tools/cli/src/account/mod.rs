//! `asknpic account …`: what an operator does to accounts from outside, as the owner of the database: the components have no rights to these functions.

mod import;

use anyhow::{Context as _, bail};
use asknpic_local::tls;
use clap::{Args, Subcommand};
use domain::Email;
use tokio_postgres::Client;

use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

use self::import::Import;
pub use self::import::{NewAccount, Rejected, read_csv};

#[derive(Debug, Subcommand)]
pub(crate) enum Account {
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
pub(crate) struct Unblock {
    #[command(flatten)]
    access: Access,
}

impl Account {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
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

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection failed, or was refused for its URL.
    #[error(transparent)]
    Connect(#[from] tls::Error),
    /// A statement failed. The server's own words are left out: they can repeat a value.
    #[error("the database refused with SQLSTATE {0}; is it migrated, and is the role its owner?")]
    Sql(String),
    /// The text is no email address.
    #[error("that is no email address")]
    Email,
    /// The system has no random bytes.
    #[error(transparent)]
    Random(#[from] vault::random::NoRandom),
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error.code().map_or_else(|| "(connection lost)".to_owned(), |code| code.code().to_owned()))
    }
}

/// A connection to the accounts database as its owner.
#[derive(Debug)]
pub struct Accounts {
    client: Client,
}

impl Accounts {
    /// Connects; certificate and name of the server are verified against `ca_pem`, or the system's roots.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect(url: &str, ca_pem: Option<&str>) -> Result<Self, Error> {
        Ok(Self::new(tls::connect(url, ca_pem).await?))
    }

    /// Over a connection of the owner's.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Lifts the block that three lockouts in a row have brought (promise a67), after support has checked who asks. False where there is
    /// no such account.
    ///
    /// # Errors
    /// [`Error::Email`], [`Error::Sql`].
    pub async fn unblock(&self, email: &str, now: jiff::Timestamp) -> Result<bool, Error> {
        let email = Email::parse(email).map_err(|_| Error::Email)?;
        let event = event(now)?;
        let sql = "select api.account_unblock($1::text::timestamp, $2, $3::text::uuid)";
        let row = self.client.query_one(sql, &[&utc(now), &email.expose(), &event]).await?;
        Ok(row.get(0))
    }
}

/// A time as the database keeps it: UTC without a zone.
fn utc(time: jiff::Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::UTC).datetime().to_string()
}

/// The id of a security event.
fn event(now: jiff::Timestamp) -> Result<String, Error> {
    Ok(vault::random::uuid_v7(u64::try_from(now.as_millisecond()).unwrap_or(0))?.to_string())
}
