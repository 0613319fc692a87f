//! A promise's test says by itself whether it was kept, so that a table can be made of them without reading the output of tests.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::external::External;

/// The test of a promise while it runs. Its result is a failure until [`Promise::kept`].
#[derive(Debug)]
pub struct Promise {
    test: String,
    file: PathBuf,
    kept: bool,
}

/// Begins the test of a promise: `promise!()` as the first line of a function called `promise_<id>_…`.
#[macro_export]
macro_rules! promise {
    () => {{
        fn here() {}
        $crate::promise::Promise::begin(std::any::type_name_of_val(&here), env!("CARGO_TARGET_TMPDIR"))
    }};
}

impl Promise {
    /// For [`promise!`]: `function` is the path of something inside the test, `tmp` the folder `tmp` of Cargo's target.
    #[must_use]
    pub fn begin(function: &str, tmp: &str) -> Self {
        let test = function.split("::").find(|part| id(part).is_some());
        let test = test.unwrap_or_else(|| panic!("{function} is not called promise_<id>_…")).to_owned();
        let dir = Path::new(tmp).parent().expect("a target folder").join("promises");
        fs::create_dir_all(&dir).expect("the folder of promises");
        let promise = Self { file: dir.join(format!("{test}.json")), test, kept: false };
        promise.write("failed");
        promise
    }

    /// The last line of the test.
    pub fn kept(mut self) {
        self.kept = true;
        self.write("kept");
    }

    /// Ends the test where a tool that it needs is not installed.
    pub fn skipped(mut self, reason: &str) {
        eprintln!("{} skipped: {reason}", self.test);
        self.kept = true;
        self.write("skipped");
    }

    fn write(&self, outcome: &str) {
        let result = json!({
            "id": id(&self.test).unwrap_or_default(),
            "test": self.test,
            "passed": outcome == "kept",
            "outcome": outcome,
            "at": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        });
        fs::write(&self.file, format!("{result:#}\n")).expect("the result of a promise");
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.kept || std::thread::panicking() {
            return;
        }
        // Returning early is right only where another host cannot give what the test needs.
        assert!(External::find().is_some(), "{} ended without saying that the promise is kept", self.test);
        self.write("skipped");
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
}
