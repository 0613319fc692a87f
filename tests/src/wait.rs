//! Waiting for what happens after an answer. Tests never sleep and hope: they look again until a deadline.

use std::time::{Duration, Instant};

/// How long anything may take on a busy machine before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Looks with `attempt` until it finds something, for up to [`PATIENCE`].
///
/// # Panics
/// It was not found; `what` says what was awaited.
pub async fn until<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
