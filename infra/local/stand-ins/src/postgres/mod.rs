//! A private PostgreSQL cluster: TLS under a CA of its own, SCRAM passwords, loopback only, plaintext refused.
//!
//! The server runs under a small supervisor that reads a pipe from this process. However this process ends (`kill -9`
//! included), the pipe closes and the supervisor stops the server in fast mode, so no cluster outlives its owner.

mod account;
mod binaries;
mod certificates;
mod configuration;
mod databases;
mod leftover;
mod supervisor;

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use self::account::Account;
use self::binaries::Binaries;
pub use self::databases::DatabaseSet;
use self::supervisor::{StopMode, Supervised};
use crate::tls;

/// The superuser of the cluster, for tests and for looking around.
pub const SUPERUSER: &str = "postgres";
/// The role that owns the databases and runs the migrations. It may create databases and roles, and is no superuser.
pub const OWNER: &str = "migrate";
/// The database that every cluster has, to connect to when making others.
pub const MAINTENANCE: &str = "postgres";

/// How long a server may take until it accepts connections; crash recovery of a large cluster is the slow case.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// Attempts to find a free port: another process can take one between the choice and the server's bind.
const PORT_ATTEMPTS: u32 = 5;

/// What a cluster is like.
#[derive(Clone, Debug)]
pub struct Options {
    dir: Option<PathBuf>,
    port: Option<u16>,
    durable: bool,
}

impl Options {
    /// A cluster that lives in `dir`, which is its alone, and keeps its data from one start to the next.
    #[must_use]
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self { dir: Some(dir.into()), port: None, durable: true }
    }

    /// A cluster for tests: in a temporary folder that goes away with it, and without waiting for the disk.
    #[must_use]
    pub fn temporary() -> Self {
        Self { dir: None, port: None, durable: false }
    }

    /// Listens on this port of 127.0.0.1 instead of a free one.
    #[must_use]
    pub fn port(mut self, port: Option<u16>) -> Self {
        self.port = port;
        self
    }

    /// Whether a commit waits for the disk. Off (as in [`Options::temporary`]), a power cut can ruin the cluster; the end of a
    /// process cannot.
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }
}

