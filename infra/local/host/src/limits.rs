//! What an instance may use, and the watch over it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use wasmtime::{ResourceLimiter, UpdateDeadline};

/// How often a computing instance is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The limits of every instance of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory, all memories of a composed component together.
    pub memory: usize,
    /// How long an instance may compute without once waiting for something; then it traps.
    pub cpu: Duration,
    /// How long a request may take until its response begins; then it is answered 500 and its instance ends.
    pub request: Duration,
    /// How long an instance may go on after its last response has begun (the body, spawned tasks).
    pub background: Duration,
    /// How many requests an instance serves before a new one takes over.
    pub requests_per_instance: usize,
    /// How many of them at the same time.
    pub concurrent_requests: usize,
    /// How long an instance is kept without work.
    pub idle: Duration,
}

impl Default for Limits {
    /// Spin's defaults for instances (128 requests, 16 at once, 1 s idle), and limits that Spin leaves to its operator:
    /// 256 MiB, 10 s of computing, 120 s for a request, 15 minutes after it.
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            cpu: Duration::from_secs(10),
            request: Duration::from_mins(2),
            background: Duration::from_mins(15),
            requests_per_instance: 128,
            concurrent_requests: 16,
            idle: Duration::from_secs(1),
        }
    }
}

/// Refuses memory above the limit; the guest sees a failed allocation.
pub(crate) struct MemoryLimiter {
    component: String,
    limit: usize,
    used: usize,
}

impl MemoryLimiter {
    pub(crate) fn new(component: &str, limit: usize) -> Self {
        Self { component: component.to_owned(), limit, used: 0 }
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used + desired.saturating_sub(current);
        let allowed = used <= self.limit;
        if allowed {
            self.used = used;
        } else {
            tracing::warn!(component = self.component, limit = self.limit, "the instance has reached its memory limit");
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// Measures how long an instance computes without waiting. Shared between the instance, which reports ticks while it computes,
/// and its worker, which reports when it has stopped to wait.
#[derive(Default)]
pub(crate) struct Watch {
    /// Ticks of the present stretch of computing.
    ticks: AtomicU32,
    /// The last stop was only a pause to let others run.
    paused: AtomicBool,
    /// The instance must end as by a trap.
    condemned: AtomicBool,
    /// One of its requests was not answered in time.
    overdue: AtomicBool,
}

impl Watch {
    /// Called when computing has crossed a tick. The first tick after a wait is only the edge that time has passed meanwhile;
    /// each further one is a tick of real computing, after which other instances get their turn.
    pub(crate) fn tick(&self, limit: Duration) -> wasmtime::Result<UpdateDeadline> {
        let ticks = self.ticks.fetch_add(1, Ordering::Relaxed);
        if ticks == 0 {
            return Ok(UpdateDeadline::Continue(1));
        }
        if TICK * ticks > limit {
            return Err(wasmtime::format_err!("the instance computed for more than {limit:?} without a pause"));
        }
        self.paused.store(true, Ordering::Relaxed);
        Ok(UpdateDeadline::Yield(1))
    }

    /// Called when the instance has given up its thread: to wait for something, unless it was a pause by [`Watch::tick`].
    pub(crate) fn stopped(&self) {
        if !self.paused.swap(false, Ordering::Relaxed) {
            self.ticks.store(0, Ordering::Relaxed);
        }
    }

    /// Ends the instance as a trap would, as soon as it stops to wait.
    pub(crate) fn condemn(&self) {
        self.condemned.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_condemned(&self) -> bool {
        self.condemned.load(Ordering::Relaxed)
    }

    /// Notes that a request was not answered in time.
    pub(crate) fn overdue(&self) {
        self.overdue.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Relaxed)
    }
}

/// Lets the engine's epoch advance for as long as the process lives, from a thread of its own.
pub(crate) fn start_ticking(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new().name("epoch".to_owned()).spawn(tick).map(drop)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use super::*;

    #[test]
    fn memory_is_counted_over_all_memories() {
        let mut limiter = MemoryLimiter::new("c", 100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 41, None).unwrap());
        assert!(limiter.memory_growing(60, 100, None).unwrap());
        assert!(!limiter.memory_growing(100, 101, None).unwrap());
    }

    #[test]
    fn only_an_unbroken_stretch_of_computing_is_counted() {
        let limit = TICK * 5;
        let watch = Watch::default();
        for _ in 0..100 {
            assert!(matches!(watch.tick(limit).unwrap(), UpdateDeadline::Continue(1)));
            assert!(matches!(watch.tick(limit).unwrap(), UpdateDeadline::Yield(1)));
            watch.stopped(); // by the pause: the stretch goes on
            assert!(matches!(watch.tick(limit).unwrap(), UpdateDeadline::Yield(1)));
            watch.stopped();
            watch.stopped(); // this time it waits
        }
        let ticks = (0..).take_while(|_| watch.tick(limit).is_ok()).take(100).count();
        assert_eq!(ticks, 6);
    }
}
