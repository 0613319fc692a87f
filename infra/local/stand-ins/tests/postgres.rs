//! The private cluster: what it admits, what it survives, and that it never outlives its owner.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use asknpic_local::postgres::{Cluster, DatabaseSet, Error, MAINTENANCE, Options};
use asknpic_local::tls;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A folder that the server's user can reach even below a private temporary one.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

fn kept(dir: &Path) -> Options {
    Options::in_dir(dir.join("postgres")).durable(false)
}

fn server_pid(dir: &Path) -> Pid {
    let text = fs::read_to_string(dir.join("postgres/data/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap())
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(5);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process has ended. In a container nobody may collect orphans: they stay as zombies, without a command line.
fn is_gone(pid: Pid) -> bool {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(command) => command.is_empty(),
        Err(_) => kill(pid, None).is_err(),
    }
}

/// The parent of a process: the second field after the name, which is in parentheses.
#[cfg(target_os = "linux")]
fn parent(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    status.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok().map(Pid::from_raw)
}

#[tokio::test]
async fn admits_verified_tls_and_nothing_else() {
    let cluster = Cluster::start(Options::temporary()).await.unwrap();
    let client = cluster.connect(MAINTENANCE).await.unwrap();
    let row = client
        .query_one("select ssl, version, current_setting('timezone'), current_setting('password_encryption') from pg_stat_ssl where pid = pg_backend_pid()", &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0));
    assert!(row.get::<_, &str>(1).starts_with("TLSv1."));
    assert_eq!((row.get(2), row.get(3)), ("UTC", "scram-sha-256"));

    // By every name in the certificate.
    for host in ["localhost", "127.0.0.1"] {
        let url = cluster.admin_url(MAINTENANCE).replace("127.0.0.1", host);
        assert!(tls::connect(&url, Some(cluster.ca_pem())).await.is_ok(), "{host}");
    }

    let plain = cluster.admin_url(MAINTENANCE).replace("sslmode=require", "sslmode=disable");
    let refused = plain.parse::<tokio_postgres::Config>().unwrap().connect(tokio_postgres::NoTls).await.err().unwrap();
    assert_eq!(refused.code().unwrap().code(), "28000", "no line of pg_hba.conf admits plaintext");

    let wrong = cluster.url("postgres", "wrong", MAINTENANCE);
    let Err(tls::Error::Connect(refused)) = tls::connect(&wrong, Some(cluster.ca_pem())).await else { panic!("let in") };
    assert_eq!(refused.code().unwrap().code(), "28P01");

    let other_ca = Cluster::start(Options::temporary()).await.unwrap();
    assert!(tls::connect(&cluster.admin_url(MAINTENANCE), Some(other_ca.ca_pem())).await.is_err(), "another CA");
    assert!(tls::connect(&cluster.admin_url(MAINTENANCE), None).await.is_err(), "the system's roots");
}

#[tokio::test]
async fn keys_and_data_are_for_their_owner_only() {
    let dir = folder();
    let cluster = Cluster::start(kept(dir.path())).await.unwrap();
    let home = dir.path().join("postgres");
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for file in ["tls/server.key", "data/asknpic-password", "data/pg_hba.conf"] {
        assert_eq!(mode(home.join(file)), 0o600, "{file}");
    }
    for folder in ["", "tls", "data"] {
        assert_eq!(mode(home.join(folder)), 0o700, "{folder}");
    }
    let keys: Vec<_> = fs::read_dir(home.join("tls")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(keys.len(), 3, "the CA's own key is not kept: {keys:?}");
    assert_eq!(fs::read_to_string(cluster.ca_file()).unwrap(), cluster.ca_pem());
}

#[tokio::test]
async fn the_log_holds_no_value_and_no_statement() {
    let cluster = Cluster::start(Options::temporary()).await.unwrap();
    let client = cluster.connect(MAINTENANCE).await.unwrap();
    client.batch_execute("create table people (email text primary key)").await.unwrap();
    let email = "ada.lovelace@example.com";
    client.execute("insert into people values ($1)", &[&email]).await.unwrap();
    let twice = client.execute("insert into people values ($1)", &[&email]).await.unwrap_err();
    assert_eq!(twice.code().unwrap().code(), "23505");
    client.batch_execute("insert into people values ('ada.lovelace@example.com')").await.unwrap_err();
    client.batch_execute("select 'ada.lovelace@example.com' from nowhere").await.unwrap_err();
    let log = fs::read_to_string(cluster.log_file()).unwrap();
    assert!(log.contains("people_pkey"), "the constraint's name is there: {log}");
    assert!(!log.contains("lovelace") && !log.contains("insert into"), "{log}");
}

#[tokio::test]
async fn keeps_its_data_port_and_ca_over_restarts() {
    let dir = folder();
    let cluster = Cluster::start(kept(dir.path())).await.unwrap();
    let (port, ca) = (cluster.port(), cluster.ca_pem().to_owned());
    let client = cluster.connect(MAINTENANCE).await.unwrap();
    client.batch_execute("create table kept (n int); insert into kept values (1)").await.unwrap();
    for crash in [false, true] {
        if crash {
            cluster.stop_immediate().await;
            assert!(cluster.connect(MAINTENANCE).await.is_err());
        }
        cluster.restart().await.unwrap();
        assert_eq!(cluster.port(), port);
        let rows = cluster.connect(MAINTENANCE).await.unwrap().query("select n from kept", &[]).await.unwrap();
        assert_eq!(rows.len(), 1);
    }
    cluster.stop().await;
    cluster.stop().await;
    drop(cluster);
    let again = Cluster::start(kept(dir.path())).await.unwrap();
    assert_eq!(again.ca_pem(), ca);
    assert!(again.connect(MAINTENANCE).await.unwrap().query_one("select n from kept", &[]).await.is_ok());
}

#[tokio::test]
async fn a_folder_has_one_cluster_at_a_time() {
    let dir = folder();
    let cluster = Cluster::start(kept(dir.path())).await.unwrap();
    assert!(matches!(Cluster::start(kept(dir.path())).await, Err(Error::Busy(_))));
    drop(cluster);
    assert!(Cluster::start(kept(dir.path())).await.is_ok());
}

#[tokio::test]
async fn a_busy_port_is_told_as_such() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let result = Cluster::start(Options::temporary().port(Some(port))).await;
    assert!(matches!(result, Err(Error::PortInUse(busy)) if busy == port));
}

#[tokio::test]
async fn half_made_and_broken_folders_are_repaired() {
    let dir = folder();
    let home = dir.path().join("postgres");
    // `initdb` was interrupted, and a folder called `data` is none.
    fs::create_dir_all(home.join("data.unfinished/base")).unwrap();
    fs::create_dir_all(home.join("data")).unwrap();
    fs::write(home.join("data/PG_VERSION"), "15\n").unwrap();
    fs::write(home.join("data/precious"), "kept").unwrap();
    let cluster = Cluster::start(kept(dir.path())).await.unwrap();
    assert!(cluster.connect(MAINTENANCE).await.is_ok());
    assert!(!home.join("data.unfinished").exists());
    assert_eq!(fs::read_to_string(home.join("data.unusable-1/precious")).unwrap(), "kept", "moved aside, not deleted");
}

/// Only where PostgreSQL has to run as another user, for whom the folder's parent is closed.
#[tokio::test]
async fn a_folder_out_of_the_servers_reach_becomes_a_link() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let closed = || {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        dir
    };
    let dir = closed();
    let home = dir.path().join("postgres");
    let cluster = Cluster::start(kept(dir.path())).await.unwrap();
    let target = fs::read_link(&home).unwrap();
    assert!(cluster.connect(MAINTENANCE).await.is_ok());
    cluster.stop().await;
    drop(cluster);
    fs::remove_dir_all(&target).unwrap();
    assert!(Cluster::start(kept(dir.path())).await.is_ok(), "a cleared target is made again");
    eventually("the server has stopped", || !target.join("data/postmaster.pid").exists());
    fs::remove_dir_all(&target).unwrap();

    // A folder with something in it is not replaced.
    let other = closed();
    fs::create_dir_all(other.path().join("postgres/data")).unwrap();
    assert!(matches!(Cluster::start(kept(other.path())).await, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn a_stale_pid_file_does_not_stop_it() {
    let dir = folder();
    drop(Cluster::start(kept(dir.path())).await.unwrap());
    let pid_file = dir.path().join("postgres/data/postmaster.pid");
    eventually("the server has stopped", || !pid_file.exists());
    // The number of a process that lives and is no server: this one.
    fs::write(&pid_file, format!("{}\n", std::process::id())).unwrap();
    assert!(Cluster::start(kept(dir.path())).await.is_ok());
}

#[tokio::test]
async fn data_of_another_version_is_refused_with_its_number() {
    let dir = folder();
    let data = dir.path().join("postgres/data");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9999\n").unwrap();
    let error = Cluster::start(kept(dir.path())).await.unwrap_err();
    assert!(matches!(error, Error::OtherVersion { data: 9999, .. }), "{error}");
}

#[tokio::test]
async fn database_sets_are_made_copied_and_dropped() {
    let cluster = Cluster::start(Options::temporary()).await.unwrap();
    let set = cluster.create_database_set("").await.unwrap();
    assert_eq!(set, DatabaseSet::named(""));
    assert_eq!(cluster.create_database_set("").await.unwrap(), set, "made once");
    // As a migration would: by the owner, with rights and settings of the whole database.
    let owner = tls::connect(&cluster.owner_url("accounts"), Some(cluster.ca_pem())).await.unwrap();
    owner
        .batch_execute(
            "create table t (n int); insert into t values (1); create role reader login password 'x';
             grant connect on database accounts to reader; grant select on t to reader;
             alter role reader in database accounts set search_path to public, pg_temp;
             alter role reader in database accounts set statement_timeout to '7s'",
        )
        .await
        .unwrap();
    owner.batch_execute("revoke connect, temporary on database accounts from public").await.unwrap();
    tls::connect(&cluster.owner_url("dataset"), Some(cluster.ca_pem()))
        .await
        .unwrap()
        .batch_execute("revoke connect on database dataset from public")
        .await
        .unwrap();
    drop(owner);
    // A backend takes a moment to leave after its client.
    let admin = cluster.connect(MAINTENANCE).await.unwrap();
    let busy = "select from pg_stat_activity where datname in ('accounts', 'dataset')";
    while !admin.query(busy, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }

    let copy = cluster.clone_database_set(&set, "t1_").await.unwrap();
    assert_eq!(copy.accounts, "t1_accounts");
    let as_reader = |database: &str| cluster.url("reader", "x", database);
    let reader = tls::connect(&as_reader("t1_accounts"), Some(cluster.ca_pem())).await.unwrap();
    let row = reader
        .query_one("select n, current_setting('search_path'), current_setting('statement_timeout') from t", &[])
        .await
        .unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get(1), row.get(2)), (1, "public, pg_temp", "7s"));
    assert!(tls::connect(&as_reader("t1_dataset"), Some(cluster.ca_pem())).await.is_err(), "the revoked right stays revoked");
    assert!(tls::connect(&as_reader("t1_briefs"), Some(cluster.ca_pem())).await.is_ok());
    cluster.drop_database_set(&copy).await.unwrap();
    assert!(cluster.connect("t1_accounts").await.is_err());
    assert!(cluster.connect("accounts").await.is_ok());
}

/// Not a test: the process that the next tests kill. It runs a cluster in the folder they name, and waits.
#[tokio::test]
#[ignore = "run by other tests"]
async fn owner_to_be_killed() {
    let Some(dir) = std::env::var_os("ASKNPIC_TEST_CLUSTER") else { return };
    let options = if dir.is_empty() { Options::temporary() } else { kept(Path::new(&dir)) };
    let cluster = Cluster::start(options).await.unwrap();
    println!("\nready {}", cluster.log_file().parent().unwrap().display());
    std::future::pending::<()>().await;
}

/// Starts [`owner_to_be_killed`], and returns it once its cluster is ready, with the cluster's folder.
fn spawn_owner(dir: &Path) -> (std::process::Child, PathBuf) {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "owner_to_be_killed", "--nocapture"])
        .env("ASKNPIC_TEST_CLUSTER", dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let home = lines.find_map(|line| line.unwrap().strip_prefix("ready ").map(PathBuf::from)).unwrap();
    (owner, home)
}