/// Why there is no cluster. Each text is a sentence for the person at the keyboard.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No `initdb` and `postgres` in any known place.
    #[error(
        "PostgreSQL's server programs (14 or later) are not installed; `apt install postgresql` or `brew install postgresql@17` brings them"
    )]
    NotInstalled,
    /// The data was written by a version whose programs are not here.
    #[error(
        "{dir} was made by PostgreSQL {data}, whose programs are not installed (found: {found}); install them or move the folder away"
    )]
    OtherVersion {
        /// The data folder.
        dir: PathBuf,
        /// Major version of the data.
        data: u32,
        /// Major versions of the installed programs.
        found: String,
    },
    /// Another living process runs the cluster in this folder.
    #[error("another process is using {0}; stop it, or choose another data folder")]
    Busy(PathBuf),
    /// The folder is not a place where the server's user can work.
    #[error("the user `{user}`, under whom PostgreSQL runs because root may not, cannot reach {dir}; choose another data folder")]
    Unreachable {
        /// The folder.
        dir: PathBuf,
        /// The operating-system user.
        user: String,
    },
    /// We are root, and there is no user to drop to.
    #[error("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as")]
    NoAccount,
    /// The wanted port is taken.
    #[error("port {0} of 127.0.0.1 is in use; stop what listens there, or choose another")]
    PortInUse(u16),
    /// A program of PostgreSQL failed.
    #[error("{program} failed:\n{output}")]
    Program {
        /// Which one.
        program: &'static str,
        /// The end of what it printed.
        output: String,
    },
    /// The server did not accept connections in time.
    #[error("PostgreSQL was not ready within {} seconds; its log is {log}", READY_WITHIN.as_secs())]
    NotReady {
        /// The server's log.
        log: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates could not be made.
    #[error("the cluster's certificates cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// The server could not be reached over TLS.
    #[error(transparent)]
    Connect(#[from] tls::Error),
    /// A statement of the set-up failed.
    #[error("PostgreSQL: {0}")]
    Sql(#[from] tokio_postgres::Error),
    /// No random bytes.
    #[error("the system has no random bytes")]
    Random,
}

impl Error {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// A running cluster. It stops when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    account: Option<Account>,
    binaries: Binaries,
    durable: bool,
    temporary: bool,
    port: u16,
    password: String,
    ca_pem: String,
    server: Mutex<Option<Supervised>>,
    // Held for as long as the cluster lives: the system lets go of it however the process ends.
    _lock: File,
}

impl Cluster {
    /// Starts the cluster, making or repairing it first where needed, and comes back once it accepts connections.
    ///
    /// # Errors
    /// Every [`Error`].
    pub async fn start(options: Options) -> Result<Self, Error> {
        let account = account::to_run_as()?;
        let temporary = options.dir.is_none();
        let dir = match options.dir {
            Some(dir) => account::reachable(&dir, account.as_ref())?,
            None => temporary_dir(account.as_ref())?,
        };
        let layout = Layout { dir };
        layout.make(account.as_ref())?;
        let lock = layout.lock()?;
        let binaries = Binaries::find(&layout.data())?;
        leftover::stop_leftover(&layout.data()).await?;

        let password = initialise(&layout, &binaries, account.as_ref()).await?;
        let ca_pem = certificates::ensure(&layout.tls(), account.as_ref())?;
        let mut cluster = Self {
            layout,
            account,
            binaries,
            durable: options.durable,
            temporary,
            port: 0,
            password,
            ca_pem,
            server: Mutex::new(None),
            _lock: lock,
        };
        cluster.start_somewhere(options.port).await?;
        cluster.ensure_owner().await?;
        Ok(cluster)
    }

    /// Starts the server on `wanted`, or on a free port.
    async fn start_somewhere(&mut self, wanted: Option<u16>) -> Result<(), Error> {
        let mut attempt = 1;
        loop {
            self.port = wanted.map_or_else(free_port, check_free)?;
            match self.start_server().await {
                Ok(server) => {
                    *self.server.get_mut() = Some(server);
                    return Ok(());
                }
                Err(Error::PortInUse(_)) if wanted.is_none() && attempt < PORT_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn start_server(&self) -> Result<Supervised, Error> {
        let (data, log) = (self.layout.data(), self.layout.log());
        configuration::write(&data, &self.layout.tls(), self.port, self.durable)?;
        account::give(&data.join("postgresql.conf"), self.account.as_ref())?;
        account::give(&data.join("pg_hba.conf"), self.account.as_ref())?;
        let before = fs::metadata(&log).map_or(0, |file| file.len());
        let remove = self.temporary.then_some(self.layout.dir.as_path());
        let mut server = Supervised::start(&self.binaries, &data, &log, self.account.as_ref(), remove)?;
        let deadline = Instant::now() + READY_WITHIN;
        while !leftover::is_ready(&data) {
            if server.has_ended()? {
                let output = tail(&log, before);
                // PostgreSQL has no exit code of its own for this.
                return Err(if output.contains("could not bind") || output.contains("could not create any TCP/IP sockets") {
                    Error::PortInUse(self.port)
                } else {
                    Error::Program { program: "postgres", output }
                });
            }
            if Instant::now() > deadline {
                server.stop(StopMode::Immediate, &data).await;
                return Err(Error::NotReady { log });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    /// Makes sure that the owner's role exists and has today's password.
    async fn ensure_owner(&self) -> Result<(), Error> {
        let client = self.connect(MAINTENANCE).await?;
        // The password is ours: hexadecimal, so it needs no quoting. As a verifier it would have to be computed here.
        let exists = client.query_opt("select from pg_roles where rolname = $1", &[&OWNER]).await?.is_some();
        let verb = if exists { "alter" } else { "create" };
        let statement = format!("{verb} role {OWNER} with login createdb createrole password '{}'", self.password);
        client.batch_execute(&statement).await?;
        Ok(())
    }

    /// The host to connect to; the server's certificate also names `localhost` and `::1`.
    #[must_use]
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// The port, the same after a [`restart`](Self::restart).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The cluster's CA, as PEM: the one to verify the server's certificate with.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The file of [`ca_pem`](Self::ca_pem).
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.layout.tls().join(certificates::CA)
    }

    /// The server's log. It holds no statement and no value (promise a19).
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.layout.log()
    }

    /// Another of PostgreSQL's programs, such as `pgbench`, if it is installed.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.binaries.program(name)
    }

    /// The superuser's connection URL. TLS is required; the certificate is to be verified with [`ca_pem`](Self::ca_pem).
    #[must_use]
    pub fn admin_url(&self, database: &str) -> String {
        self.url(SUPERUSER, &self.password, database)
    }

    /// The connection URL of the databases' owner, the role that migrates.
    #[must_use]
    pub fn owner_url(&self, database: &str) -> String {
        self.url(OWNER, &self.password, database)
    }

    /// A connection URL for any role.
    #[must_use]
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@{}:{}/{database}?sslmode=require", self.host(), self.port)
    }

    /// A verified superuser connection to `database`.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect(&self, database: &str) -> Result<tokio_postgres::Client, Error> {
        Ok(tls::connect(&self.admin_url(database), Some(&self.ca_pem)).await?)
    }

    /// Stops the server in fast mode: connections are cut, what was committed is kept. Does nothing to a stopped one.
    pub async fn stop(&self) {
        self.end(StopMode::Stop).await;
    }

    /// Stops the server as a crash would: the next start has to recover from the log.
    pub async fn stop_immediate(&self) {
        self.end(StopMode::Immediate).await;
    }

    async fn end(&self, order: StopMode) {
        let server = self.server.lock().await.take();
        if let Some(server) = server {
            server.stop(order, &self.layout.data()).await;
        }
    }

    /// Starts the stopped server again, or stops it in fast mode and starts it, on the same port with the same data.
    ///
    /// # Errors
    /// The server does not come up, for example because its port was taken meanwhile.
    pub async fn restart(&self) -> Result<(), Error> {
        let mut server = self.server.lock().await;
        if let Some(running) = server.take() {
            running.stop(StopMode::Stop, &self.layout.data()).await;
        }
        // A port taken in between is told as such, not as a failed program.
        check_free(self.port)?;
        *server = Some(self.start_server().await?);
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A supervisor with a temporary folder removes it once the server is gone; without a server nobody else would.
        let running = self.server.get_mut().take().is_some();
        if self.temporary && !running {
            let _ = fs::remove_dir_all(&self.layout.dir);
        }
    }
}

/// Where things are in a cluster's folder.
#[derive(Debug)]
struct Layout {
    dir: PathBuf,
}

impl Layout {
    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn tls(&self) -> PathBuf {
        self.dir.join("tls")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    fn make(&self, account: Option<&Account>) -> Result<(), Error> {
        for dir in [self.dir.clone(), self.tls()] {
            fs::create_dir_all(&dir).map_err(Error::file(&dir))?;
            account::private(&dir)?;
            account::give(&dir, account)?;
        }
        Ok(())
    }

    fn lock(&self) -> Result<File, Error> {
        let path = self.dir.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::file(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::Busy(self.dir.clone())),
            Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
        }
    }
}

/// Makes the data folder where there is none that works, and returns the password kept in it.
///
/// `initdb` writes to another name first, so that a folder called `data` is always a whole one. A `data` that is not (somebody
/// else's doing) is moved aside, never deleted.
async fn initialise(layout: &Layout, binaries: &Binaries, account: Option<&Account>) -> Result<String, Error> {
    let data = layout.data();
    let kept = data.join("asknpic-password");
    if data.join("PG_VERSION").is_file() && data.join("global/pg_control").is_file() && kept.is_file() {
        return Ok(fs::read_to_string(&kept).map_err(Error::file(&kept))?.trim().to_owned());
    }
    if data.exists() {
        let mut number = 1_u32;
        let mut aside = layout.dir.join("data.unusable-1");
        while aside.exists() {
            number += 1;
            aside = layout.dir.join(format!("data.unusable-{number}"));
        }
        fs::rename(&data, &aside).map_err(Error::file(&data))?;
    }
    let unfinished = layout.dir.join("data.unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(Error::file(&unfinished))?;
    }

    let password = random_password()?;
    let password_file = layout.dir.join("password");
    account::write_private(&password_file, &password)?;
    account::give(&password_file, account)?;
    binaries.initdb(&unfinished, SUPERUSER, &password_file, account).await?;
    fs::rename(&password_file, unfinished.join("asknpic-password")).map_err(Error::file(&password_file))?;
    fs::rename(&unfinished, &data).map_err(Error::file(&data))?;
    Ok(password)
}

fn temporary_dir(account: Option<&Account>) -> Result<PathBuf, Error> {
    let mut parent = std::env::temp_dir();
    if account.is_some_and(|account| !account.can_enter(&parent)) {
        parent = PathBuf::from("/tmp");
    }
    let dir = tempfile::Builder::new().prefix("asknpic-postgres-").tempdir_in(&parent).map_err(Error::file(&parent))?;
    Ok(dir.keep())
}

fn random_password() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(hex::encode(bytes))
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|_| Error::PortInUse(0))?;
    Ok(listener.local_addr().map_err(|_| Error::PortInUse(0))?.port())
}

fn check_free(port: u16) -> Result<u16, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(|_| port).map_err(|_| Error::PortInUse(port))
}

/// What the server has logged since the file had `from` bytes, at most the last 2,000 characters.
fn tail(log: &Path, from: u64) -> String {
    let text = fs::read(log).unwrap_or_default();
    let new = text.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default();
    let new = String::from_utf8_lossy(new);
    let skip = new.chars().count().saturating_sub(2_000);
    new.chars().skip(skip).collect::<String>().trim().to_owned()
}
