//! Where the components' own output goes: their stdout and stderr, byte for byte; in files for [`KEPT`].

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::DateTime;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};

use crate::clock::Clock;

/// How long a line of a log is kept (promise a20).
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// How often files are looked through for lines that are older.
const PRUNED_EACH: Duration = Duration::from_hours(1);

/// Removes the lines of a log file that were written before a time, in place, so that whoever has it open goes on writing to it.
/// How many bytes are gone.
///
/// A component's line has its time as `at`; one without, such as a runtime's own, is as old as the line before it, and a file of
/// only such lines as old as its last change. What a process that has the file open writes in the microseconds between reading
/// and shortening it is lost.
///
/// # Errors
/// The file cannot be read or written.
pub fn prune(path: &Path, before: SystemTime) -> std::io::Result<u64> {
    let mut reader = BufReader::new(OpenOptions::new().read(true).write(true).open(path)?);
    let (mut old, mut line, mut timed) = (0, Vec::new(), false);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        match time_of(&line) {
            _ if read == 0 => break,
            Some(at) if at >= before => break,
            at => timed |= at.is_some(),
        }
        old += read as u64;
    }
    let mut file = reader.into_inner();
    if old == 0 || (!timed && file.metadata()?.modified()? >= before) {
        return Ok(0);
    }
    let mut rest = Vec::new();
    file.seek(SeekFrom::Start(old))?;
    file.read_to_end(&mut rest)?;
    file.set_len(0)?;
    OpenOptions::new().append(true).open(path)?.write_all(&rest)?;
    Ok(old)
}

/// When a component wrote a line.
fn time_of(line: &[u8]) -> Option<SystemTime> {
    let line: serde_json::Value = serde_json::from_slice(line).ok()?;
    DateTime::parse_from_rfc3339(line.get("at")?.as_str()?).ok().map(SystemTime::from)
}

/// Where the output of the components goes.
#[derive(Clone, Debug, Default)]
pub enum LogSink {
    /// Nowhere.
    #[default]
    Discard,
    /// To `<dir>/<component>_stdout.txt` and `<dir>/<component>_stderr.txt`, as Spin's `.spin/logs`; what is there stays for
    /// [`KEPT`]. Readable by the owner only.
    Files {
        /// Created if it is not there.
        dir: PathBuf,
        /// Also to the stderr of the host, each line after the component's id.
        follow: bool,
    },
    /// Into memory, for tests.
    Memory(MemoryLog),
}

/// What components have written, in memory. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog {
    written: Arc<Mutex<Vec<Written>>>,
}

/// What one write of a component brought.
#[derive(Debug)]
struct Written {
    component: String,
    bytes: Vec<u8>,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All that one component has written to stdout and stderr, in order.
    #[must_use]
    pub fn text(&self, component: &str) -> String {
        self.collect(|id| id == component)
    }

    /// All that all components have written, in order.
    #[must_use]
    pub fn all(&self) -> String {
        self.collect(|_| true)
    }

