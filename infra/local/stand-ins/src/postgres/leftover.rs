//! What an earlier run left behind: a server whose supervisor was killed, or a pid file without a server.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::Instant;

use super::Error;

const PID_FILE: &str = "postmaster.pid";

/// Stops a server that still runs in `data`, and removes a pid file whose number some other program has by now.
///
/// The caller holds the folder's lock, so a server found here has lost its owner. PostgreSQL refuses to start beside a pid file
/// with the number of any living process. One whose process is gone stays: by what else is in it, PostgreSQL makes sure that no
/// orphan of the old server is left in the shared memory.
pub(super) async fn stop_leftover(data: &Path) -> Result<(), Error> {
    // In the order of severity; the last one is for a server that is stopped (SIGSTOP) or hangs.
    for (signal, patience) in [(Signal::SIGINT, 20), (Signal::SIGQUIT, 10), (Signal::SIGKILL, 10)] {
        let Some(pid) = server_pid(data).filter(|pid| is_server(*pid, data)) else { break };
        let _ = kill(pid, signal);
        let deadline = Instant::now() + Duration::from_secs(patience);
        while is_server(pid, data) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let is_alive = |pid| kill(pid, None) != Err(Errno::ESRCH);
    if server_pid(data).is_some_and(is_alive) {
        let file = data.join(PID_FILE);
        fs::remove_file(&file).map_err(Error::file(file))?;
    }
    Ok(())
}

/// Whether the server in `data` accepts connections, as it says in the eighth line of its pid file.
pub(super) fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join(PID_FILE)).is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}

/// The server's process id, from the first line of its pid file.
pub(super) fn server_pid(data: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data.join(PID_FILE)).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    // Zero and negative numbers would address whole process groups.
    (pid > 1).then(|| Pid::from_raw(pid))
}

/// Whether the process is the PostgreSQL server of `data`, by its command line. One that has ended and waits to be collected by
/// its parent has none, and is no server.
fn is_server(pid: Pid, data: &Path) -> bool {
    let command = fs::read(format!("/proc/{pid}/cmdline")).map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    let command = command.ok().or_else(|| {
        // macOS has no /proc.
        let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).stdin(Stdio::null()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    });
    command.is_some_and(|command| command.contains("postgres") && command.contains(&*data.to_string_lossy()))
}
