//! The results of promises' tests, so that `asknpic promises` can make a table of them without reading the output of tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::json;

/// What became of a promise's test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Kept,
    /// It failed, or was ended before it was through.
    Failed,
    /// It could not be run here.
    Skipped,
}

/// Writes the result of a test into the folder of promises.
pub(crate) fn write(folder: &Path, test: &str, outcome: Outcome) {
    let result = json!({
        "id": id(test).unwrap_or_else(|| panic!("{test} is not called promise_<id>_…")),
        "test": test,
        "passed": outcome == Outcome::Kept,
        "outcome": match outcome {
            Outcome::Kept => "kept",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
        },
        "at": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    fs::create_dir_all(folder).expect("the folder of promises");
    fs::write(folder.join(format!("{test}.json")), format!("{result:#}\n")).expect("the result of a promise");
}

/// Removes the results of tests that are there no more: they would stay for ever.
pub(crate) fn forget_others(folder: &Path, tests: &BTreeSet<&str>) {
    for result in fs::read_dir(folder).into_iter().flatten() {
        let path = result.expect("an entry of the folder").path();
        if !path.file_stem().and_then(|name| name.to_str()).is_some_and(|name| tests.contains(name)) {
            fs::remove_file(&path).expect("an old result is removed");
        }
    }
}

/// The promise that a function's name is about: `a02` of `promise_a02_…`.
#[must_use]
pub fn id(function: &str) -> Option<&str> {
    let rest = function.strip_prefix("promise_")?;
    let (id, title) = rest.split_once('_')?;
    let (letter, number) = id.split_at_checked(1)?;
    let sound = ["a", "b", "c"].contains(&letter) && number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit());
    (sound && !title.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_names() {
        assert_eq!(id("promise_a02_a_sign_up_keeps_what_it_says"), Some("a02"));
        for other in ["promise_a2_x", "promise_d02_x", "promise_a02", "promise_a02_", "a02_x", "promise_"] {
            assert_eq!(id(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_last_result_of_a_test_that_is_there_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        for outcome in [Outcome::Failed, Outcome::Skipped, Outcome::Kept] {
            write(folder.path(), "promise_a02_here", outcome);
        }
        write(folder.path(), "promise_a03_renamed", Outcome::Kept);
        forget_others(folder.path(), &BTreeSet::from(["promise_a02_here"]));
        let files: Vec<_> =
            fs::read_dir(folder.path()).expect("it is there").map(|entry| entry.expect("an entry").path()).collect();
        assert_eq!(files, [folder.path().join("promise_a02_here.json")]);
        let result: serde_json::Value = serde_json::from_slice(&fs::read(&files[0]).expect("is read")).expect("JSON");
        assert_eq!((&result["id"], &result["passed"], &result["outcome"]), (&json!("a02"), &json!(true), &json!("kept")));
    }
}
