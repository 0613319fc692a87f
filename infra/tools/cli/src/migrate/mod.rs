//! Brings the four databases to the schema of this program.
//!
//! The SQL files are part of the program. The numbered ones, of tables, run once each, in a transaction of its own; a file that was
//! changed after it ran, and a database that a newer program has migrated, are refused. Then the functions: where the files of this
//! program are not those that the schema `api` was made of, it is dropped and made anew in one transaction. Requests meanwhile see the
//! old one or the new one, and the components repeat what fell in between. One `migrate` runs at a time: it holds an advisory lock in
//! `accounts` until all four are done, because roles belong to the server and not to one database.

pub(crate) mod command;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use asknpic_local::tls;
use postgres_protocol::password::scram_sha_256;
use refinery::Runner;
use ring::digest::{SHA256, digest};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::keys::{Keys, ZONES};

/// The advisory lock: "asknpic" in ASCII.
const LOCK: i64 = 0x0061_736b_6e70_6963;
/// The database that every server has, to create the others from.
const MAINTENANCE: &str = "postgres";
/// How often `api` is tried to be made anew where requests are in the way, and how long to leave them alone in between.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_millis(250);

/// Files of functions by database: stems and SQL.
mod functions {
    include!(concat!(env!("OUT_DIR"), "/functions.rs"));
}

mod accounts {
    refinery::embed_migrations!("../../../components/lib/store/schema/accounts/tables");
}
mod briefs {
    refinery::embed_migrations!("../../../components/lib/store/schema/briefs/tables");
}
mod files {
    refinery::embed_migrations!("../../../components/lib/store/schema/files/tables");
}
mod dataset {
    refinery::embed_migrations!("../../../components/lib/store/schema/dataset/tables");
}

/// One of the four databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Database {
    /// Accounts, keys' salts, generations' metadata.
    Accounts,
    /// Encrypted briefs.
    Briefs,
    /// Encrypted files.
    Files,
    /// The encrypted training dataset.
    Dataset,
}

impl Database {
    /// All, in the order in which they are migrated.
    pub const ALL: [Self; 4] = [Self::Accounts, Self::Briefs, Self::Files, Self::Dataset];

    fn runner(self) -> Runner {
        match self {
            Self::Accounts => accounts::migrations::runner(),
            Self::Briefs => briefs::migrations::runner(),
            Self::Files => files::migrations::runner(),
            Self::Dataset => dataset::migrations::runner(),
        }
    }

    /// The files that the schema `api` is made of, in the order in which they run: stem and SQL.
    #[must_use]
    pub const fn functions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Accounts => functions::ACCOUNTS,
            Self::Briefs => functions::BRIEFS,
            Self::Files => functions::FILES,
            Self::Dataset => functions::DATASET,
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Accounts => "accounts",
            Self::Briefs => "briefs",
            Self::Files => "files",
            Self::Dataset => "dataset",
        })
    }
}

/// Where the four databases are: URLs of a role that owns them, or may create them.
#[derive(Clone)]
pub struct Urls(BTreeMap<Database, String>);

impl fmt::Debug for Urls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Urls {
    /// The URL of each database, by `url`.
    pub fn new(url: impl Fn(Database) -> String) -> Self {
        Self(Database::ALL.map(|database| (database, url(database))).into())
    }
}

/// The passwords to set for the zones' roles; a zone without one keeps what it has.
#[derive(Clone, Default)]
pub struct RolePasswords(BTreeMap<&'static str, String>);

impl fmt::Debug for RolePasswords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl RolePasswords {
    /// By zone, from `password`; empty ones count as none.
    pub fn new(password: impl Fn(&str) -> Option<String>) -> Self {
        let given = ZONES.into_iter().filter_map(|zone| Some((zone, password(zone).filter(|password| !password.is_empty())?)));
        Self(given.collect())
    }
}

impl From<&Keys> for RolePasswords {
    fn from(keys: &Keys) -> Self {
        Self::new(|zone| keys.password(zone).map(str::to_owned))
    }
}

/// What was done to one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which one.
    pub database: Database,
    /// The migrations that ran, as `V3__limits`; none where it was up to date.
    pub applied: Vec<String>,
    /// The schema's version now.
    pub version: i32,
    /// Whether the functions were made anew.
    pub functions: bool,
}

