//! The server's parent: a shell that waits for an order on a pipe, and takes the end of the pipe for one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use tokio::time::Instant;

use super::account::{self, Account};
use super::binaries::Binaries;
use super::{Error, leftover};

/// `$1` is a folder to remove when the pipe closes without an order (ours has ended, in whatever way), or empty; then the
/// server's command. INT is PostgreSQL's fast shutdown, QUIT the immediate one.
///
/// A reader waits for the order beside the server, because a shell can wait for a child or read, not both. The end of the pipe
/// is passed on as USR1, which `wait` reports as a status above 128 while the server still runs.
const SCRIPT: &str = r#"
temporary=$1; shift
exec 3<&0 </dev/null
remove=
trap 'remove=$temporary' USR1
"$@" 3<&- &
server=$!
{
    read -r order <&3 || kill -USR1 $$
    if [ "$order" = immediate ]; then kill -QUIT $server; else kill -INT $server; fi
} &
reader=$!
wait $server; status=$?
while [ $status -gt 128 ] && kill -0 $server 2>/dev/null; do wait $server; status=$?; done
kill $reader 2>/dev/null
if [ "$remove" ]; then rm -rf "$remove"; fi
exit $status
"#;

/// A log of more bytes starts anew with the server.
const LOG_LIMIT: u64 = 5_000_000;
/// A fast shutdown cuts every connection and writes a checkpoint.
const FAST_WITHIN: Duration = Duration::from_secs(30);

/// How to stop a server.
#[derive(Clone, Copy, Debug)]
pub(super) enum StopMode {
    /// Fast mode: clients are cut, nothing committed is lost and nothing has to be recovered.
    Stop,
    /// As a crash.
    Immediate,
}

/// A server and its supervisor. Dropping it stops the server in fast mode without waiting for it.
#[derive(Debug)]
pub(super) struct Supervised {
    supervisor: Child,
    orders: ChildStdin,
}

impl Supervised {
    pub(super) fn start(
        binaries: &Binaries,
        data: &Path,
        log: &Path,
        account: Option<&Account>,
        remove: Option<&Path>,
    ) -> Result<Self, Error> {
        if fs::metadata(log).is_ok_and(|file| file.len() > LOG_LIMIT) {
            fs::remove_file(log).map_err(Error::file(log))?;
        }
        let output = File::options().create(true).append(true).open(log).map_err(Error::file(log))?;
        account::give(log, account)?;
        let errors = output.try_clone().map_err(Error::file(log))?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "asknpic-postgres"])
            .arg(remove.unwrap_or_else(|| Path::new("")))
            .arg(binaries.postgres())
            .arg("-D")
            .arg(data)
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            // Out of the terminal's foreground group: its Ctrl-C is for us, who then stop things in order.
            .process_group(0);
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        let mut supervisor = command.spawn().map_err(Error::file("/bin/sh"))?;
        let orders = supervisor.stdin.take().ok_or_else(|| Error::file("/bin/sh")(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { supervisor, orders })
    }

    /// Whether the server is gone.
    pub(super) fn has_ended(&mut self) -> Result<bool, Error> {
        Ok(self.supervisor.try_wait().map_err(Error::file("/bin/sh"))?.is_some())
    }

    /// Stops the server and waits for its end; one that does not obey is killed.
    pub(super) async fn stop(mut self, order: StopMode, data: &Path) {
        let word: &[u8] = match order {
            StopMode::Stop => b"stop\n",
            StopMode::Immediate => b"immediate\n",
        };
        // A broken pipe means that the server has ended already.
        let _ = self.orders.write_all(word);
        let mut deadline = Instant::now() + FAST_WITHIN;
        let mut signals = [Signal::SIGQUIT, Signal::SIGKILL].into_iter();
        while matches!(self.supervisor.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let (Some(signal), Some(pid)) = (signals.next(), leftover::server_pid(data)) else { return };
                let _ = kill(pid, signal);
                deadline = Instant::now() + FAST_WITHIN;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