#[test]
fn a_killed_owner_takes_its_server_along() {
    let dir = folder();
    let (mut owner, home) = spawn_owner(dir.path());
    let server = server_pid(dir.path());
    owner.kill().unwrap();
    owner.wait().unwrap();
    eventually("the server stops with its owner", || is_gone(server));
    let log = fs::read_to_string(home.join("postgres.log")).unwrap();
    assert!(log.contains("fast shutdown"), "in order, not as a crash: {log}");
}

#[test]
fn a_killed_owners_temporary_folder_is_removed() {
    let (mut owner, home) = spawn_owner(Path::new(""));
    assert!(home.exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
    eventually("the folder goes with its owner", || !home.exists());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_lost_its_supervisor_is_replaced() {
    let dir = folder();
    let (mut owner, _) = spawn_owner(dir.path());
    let server = server_pid(dir.path());
    // The supervisor is the server's parent, and its reader of the pipe the server's sibling.
    let supervisor = parent(server).unwrap();
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let siblings = all.map(Pid::from_raw).filter(|pid| parent(*pid) == Some(supervisor) && *pid != server);
    for pid in siblings.chain([supervisor]) {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(!is_gone(server), "nobody is left to stop it");
    let cluster = Cluster::start(kept(dir.path())).await.unwrap();
    assert!(is_gone(server));
    assert!(cluster.connect(MAINTENANCE).await.is_ok());
}

#[tokio::test]
async fn clusters_start_side_by_side() {
    let (a, b) = tokio::join!(Cluster::start(Options::temporary()), Cluster::start(Options::temporary()));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_ne!(a.port(), b.port());
    let home = a.log_file().parent().unwrap().to_owned();
    drop(a);
    eventually("a temporary folder is removed", || !home.exists());
    assert!(b.connect(MAINTENANCE).await.is_ok());
}