/// Why a database was not migrated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection failed, or was refused for its URL.
    #[error("{database}: {source}")]
    Connect {
        /// Which one.
        database: Database,
        /// Why.
        source: tls::Error,
    },
    /// The database is missing, and this role may not create it.
    #[error("{0}: the database does not exist, and this role may not create it (it needs CREATEDB)")]
    Missing(Database),
    /// A newer program was here.
    #[error("{database}: its schema has version {found}, this program knows up to {known}; use the newer program")]
    Newer {
        /// Which one.
        database: Database,
        /// The database's version.
        found: i32,
        /// Ours.
        known: i32,
    },
    /// A migration that has run is not the one in this program.
    #[error("{database}: {migration} was changed after it ran; what ran is what counts, so add a new migration instead")]
    Changed {
        /// Which one.
        database: Database,
        /// Its name.
        migration: String,
    },
    /// A statement of a migration failed; the migration has left nothing behind.
    #[error("{database}: {message}")]
    Failed {
        /// Which one.
        database: Database,
        /// Migration and SQL error.
        message: String,
    },
    /// A role's password could not be set.
    #[error("{database}: the password of role {role} could not be set: {source}")]
    Role {
        /// Where.
        database: Database,
        /// Whose.
        role: &'static str,
        /// Why; the statement with the password is not in it.
        source: tokio_postgres::Error,
    },
}

