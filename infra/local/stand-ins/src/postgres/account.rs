//! The operating-system user that PostgreSQL runs as: ourselves, or another one where we are root, which it refuses.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};
use sha2::{Digest as _, Sha256};

use super::Error;

/// Where clusters go whose own folder the user cannot reach (a clone below `/root`, say).
const ELSEWHERE: &str = "/var/lib/asknpic-local";

/// A user to drop to.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// Whether the user may pass through `dir` and all above it.
    pub(super) fn can_enter(&self, dir: &Path) -> bool {
        dir.ancestors().filter(|above| !above.as_os_str().is_empty()).all(|above| {
            fs::metadata(above).is_ok_and(|found| {
                let bit = match () {
                    () if found.uid() == self.uid => 0o100,
                    () if found.gid() == self.gid => 0o010,
                    () => 0o001,
                };
                found.mode() & bit != 0
            })
        })
    }
}

/// The user to run as, `None` for ourselves.
pub(super) fn to_run_as() -> Result<Option<Account>, Error> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .map(|user| Some(Account { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
        .ok_or(Error::NoAccount)
}

/// The real path of the cluster's folder, which is made if it is not there.
///
/// Where the server's user cannot reach it, the cluster lives below `/var/lib/asknpic-local` and `dir` becomes a link to it.
pub(super) fn reachable(dir: &Path, account: Option<&Account>) -> Result<PathBuf, Error> {
    let dir = std::path::absolute(dir).map_err(Error::file(dir))?;
    // A link whose target was cleared away is to be filled again.
    let folder = fs::read_link(&dir).unwrap_or_else(|_| dir.clone());
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let real = dir.canonicalize().map_err(Error::file(&dir))?;
    // The folder itself is given to the user later; those above it have to let the user through as they are.
    let above = real.parent().unwrap_or(&real);
    let Some(account) = account.filter(|account| !account.can_enter(above)) else { return Ok(real) };

    let name = hex::encode(&Sha256::digest(real.as_os_str().as_encoded_bytes())[..8]);
    let elsewhere = Path::new(ELSEWHERE).join(name);
    // Fails on a folder with something in it: that is a cluster which was reachable once, or not ours at all.
    fs::remove_dir(&real).map_err(|_| Error::Unreachable { dir: real.clone(), user: account.name.clone() })?;
    fs::create_dir_all(&elsewhere).map_err(Error::file(&elsewhere))?;
    std::os::unix::fs::symlink(&elsewhere, &real).map_err(Error::file(&real))?;
    Ok(elsewhere)
}

/// Gives a file or folder to the user, if there is one.
pub(super) fn give(path: &Path, account: Option<&Account>) -> Result<(), Error> {
    let Some(account) = account else { return Ok(()) };
    std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid)).map_err(Error::file(path))
}

/// Closes a folder to everybody but its owner.
pub(super) fn private(dir: &Path) -> Result<(), Error> {
    fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(Error::file(dir))
}

/// Writes a file that only its owner can read, from its first byte on.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    // An earlier file may belong to somebody else or be readable by all; `mode` counts for new files only.
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::file(path)(error)),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(Error::file(path))?;
    file.write_all(text.as_bytes()).map_err(Error::file(path))
}
