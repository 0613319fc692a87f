//! What was done when, for the owner's export and the auditor (promise a73): names of steps, milliseconds and numbers, never content.

use jiff::Timestamp;
use serde::Serialize;

/// One step that has ended.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Step {
    #[serde(rename = "step")]
    name: &'static str,
    /// Milliseconds since the admission.
    ms: i64,
    /// What the step counted: tokens, findings, the place in the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
}

/// The steps of a generation so far.
#[derive(Debug)]
pub(crate) struct Trace {
    started: Timestamp,
    steps: Vec<Step>,
}

impl Trace {
    pub(crate) fn begin(started: Timestamp) -> Self {
        Self { started, steps: Vec::new() }
    }

    /// A step has ended now.
    pub(crate) fn done(&mut self, step: &'static str, count: Option<i64>) {
        let ms = web::now().as_millisecond().saturating_sub(self.started.as_millisecond());
        self.steps.push(Step { name: step, ms, count });
    }

    /// As a JSON array.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.steps).unwrap_or_else(|_| b"[]".to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_names_and_numbers() {
        let mut trace = Trace::begin(web::now());
        trace.done("admitted", Some(0));
        trace.done("briefed", None);
        let steps: serde_json::Value = serde_json::from_slice(&trace.to_json()).expect("JSON");
        assert_eq!((&steps[0]["step"], &steps[0]["count"]), (&"admitted".into(), &0.into()));
        assert!(steps[1]["ms"].is_i64() && steps[1].get("count").is_none());
    }
}
