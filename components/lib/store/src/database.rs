//! A database and the one connection an instance keeps to it.
//!
//! Spin's pool has 64 connections for each component and address, and each checkout costs a round trip; so an instance keeps
//! one and pipelines over it. It is opened again after the first connection error. Hold none over a long wait: nothing here
//! does, since a kept connection serves every request of its instance.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::Secret;
use futures::future::{Either, select};
use spin_sdk::pg::{Certificate, Connection, DbError, OpenOptions, ParameterValue, PgError, QueryError};

use crate::{
    statement::Query,
    value::{Row, log},
};

/// How long a statement may take with its connection, retries aside. Above the roles' `statement_timeout` of 10 s.
const DEADLINE: Duration = Duration::from_secs(12);
/// How often a statement is sent again after a deadlock or a serialisation failure.
const RETRIES: u32 = 3;
/// How long to wait in all for functions that `asknpic migrate` replaces: it drops and makes them in one transaction.
const REPLACED: Duration = Duration::from_secs(3);

/// Why a statement did not succeed. Holds no values: PostgreSQL's messages carry them (decision 12).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address is missing, has no password or would permit plaintext (promise a69).
    #[error("the database is not configured")]
    NotConfigured,
    /// The server cannot be reached, went away, or did not answer in time.
    #[error("the database is unavailable")]
    Unavailable,
    /// The server refused the statement.
    #[error("SQLSTATE {code} {constraint}")]
    Sql {
        /// The five characters of SQLSTATE.
        code: String,
        /// The constraint it names, or nothing.
        constraint: String,
    },
    /// A column is not what the code expects: code and schema are of different versions.
    #[error("a column has another type than expected")]
    Decode,
}

/// The address of one database.
#[derive(Clone)]
pub struct Database {
    url: Arc<Secret>,
    ca: Option<Arc<str>>,
}

