//! What a person sees while things start.

use std::io::Write as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// One step of several: a spinner with what happens while it runs, then a line that says what was done and how long it took.
/// Where nobody watches (a log, a pipe), only that line.
pub(crate) struct Step {
    bar: ProgressBar,
    started: Instant,
}

impl Step {
    pub(crate) fn start(what: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, started: Instant::now() }
    }

    /// What happens now.
    pub(crate) fn say(&self, what: String) {
        self.bar.set_message(what);
    }

    /// What was done.
    pub(crate) fn done(&self, what: &str) {
        self.bar.finish_and_clear();
        // A terminal that is gone makes no difference to what was done.
        let _ = print(&format!("  ✓ {what} ({})\n", seconds(self.started.elapsed())));
    }
}

/// Prints a result. A reader that has had enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// `0.4 s`
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// With two decimals at most: `96.25`, `118`.
pub(crate) fn number(value: f64) -> String {
    let rounded = format!("{value:.2}");
    rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `812 KB`, in thousands of bytes.
pub(crate) fn kilobytes(bytes: u64) -> String {
    format!("{} KB", bytes.div_ceil(1_000))
}
