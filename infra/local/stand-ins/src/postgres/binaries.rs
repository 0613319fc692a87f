//! PostgreSQL's server programs, wherever the package manager put them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;
use super::account::Account;

/// The oldest version whose features we use.
const OLDEST: u32 = 14;

/// Folders of one version each, `*` being any one name: Debian, Red Hat, Homebrew (both architectures), `MacPorts`, Postgres.app.
const PATTERNS: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/*/bin",
    "/opt/homebrew/opt/*/bin",
    "/usr/local/opt/*/bin",
    "/opt/local/lib/*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The programs of one version.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// The programs that fit the data in `data`, or the newest ones where there is none yet.
    pub(super) fn find(data: &Path) -> Result<Self, Error> {
        let mut found: Vec<Self> = candidates().into_iter().filter_map(Self::at).collect();
        found.sort_by_key(|binaries| binaries.major);
        let newest = found.last().cloned().ok_or(Error::NotInstalled)?;
        let Some(wanted) = fs::read_to_string(data.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok()) else {
            return Ok(newest);
        };
        let majors: Vec<String> = found.iter().map(|binaries| binaries.major.to_string()).collect();
        found.into_iter().find(|binaries| binaries.major == wanted).ok_or_else(|| Error::OtherVersion {
            dir: data.to_owned(),
            data: wanted,
            found: majors.join(", "),
        })
    }

    /// The programs in `dir`, if they are there and recent enough.
    fn at(dir: PathBuf) -> Option<Self> {
        if !dir.join("initdb").is_file() || !dir.join("postgres").is_file() {
            return None;
        }
        let output = Command::new(dir.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
        let major = major(&String::from_utf8_lossy(&output.stdout))?;
        (major >= OLDEST).then_some(Self { dir, major })
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    /// A program of this version that not every installation has: beside the server, or wherever there is one.
    pub(super) fn program(&self, name: &str) -> Option<PathBuf> {
        let dirs = [vec![self.dir.clone()], candidates()].concat();
        dirs.into_iter().map(|dir| dir.join(name)).find(|path| path.is_file())
    }

    /// Makes a data folder with one superuser.
    pub(super) async fn initdb(
        &self,
        data: &Path,
        superuser: &str,
        password_file: &Path,
        account: Option<&Account>,
    ) -> Result<(), Error> {
        let mut command = tokio::process::Command::new(self.dir.join("initdb"));
        command
            .arg("--pgdata")
            .arg(data)
            .arg("--pwfile")
            .arg(password_file)
            // Byte order and no system locale: the same everywhere.
            .args([
                "--username",
                superuser,
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--no-instructions",
            ])
            // Its own care for the disk costs seconds; a power cut during the first start leaves `data.unfinished`, no more.
            .arg("--no-sync")
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        let output = command.output().await.map_err(Error::file(self.dir.join("initdb")))?;
        if output.status.success() {
            return Ok(());
        }
        let text = [output.stdout, output.stderr].concat();
        Err(Error::Program { program: "initdb", output: String::from_utf8_lossy(&text).trim().to_owned() })
    }
}

fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).filter(|dir| dir.is_absolute()).collect();
    for pattern in PATTERNS {
        let Some((parent, rest)) = pattern.split_once('*') else { continue };
        let names = fs::read_dir(parent).into_iter().flatten().flatten();
        dirs.extend(names.map(|entry| entry.path().join(rest.trim_start_matches('/'))));
    }
    dirs.sort();
    dirs.dedup();
    dirs
}

/// The major version in what `postgres --version` prints: `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.find(|character: char| !character.is_ascii_digit()).map_or(version, |end| &version[..end]);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn versions_of_packages_and_pre_releases_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 17\n"), Some(17));
        assert_eq!(major("something else"), None);
    }
}
