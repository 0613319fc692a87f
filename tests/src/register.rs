//! The list of promises (`tests/promises.toml`), and which of them have to be proved by now.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::promise;
use crate::world::root;

/// The parts of the work that bring promises.
pub const PARTS: [&str; 10] =
    ["core", "visual", "identity", "generate", "rights", "billing", "lifecycle", "team", "studio", "deploy"];

/// Those whose promises all have their tests on the running components.
pub const FINISHED: [&str; 7] = ["core", "visual", "identity", "generate", "rights", "billing", "lifecycle"];

/// A promise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Such as `a62`.
    pub id: String,
    /// One of [`PARTS`].
    pub when: String,
    /// What is promised, in a sentence.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    promise: Vec<Entry>,
}

/// Every promise, in the file's order.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let text = fs::read_to_string(root().join("tests/promises.toml")).expect("tests/promises.toml");
    toml::from_str::<Register>(&text).unwrap_or_else(|error| panic!("tests/promises.toml: {error}")).promise
}

/// The promises of finished parts that none of these tests is named after.
#[must_use]
pub fn unproved(passed: &BTreeSet<&str>) -> Vec<String> {
    let proved: BTreeSet<_> = passed.iter().filter_map(|test| promise::id(test)).collect();
    let due = entries().into_iter().filter(|entry| FINISHED.contains(&entry.when.as_str()));
    due.map(|entry| entry.id).filter(|id| !proved.contains(id.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_of_a_finished_part_is_missed_unless_a_test_of_its_name_passed() {
        let all: Vec<_> = entries().into_iter().map(|entry| format!("promise_{}_x", entry.id)).collect();
        let passed: BTreeSet<_> = all.iter().map(String::as_str).collect();
        assert_eq!(unproved(&passed), [""; 0]);
        let due = entries().iter().filter(|entry| FINISHED.contains(&entry.when.as_str())).count();
        assert_eq!(unproved(&BTreeSet::new()).len(), due);
        let without: BTreeSet<_> =
            passed.iter().copied().filter(|test| !test.contains("_a65_") && !test.contains("_c01_")).collect();
        assert_eq!(unproved(&without), ["a65"], "c01 belongs to a part that is not finished");
    }
}