/// Migrates all four databases, creating missing ones, and sets the zones' passwords; `report` hears of each database as it is done.
///
/// Certificate and name of the server are verified against `ca_pem`, or the system's roots.
///
/// # Errors
/// The first [`Error`]; databases before it are migrated, the rest is as it was.
pub async fn run(
    urls: &Urls,
    ca_pem: Option<&str>,
    passwords: &RolePasswords,
    mut report: impl FnMut(&Outcome),
) -> Result<Vec<Outcome>, Error> {
    let lock = open(urls, Database::Accounts, ca_pem).await?;
    // Let go of when `lock` is dropped, and however else its connection ends.
    lock.query_one("select pg_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(|error| Error::Connect { database: Database::Accounts, source: error.into() })?;
    let mut outcomes = Vec::new();
    for database in Database::ALL {
        let mut client = open(urls, database, ca_pem).await?;
        let outcome = migrate(database, &mut client).await?;
        set_passwords(database, &client, passwords).await?;
        report(&outcome);
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// A connection to a database, which is created first where it does not exist.
async fn open(urls: &Urls, database: Database, ca_pem: Option<&str>) -> Result<Client, Error> {
    let failed = |source| Error::Connect { database, source };
    let url = &urls.0[&database];
    match tls::connect(url, ca_pem).await {
        Err(tls::Error::Connect(error)) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {}
        result => return result.map_err(failed),
    }
    let config = tls::parse_url(url).map_err(failed)?;
    let name = config.get_dbname().unwrap_or_default().to_owned();
    let maintenance = connect_to(&config, MAINTENANCE, ca_pem).await.map_err(failed)?;
    let statement = format!("create database \"{}\"", name.replace('"', "\"\""));
    match maintenance.batch_execute(&statement).await {
        Ok(()) => {}
        // Somebody else was faster: as good.
        Err(error) if [Some(&SqlState::DUPLICATE_DATABASE), Some(&SqlState::UNIQUE_VIOLATION)].contains(&error.code()) => {}
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => return Err(Error::Missing(database)),
        Err(error) => return Err(failed(error.into())),
    }
    tls::connect(url, ca_pem).await.map_err(failed)
}

async fn connect_to(config: &tokio_postgres::Config, name: &str, ca_pem: Option<&str>) -> Result<Client, tls::Error> {
    let mut config = config.clone();
    let (client, connection) = config.dbname(name).connect(tls::connector(ca_pem)?).await?;
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

async fn migrate(database: Database, client: &mut Client) -> Result<Outcome, Error> {
    let runner = database.runner();
    let known = runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0);
    let report = runner.run_async(client).await.map_err(|error| failure(database, known, &error))?;
    let applied = report.applied_migrations().iter().map(ToString::to_string).collect();
    let functions = renew_functions(database, client, database.functions()).await?;
    Ok(Outcome { database, applied, version: known, functions })
}

/// Makes the schema `api` of these files, stem and SQL each, unless it is made of them; whether it did. All or nothing: where a file
/// fails, the functions of before are still there.
///
/// Triggers go and come with their functions, which takes a lock on their tables that no request may be in the way of. So that none
/// waits for long, the lock is asked for briefly, and again later.
///
/// # Errors
/// [`Error::Failed`] names the file.
pub async fn renew_functions(database: Database, client: &mut Client, files: &[(&str, &str)]) -> Result<bool, Error> {
    let failed =
        |what: &str, error: &tokio_postgres::Error| Error::Failed { database, message: format!("{what}: {}", sql_error(error)) };
    let hash = hash(files);
    // A migration of tables may have had to drop it.
    let recorded = "select hash from schema_functions where exists (select from pg_namespace where nspname = 'api')";
    let recorded = client.query_opt(recorded, &[]).await.map_err(|error| failed("functions", &error))?;
    if recorded.is_some_and(|row| row.get::<_, String>(0) == hash) {
        return Ok(false);
    }
    let mut tries = 0;
    loop {
        tries += 1;
        match try_renew(client, files, &hash).await {
            Ok(()) => return Ok(true),
            Err((_, error)) if tries < TRIES && in_the_way(&error) => tokio::time::sleep(PAUSE).await,
            Err((stem, error)) => return Err(failed(&format!("functions/{stem}.sql"), &error)),
        }
    }
}

/// A lock that others held, or that they and we waited for in a circle.
fn in_the_way(error: &tokio_postgres::Error) -> bool {
    [Some(&SqlState::LOCK_NOT_AVAILABLE), Some(&SqlState::T_R_DEADLOCK_DETECTED)].contains(&error.code())
}

async fn try_renew<'a>(
    client: &mut Client,
    files: &[(&'a str, &str)],
    hash: &str,
) -> Result<(), (&'a str, tokio_postgres::Error)> {
    const BEFORE: &str = "
        set local lock_timeout = '500ms';
        set local client_min_messages = warning;
        drop schema if exists api cascade;
        create schema api;
        set local search_path = pg_catalog, api, public, pg_temp;";
    // A role finds what it may execute, and nobody else finds anything.
    const AFTER: &str = "
        revoke all on all functions in schema api from public;
        do $$
        declare
            v_role text;
        begin
            for v_role in
                select distinct a.grantee::regrole::text from pg_proc p, aclexplode(p.proacl) a
                where p.pronamespace = 'api'::regnamespace and a.grantee <> p.proowner
            loop
                execute 'grant usage on schema api to ' || v_role;
            end loop;
        end
        $$;";
    let general = |error| ("*", error);
    let transaction = client.transaction().await.map_err(general)?;
    transaction.batch_execute(BEFORE).await.map_err(general)?;
    for (stem, sql) in files {
        transaction.batch_execute(sql).await.map_err(|error| (*stem, error))?;
    }
    transaction.batch_execute(AFTER).await.map_err(general)?;
    let record = "insert into schema_functions (hash, applied_at) values ($1, $2::text::timestamp)
                  on conflict (one) do update set hash = excluded.hash, applied_at = excluded.applied_at";
    transaction.execute(record, &[&hash, &jiff::Timestamp::now().to_string()]).await.map_err(general)?;
    transaction.commit().await.map_err(general)
}

/// SHA-256 over names and texts, each with its length before it.
fn hash(files: &[(&str, &str)]) -> String {
    let mut bytes = Vec::new();
    for text in files.iter().flat_map(|(stem, sql)| [stem, sql]) {
        bytes.extend_from_slice(&text.len().to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    hex::encode(digest(&SHA256, &bytes))
}

fn failure(database: Database, known: i32, error: &refinery::Error) -> Error {
    use refinery::error::Kind;
    match error.kind() {
        Kind::MissingVersion(missing) if missing.version() > known => Error::Newer { database, found: missing.version(), known },
        Kind::DivergentVersion(applied, _) | Kind::MissingVersion(applied) => {
            Error::Changed { database, migration: applied.to_string() }
        }
        Kind::Connection(what, source) => Error::Failed { database, message: format!("{what}: {}", sql_error(source.as_ref())) },
        other => Error::Failed { database, message: other.to_string() },
    }
}

/// The server's message and position; its own display says no more than "db error".
fn sql_error(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::as_db_error) {
        Some(error) => {
            let place = error.where_().map(|place| format!(" ({place})")).unwrap_or_default();
            format!("{} [{}]{place}", error.message(), error.code().code())
        }
        None => error.to_string(),
    }
}

/// Lets the zones sign in. The password itself does not leave this process: what is sent is its SCRAM verifier.
async fn set_passwords(database: Database, client: &Client, passwords: &RolePasswords) -> Result<(), Error> {
    for (&role, password) in &passwords.0 {
        // A verifier is base64 with `$` and `:`, so it needs no quoting.
        let statement = format!("alter role {role} login password '{}'", scram_sha_256(password.as_bytes()));
        client.batch_execute(&statement).await.map_err(|source| Error::Role { database, role, source })?;
    }
    Ok(())
}
