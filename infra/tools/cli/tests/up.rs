//! `asknpic up` as a person runs it, without the components (the end-to-end suite has those): start, stop, and what goes wrong.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with the application's manifest.
fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    // PostgreSQL may run as another user, who has to get in.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../spin.toml"), dir.path().join("spin.toml")).unwrap();
    dir
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asknpic"));
    command.args(["up", "--no-host", "--model-port", "0", "--messages-port", "0"]).args(arguments).current_dir(dir);
    command
}

/// A running `up`; it is killed when a test fails.
struct Up(Child);

impl Up {
    /// Starts it and waits until it is ready; what it printed until then.
    fn start(dir: &Path) -> (Self, String) {
        let mut up = Self(command(dir, &[]).stdout(Stdio::piped()).spawn().unwrap());
        let mut printed = String::new();
        let mut lines = BufReader::new(up.0.stdout.take().unwrap()).lines();
        for line in lines.by_ref() {
            printed += &(line.unwrap() + "\n");
            if printed.contains("Ctrl-C stops all of it.") {
                // What comes later is read too, or the pipe would break.
                std::thread::spawn(move || lines.count());
                return (up, printed);
            }
        }
        panic!("it ended: {printed}");
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("sh").args(["-c", &format!("kill -{name} {}", self.0.id())]).status().unwrap().success());
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn server_is_gone(dir: &Path) -> bool {
    !dir.join(".local/postgres/data/postmaster.pid").exists()
}

#[test]
fn starts_keeps_its_keys_private_and_stops_in_order() {
    let dir = project();
    let (mut up, printed) = Up::start(dir.path());
    for part in ["messages    http://127.0.0.1:", "local-composer: rules, no language model", "spin up --listen 127.0.0.1:3000"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    for file in ["keys.env", "spin.env"] {
        let mode = fs::metadata(dir.path().join(".local").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let environment = fs::read_to_string(dir.path().join(".local/spin.env")).unwrap();
    for name in ["MASTER_KEYS", "PG_CA", "ACCOUNTS_PORT", "BREVO_URL", "OLLAMA_URL", "PUBLIC_URL", "IDENTITY_PASSWORD"] {
        assert!(environment.lines().any(|line| line.starts_with(&format!("SPIN_VARIABLE_{name}="))), "{name}");
    }
    // An operator's commands find its databases and keys by themselves.
    for (arguments, expected) in [
        (&["requests", "list"][..], "no open request"),
        (&["support", "list"], "0 requests"),
        (&["lifecycle", "report"], "expired_content"),
        (&["gift", "create", "--kind", "credits-5000", "--expires", "2999-12-31"], "-"),
    ] {
        let mut asked = Command::new(env!("CARGO_BIN_EXE_asknpic"));
        let output = asked.args(arguments).env_remove("ASKNPIC_ACCOUNTS_URL").current_dir(dir.path()).output().unwrap();
        let (said, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success() && said.contains(expected), "{arguments:?}: {said} {error}");
    }
    up.signal("INT");
    assert!(up.0.wait().unwrap().success(), "Ctrl-C is no failure");
    assert!(server_is_gone(dir.path()));
    let log = fs::read_to_string(dir.path().join(".local/postgres/postgres.log")).unwrap();
    assert!(log.contains("fast shutdown") && log.contains("database system is shut down"), "{log}");
}

#[test]
fn comes_back_after_being_killed_with_the_same_keys() {
    let dir = project();
    let keys = dir.path().join(".local/keys.env");
    let (mut up, _) = Up::start(dir.path());
    let before = fs::read_to_string(&keys).unwrap();
    up.0.kill().unwrap();
    up.0.wait().unwrap();
    // At once, while the supervisor is still stopping the old server.
    let (again, _) = Up::start(dir.path());
    assert_eq!(fs::read_to_string(&keys).unwrap(), before);
    again.signal("TERM");
    let deadline = Instant::now() + Duration::from_mins(5);
    while !server_is_gone(dir.path()) {
        assert!(Instant::now() < deadline, "SIGTERM stops everything");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_second_one_on_the_same_folder_is_refused_and_leaves_the_first_alone() {
    let dir = project();
    let (mut up, _) = Up::start(dir.path());
    let error = refused(&command(dir.path(), &[]).output().unwrap());
    assert!(error.contains(&format!("another `up` (process {})", up.0.id())), "{error}");
    assert!(error.contains("--data"), "{error}");
    assert!(up.0.try_wait().unwrap().is_none());
    assert!(!server_is_gone(dir.path()));
}

#[test]
fn a_busy_port_is_told_before_anything_is_started() {
    let dir = project();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for option in ["--model-port", "--messages-port", "--postgres-port"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asknpic"));
        let others = ["--model-port", "--messages-port"].into_iter().filter(|other| *other != option);
        command.args(["up", "--no-host", option, &port]).args(others.flat_map(|other| [other, "0"]));
        let error = refused(&command.current_dir(dir.path()).output().unwrap());
        assert!(error.contains(&port) && error.contains(option), "{error}");
    }
    assert!(!dir.path().join(".local/postgres").exists());
}

#[test]
fn outside_a_project_it_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = refused(&command(dir.path(), &[]).output().unwrap());
    assert!(error.contains("no spin.toml"), "{error}");
}

#[test]
fn an_ollama_that_is_not_there_is_told_by_its_address() {
    let dir = project();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    let error = refused(&command(dir.path(), &["--ollama", &url, "--model", "mistral"]).output().unwrap());
    assert!(error.contains(&format!("no Ollama answers at {url}")), "{error}");
}

#[test]
fn an_ollama_without_the_model_says_how_to_get_it() {
    let dir = project();
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let ollama = asknpic_local::model::Model::start(any, &asknpic_local::model::Options::default()).unwrap();
    let error = refused(&command(dir.path(), &["--ollama", &ollama.url(), "--model", "mistral"]).output().unwrap());
    assert!(error.contains("ollama pull mistral"), "{error}");
}