impl Database {
    /// Takes a `postgres://user:password@host:port/name?sslmode=require…` address, and the PEM text of the CA that signs the
    /// server's certificate (empty: the system's). The certificate and its name are always verified (promise a69).
    ///
    /// # Errors
    /// [`Error::NotConfigured`] if the password is empty or `sslmode` is not exactly `require`, once: Spin's default would fall
    /// back to plaintext.
    pub fn new(url: &str, ca: &str) -> Result<Self, Error> {
        let (address, query) = url.split_once('?').ok_or(Error::NotConfigured)?;
        let mut modes = query.split('&').filter_map(|pair| pair.strip_prefix("sslmode="));
        let encrypted = modes.next() == Some("require") && modes.next().is_none();
        let credentials = address.strip_prefix("postgres://").and_then(|rest| rest.rsplit_once('@')).map(|(user, _)| user);
        let password = credentials.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| !password.is_empty());
        if !encrypted || !password {
            return Err(Error::NotConfigured);
        }
        let ca = (!ca.trim().is_empty()).then(|| Arc::from(ca));
        Ok(Self { url: Arc::new(Secret::new(url)), ca })
    }

    /// Whether the database answers, for readiness.
    ///
    /// # Errors
    /// As for any statement.
    pub async fn ping(&self) -> Result<(), Error> {
        self.run("ping", "select 1", Vec::new()).await.map(|_| ())
    }

    /// Runs a statement and collects its rows. One state machine serves all statements: these two only say which.
    pub(crate) fn rows<Q: Query>(&self, query: Q) -> impl Future<Output = Result<Vec<Row>, Error>> {
        self.run(Q::NAME, Q::SQL, query.values())
    }

    /// Runs a statement that returns exactly one row.
    pub(crate) fn row<Q: Query>(&self, query: Q) -> impl Future<Output = Result<Row, Error>> {
        self.run_for_one(Q::NAME, Q::SQL, query.values())
    }

    async fn run_for_one(&self, name: &'static str, sql: &'static str, values: Vec<ParameterValue>) -> Result<Row, Error> {
        self.run(name, sql, values).await?.into_iter().next().ok_or(Error::Decode)
    }

    async fn run(&self, name: &'static str, sql: &'static str, values: Vec<ParameterValue>) -> Result<Vec<Row>, Error> {
        let mut reopened = false;
        let mut conflicts = 0;
        let mut waited = Duration::ZERO;
        loop {
            let kept = self.kept();
            let was_kept = kept.is_some();
            let attempt = std::pin::pin!(self.attempt(kept, name, sql, values.clone()));
            let deadline = std::pin::pin!(sleep(DEADLINE));
            let result = match select(attempt, deadline).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(Failure::Lost),
            };
            match result {
                Ok(rows) => return Ok(rows),
                Err(Failure::Lost) => {
                    self.forget();
                    // A kept connection may have died long ago; a fresh one that fails is news.
                    if !was_kept || reopened {
                        return Err(Error::Unavailable);
                    }
                    reopened = true;
                }
                Err(Failure::Conflict) if conflicts < RETRIES => {
                    conflicts += 1;
                    sleep(jitter(conflicts)).await;
                }
                Err(Failure::Conflict) => return Err(Error::Unavailable),
                Err(Failure::Replaced(_)) if waited < REPLACED => {
                    let pause = jitter(1 + u32::try_from(waited.as_millis() / 20).unwrap_or(u32::MAX).min(15));
                    waited += pause;
                    sleep(pause).await;
                }
                Err(Failure::Replaced(code)) => {
                    log(name, &format!("SQLSTATE {code}: the schema does not fit this program"));
                    return Err(Error::Unavailable);
                }
                Err(Failure::Final(error)) => return Err(error),
            }
        }
    }

    async fn attempt(
        &self,
        kept: Option<Arc<Connection>>,
        name: &'static str,
        sql: &'static str,
        values: Vec<ParameterValue>,
    ) -> Result<Vec<Row>, Failure> {
        let connection = match kept {
            Some(connection) => connection,
            None => self.open().await?,
        };
        let mut result = connection.query(sql, values).await.map_err(|error| Failure::of(&error))?;
        let mut rows = Vec::new();
        while let Some(row) = result.rows().next().await {
            rows.push(Row::new(name, row));
        }
        result.result().await.map_err(|error| Failure::of(&error))?;
        Ok(rows)
    }

    async fn open(&self) -> Result<Arc<Connection>, Failure> {
        let options = OpenOptions { ca_root: self.ca.as_ref().map(|ca| Certificate::Text(ca.to_string())) };
        let connection = Connection::open_with_options(self.url.expose(), options).await.map_err(|error| Failure::of(&error))?;
        let connection = Arc::new(connection);
        connections().insert(self.url.expose().to_owned(), Arc::clone(&connection));
        Ok(connection)
    }

    fn kept(&self) -> Option<Arc<Connection>> {
        connections().get(self.url.expose()).map(Arc::clone)
    }

    fn forget(&self) {
        connections().remove(self.url.expose());
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<database>")
    }
}

type Connections = HashMap<String, Arc<Connection>>;

/// The connections of this instance, by address.
fn connections() -> std::sync::MutexGuard<'static, Connections> {
    static KEPT: std::sync::LazyLock<Mutex<Connections>> = std::sync::LazyLock::new(Mutex::default);
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How PostgreSQL's internal errors about an object begin that was dropped after it was looked up.
const GONE: [&str; 3] = ["cache lookup failed for", "could not open relation with OID", "function with OID"];

enum Failure {
    /// The connection is of no use (any more).
    Lost,
    /// A deadlock or serialisation failure: nothing was done, and it may work next time.
    Conflict,
    /// The functions are being replaced: nothing was done, and it works once they are. With the SQLSTATE.
    Replaced(String),
    Final(Error),
}

impl Failure {
    fn of(error: &spin_sdk::pg::Error) -> Self {
        match error {
            spin_sdk::pg::Error::PgError(PgError::QueryFailed(QueryError::DbError(error))) => Self::of_server(error),
            spin_sdk::pg::Error::PgError(
                PgError::ConnectionFailed(_) | PgError::QueryFailed(QueryError::Text(_)) | PgError::Other(_),
            ) => Self::Lost,
            _ => Self::Final(Error::Decode),
        }
    }

