//! An application for a test: guests built once, a manifest in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use asknpic_host::{Config, Host, LogSink, MemoryLog};
use tempfile::TempDir;

/// The wasm file of a guest; builds all guests at the first call.
pub(crate) fn wasm(guest: &str) -> PathBuf {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--release", "--target", "wasm32-wasip2"]);
        for guest in ["probe", "caller", "calc", "greedy"] {
            cargo.args(["--package", &format!("host-guest-{guest}")]);
        }
        let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", target).status().unwrap();
        status.success().then(|| target.join("wasm32-wasip2/release"))
    });
    folder.as_ref().expect("the guests build").join(format!("host_guest_{guest}.wasm"))
}

/// An application that is not running yet.
pub(crate) struct App {
    folder: TempDir,
    pub(crate) log: MemoryLog,
}

impl App {
    /// The manifest without its head; `<guest>` stands for the path of that guest's wasm file.
    pub(crate) fn new(body: &str) -> Self {
        let mut text = format!("spin_manifest_version = 2\napplication = {{ name = \"test\", version = \"1.2.3\" }}\n{body}");
        for guest in ["probe", "caller", "calc", "greedy"] {
            text = text.replace(&format!("<{guest}>"), wasm(guest).to_str().unwrap());
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spin.toml"), text).unwrap();
        Self { folder, log: MemoryLog::new() }
    }

    /// One component `probe` that answers every path, with these further lines of its table.
    pub(crate) fn probe(lines: &str) -> Self {
        Self::new(&format!(
            "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"probe\"\n[component.probe]\nsource = \"<probe>\"\n{lines}"
        ))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Logs in memory, nothing from the environment, compiled components shared by all tests.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(self.folder().join("spin.toml"));
        config.cache_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-cache");
        config.logs = LogSink::Memory(self.log.clone());
        config.read_environment = false;
        config
    }

    pub(crate) async fn start(&self) -> Host {
        Host::start(self.config()).await.unwrap()
    }

    /// Why it does not start.
    pub(crate) async fn refusal(&self) -> String {
        Host::start(self.config()).await.err().unwrap().to_string()
    }
}

/// Waits until `done`, which must come true by itself; fails after ten seconds.
pub(crate) async fn eventually(what: &str, done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await.is_ok(), "never: {what}");
}
