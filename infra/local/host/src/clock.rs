//! The wall clock that components see. Tests move it; the monotonic clock stays real, so timeouts keep their length.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use wasmtime_wasi::HostWallClock;

/// A handle on the wall clock of a host: real time plus an offset. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds ahead of real time.
    offset: Arc<AtomicU64>,
    /// Milliseconds since 1970 at which real time counts as standing still; 0 while it runs.
    frozen: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that shows real time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock on (to the millisecond); the next reading in any component shows it.
    pub fn advance(&self, by: Duration) {
        self.offset.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Sets how far the clock is ahead of real time (to the millisecond); zero is real time.
    pub fn set_offset(&self, ahead: Duration) {
        self.offset.store(millis(ahead), Ordering::SeqCst);
    }

    /// Stops it where it is: from now on it moves only as far as it is moved, however long anything takes.
    pub fn freeze(&self) {
        let real = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.frozen.store(millis(real), Ordering::SeqCst);
    }

    /// The time that components see.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let real = match self.frozen.load(Ordering::SeqCst) {
            0 => SystemTime::now(),
            at => SystemTime::UNIX_EPOCH + Duration::from_millis(at),
        };
        real + Duration::from_millis(self.offset.load(Ordering::SeqCst))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Clock::now(self).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_as_far_as_it_is_moved() {
        let clock = Clock::new();
        clock.freeze();
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(clock.now(), before);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), before + Duration::from_secs(1));
    }

    #[test]
    fn clones_share_the_offset() {
        let clock = Clock::new();
        let other = clock.clone();
        clock.advance(Duration::from_hours(24));
        clock.advance(Duration::from_hours(24));
        let ahead = other.now().duration_since(SystemTime::now()).unwrap_or_default();
        assert!(ahead > Duration::from_hours(47) && ahead <= Duration::from_hours(48), "{ahead:?}");
        other.set_offset(Duration::ZERO);
        assert!(Clock::now(&clock) <= SystemTime::now());
    }
}