    /// Classes of SQLSTATE (PostgreSQL, appendix A): 08 is the connection, 57P the server's shutdown and start, 53300 too many
    /// connections.
    ///
    /// Of a schema that was replaced under it, a statement meets what it is about to look up: the schema (3F000), a function of that
    /// name and these arguments (42883, 42P13), a view (42P01), a result column (42703), a plan that returned other columns (0A000),
    /// a prepared statement (26000); or what it had looked up before: an object whose number is gone, which PostgreSQL reports as
    /// an internal error.
    fn of_server(error: &DbError) -> Self {
        match error.code.as_str() {
            code @ ("3F000" | "42883" | "42P13" | "42P01" | "42703" | "26000") => Self::Replaced(code.to_owned()),
            code @ "0A000" if error.message.starts_with("cached plan must not change") => Self::Replaced(code.to_owned()),
            code @ "XX000" if GONE.iter().any(|start| error.message.starts_with(start)) => Self::Replaced(code.to_owned()),
            "40P01" | "40001" => Self::Conflict,
            "57P01" | "57P02" | "57P03" | "53300" => Self::Lost,
            "57014" | "55P03" => Self::Final(Error::Unavailable),
            code if code.starts_with("08") => Self::Lost,
            code => Self::Final(Error::Sql {
                code: code.to_owned(),
                constraint: error
                    .extras
                    .iter()
                    .find(|(name, _)| name.contains("constraint"))
                    .map(|(_, value)| value.clone())
                    .unwrap_or_default(),
            }),
        }
    }
}

/// 10 to 40 ms, growing with each try and different for each caller.
fn jitter(tries: u32) -> Duration {
    let random = vault::random::bytes::<1>().map_or(0, |[byte]| u64::from(byte));
    Duration::from_millis(u64::from(tries) * 10 + random % 10)
}

async fn sleep(duration: Duration) {
    spin_sdk::time::sleep(duration).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a69_an_address_that_permits_plaintext_is_refused() {
        let good = "postgres://identity:secret@db:5432/accounts?sslmode=require&connect_timeout=5";
        assert!(Database::new(good, "").is_ok());
        for url in [
            "",
            "postgres://identity:secret@db:5432/accounts",
            "postgres://identity:secret@db:5432/accounts?sslmode=prefer",
            "postgres://identity:secret@db:5432/accounts?sslmode=disable",
            "postgres://identity:secret@db:5432/accounts?sslmode=require&sslmode=disable",
            "postgres://identity:secret@db:5432/accounts?connect_timeout=5",
            "postgres://identity:@db:5432/accounts?sslmode=require",
            "postgres://identity@db:5432/accounts?sslmode=require",
        ] {
            assert_eq!(Database::new(url, "").err(), Some(Error::NotConfigured), "{url}");
        }
    }

    #[test]
    fn what_a_replaced_schema_brings_is_tried_again_and_other_errors_are_not() {
        let of = |code: &str, message: &str| {
            Failure::of_server(&DbError {
                as_text: String::new(),
                severity: "ERROR".to_owned(),
                code: code.to_owned(),
                message: message.to_owned(),
                detail: None,
                extras: Vec::new(),
            })
        };
        for (code, message) in [
            ("42883", "function api.me_read(p_now => timestamp without time zone) does not exist"),
            ("3F000", "schema \"api\" does not exist"),
            ("26000", "prepared statement \"s1\" does not exist"),
            ("0A000", "cached plan must not change result type"),
            ("XX000", "cache lookup failed for function 16402"),
        ] {
            assert!(matches!(of(code, message), Failure::Replaced(_)), "{code}");
        }
        for (code, message) in [("0A000", "SET is not allowed in a non-volatile function"), ("XX000", "stack"), ("42501", "")] {
            assert!(matches!(of(code, message), Failure::Final(Error::Sql { .. })), "{code}");
        }
    }
}
