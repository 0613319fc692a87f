//! What the catcher can be told to do wrong.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A way for Brevo, or for Stripe, to fail. As JSON: `{"kind": "status", "status": 500}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answers with this status and the service's error body; nothing is done.
    Status {
        /// For example 400, 401, 402, 429 or 500.
        status: u16,
    },
    /// Does what it is asked to, and answers after this long.
    Slow {
        /// Milliseconds.
        ms: u64,
    },
    /// Takes the request and never answers; nothing is done.
    Hang,
}

/// The fault in force, if any, until it is cleared.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Option<Fault>>);

impl Faults {
    /// From now on, until [`clear`](Self::clear).
    pub fn set(&self, fault: Fault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// Behaves again.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn current(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