    fn collect(&self, wanted: impl Fn(&str) -> bool) -> String {
        let written = lock(&self.written);
        let bytes: Vec<u8> =
            written.iter().filter(|one| wanted(&one.component)).flat_map(|one| one.bytes.iter().copied()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Nothing that holds one of this module's locks can leave its data half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The open outputs of a host's components.
#[derive(Default)]
pub(crate) struct Outputs(BTreeMap<String, [Output; 2]>);

impl Outputs {
    /// Opens stdout and stderr of every component.
    pub(crate) fn open<'a>(
        sink: &LogSink,
        clock: &Clock,
        components: impl Iterator<Item = &'a str>,
    ) -> Result<Self, (PathBuf, std::io::Error)> {
        let pruner = Pruner { clock: clock.clone(), files: Mutex::default(), due: Mutex::new(SystemTime::UNIX_EPOCH) };
        let pruner = Arc::new(pruner);
        let open = |component: &str| -> Result<[Output; 2], (PathBuf, std::io::Error)> {
            Ok([Output::open(sink, &pruner, component, "stdout")?, Output::open(sink, &pruner, component, "stderr")?])
        };
        let outputs = components.map(|id| Ok((id.to_owned(), open(id)?))).collect::<Result<_, _>>().map(Self)?;
        pruner.run();
        Ok(outputs)
    }

    /// Stdout and stderr of a component.
    pub(crate) fn of(&self, component: &str) -> [Output; 2] {
        self.0.get(component).cloned().unwrap_or_default()
    }
}

/// One of the outputs of a component; all its instances share it.
#[derive(Clone, Default)]
pub(crate) struct Output(Option<Arc<Mutex<Writer>>>);

/// Keeps the files of all components of a host short, when one of them is written to.
struct Pruner {
    clock: Clock,
    /// Each with the lock that is held while it is written to. Weak: a writer has its pruner.
    files: Mutex<Vec<(PathBuf, Weak<Mutex<Writer>>)>>,
    /// When to look again, by the clock that the components see.
    due: Mutex<SystemTime>,
}

impl Pruner {
    /// Looks through the files if it is time to. Nobody who calls it holds a writer's lock.
    fn run(&self) {
        // Whoever finds another at it goes on.
        let Ok(mut due) = self.due.try_lock() else { return };
        let now = self.clock.now();
        if now < *due {
            return;
        }
        *due = now + PRUNED_EACH;
        for (path, writer) in lock(&self.files).iter() {
            let Some(writer) = writer.upgrade() else { continue };
            let _writing = lock(&writer);
            // A file that cannot be shortened is no reason to stop a component.
            if let Err(error) = prune(path, now - KEPT) {
                let _ = writeln!(std::io::stderr().lock(), "{}: old lines stay: {error}", path.display());
            }
        }
    }
}

enum Writer {
    File { file: File, follow: Option<Follow>, pruner: Arc<Pruner> },
    Memory { component: String, log: MemoryLog },
}

/// Passes whole lines on to the host's stderr.
struct Follow {
    component: String,
    line: Vec<u8>,
}

impl Follow {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                // A closed stderr must not stop a component.
                let _ = write!(std::io::stderr().lock(), "[{}] {}", self.component, String::from_utf8_lossy(&self.line));
                self.line.clear();
            }
        }
    }
}

impl Output {
    fn open(sink: &LogSink, pruner: &Arc<Pruner>, component: &str, stream: &str) -> Result<Self, (PathBuf, std::io::Error)> {
        match sink {
            LogSink::Discard => Ok(Self(None)),
            LogSink::Memory(log) => {
                Ok(Self(Some(Arc::new(Mutex::new(Writer::Memory { component: component.to_owned(), log: log.clone() })))))
            }
            LogSink::Files { dir, follow } => {
                let path = dir.join(format!("{component}_{stream}.txt"));
                let mut options = OpenOptions::new();
                // What a component says in a panic may hold anything.
                options.create(true).append(true).mode(0o600);
                let file = DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(dir)
                    .and_then(|()| options.open(&path))
                    .map_err(|error| (path.clone(), error))?;
                let follow = follow.then(|| Follow { component: component.to_owned(), line: Vec::new() });
                let writer = Arc::new(Mutex::new(Writer::File { file, follow, pruner: Arc::clone(pruner) }));
                lock(&pruner.files).push((path, Arc::downgrade(&writer)));
                Ok(Self(Some(writer)))
            }
        }
    }

    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        let Some(writer) = &self.0 else { return Ok(()) };
        let pruner = match &*lock(writer) {
            Writer::File { pruner, .. } => Some(Arc::clone(pruner)),
            Writer::Memory { .. } => None,
        };
        if let Some(pruner) = pruner {
            pruner.run();
        }
        match &mut *lock(writer) {
            Writer::Memory { component, log } => {
                lock(&log.written).push(Written { component: component.clone(), bytes: bytes.to_vec() });
            }
            Writer::File { file, follow, .. } => {
                file.write_all(bytes)?;
                if let Some(follow) = follow {
                    follow.write(bytes);
                }
            }
        }
        Ok(())
    }
}

// Written at once rather than through a task: what a component says just before it traps must not be lost.
impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        Output::write(self, &bytes).map_err(|error| StreamError::LastOperationFailed(error.into()))
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(64 * 1024)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Output::write(&self, bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
