//! `asknpic promises`: the promise table: what is promised, which tests hold it, and what became of them in the last run.
//!
//! A test called `promise_<id>_…` writes its result to `target/promises/<test>.json` (`tests/src/promise.rs`).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::report::{Format, escape, page};
use crate::ui::print;

/// Prints every promise, its tests, and whether they passed in the last run
#[derive(Args, Debug)]
pub(crate) struct Promises {
    /// In which form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The list of promises
    #[arg(long, value_name = "FILE", default_value = "tests/promises.toml")]
    list: PathBuf,
    /// The folder with the results of the last run
    #[arg(long, value_name = "DIR", default_value = "target/promises")]
    results: PathBuf,
}

impl Promises {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let promises = read(&self.list, &self.results)?;
        let text = match self.format {
            Format::Text => to_text(&promises),
            Format::Json => {
                let states = promises.iter().map(|promise| {
                    let mut value = serde_json::to_value(promise)?;
                    value["state"] = promise.state().into();
                    Ok(value)
                });
                serde_json::to_string_pretty(&states.collect::<anyhow::Result<Vec<_>>>()?)? + "\n"
            }
            Format::Html => to_html(&promises),
        };
        Ok(print(&text)?)
    }
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The list of promises.
    #[error("{path}: {message}")]
    List {
        /// Where it should be.
        path: String,
        /// What is wrong with it.
        message: String,
    },
}

/// One promise with its tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// Such as `a62`.
    pub id: String,
    /// The part of the work that brings it.
    pub when: String,
    /// What is promised.
    pub text: String,
    /// Its tests in the last run, by name.
    pub tests: Vec<Test>,
}

/// A test's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// The promise it is about.
    pub id: String,
    /// Its name.
    pub test: String,
    /// Whether it passed.
    pub passed: bool,
    /// `kept`, `failed` or `skipped`.
    pub outcome: String,
    /// When it ended, RFC 3339.
    pub at: String,
}

impl Promise {
    /// Kept: it has tests, and all of them passed in their last run.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.tests.as_slice() {
            [] => "no test",
            tests if tests.iter().all(|test| test.passed) => "kept",
            tests if tests.iter().any(|test| test.outcome == "failed") => "failed",
            _ => "skipped",
        }
    }
}

/// Reads the list of promises and the results of the last run.
///
/// # Errors
/// [`Error::List`]. A result that cannot be read counts as none.
pub fn read(list: &Path, results: &Path) -> Result<Vec<Promise>, Error> {
    let error = |message: String| Error::List { path: list.display().to_string(), message };
    let text = fs::read_to_string(list).map_err(|source| error(source.to_string()))?;
    let document: toml_edit::DocumentMut = text.parse().map_err(|source: toml_edit::TomlError| error(source.to_string()))?;
    let entries = document.get("promise").and_then(toml_edit::Item::as_array_of_tables);
    let entries = entries.ok_or_else(|| error("it has no [[promise]]".to_owned()))?;
    let mut tests: Vec<Test> = fs::read_dir(results)
        .into_iter()
        .flatten()
        .filter_map(|entry| serde_json::from_slice(&fs::read(entry.ok()?.path()).ok()?).ok())
        .collect();
    tests.sort_by(|one, other| one.test.cmp(&other.test));
    entries
        .iter()
        .map(|entry| {
            let field = |name: &str| {
                let value = entry.get(name).and_then(toml_edit::Item::as_str).map(str::to_owned);
                value.ok_or_else(|| error(format!("a promise without {name}")))
            };
            let (id, when, text) = (field("id")?, field("when")?, field("text")?);
            let tests = tests.iter().filter(|test| test.id == id).cloned().collect();
            Ok(Promise { id, when, text, tests })
        })
        .collect()
}

/// As text, for a terminal.
#[must_use]
pub fn to_text(promises: &[Promise]) -> String {
    let mut text = String::new();
    for promise in promises {
        let _ = writeln!(text, "{}  {:<8} {:<10} {}", promise.id, promise.state(), promise.when, promise.text);
        for test in &promise.tests {
            let _ = writeln!(text, "       {:<8} {} ({})", test.outcome, test.test, test.at);
        }
    }
    let kept = promises.iter().filter(|promise| promise.state() == "kept").count();
    let _ = writeln!(text, "{kept} of {} promises were kept in the last run", promises.len());
    text
}

/// As a page that needs nothing else.
#[must_use]
pub fn to_html(promises: &[Promise]) -> String {
    let mut body = String::from("<table><tr><th>Promise<th>State<th>Part<th>What is promised, and the tests that hold it</tr>\n");
    for promise in promises {
        let class = if promise.tests.is_empty() { "none" } else { promise.state() };
        let _ = write!(
            body,
            "<tr><td>{}<td class=\"{}\">{}<td>{}<td>{}",
            escape(&promise.id),
            escape(class),
            promise.state(),
            escape(&promise.when),
            escape(&promise.text)
        );
        for test in &promise.tests {
            let _ = write!(body, "<br><code>{}</code> {} {}", escape(&test.test), escape(&test.outcome), escape(&test.at));
        }
        body.push_str("</tr>\n");
    }
    page("Promises, and whether they are kept", &(body + "</table>\n"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_promise_is_kept_when_all_its_tests_passed() {
        let dir = tempfile::tempdir().unwrap();
        let (list, results) = (dir.path().join("promises.toml"), dir.path().join("promises"));
        let entry = |id: &str| format!("[[promise]]\nid = \"{id}\"\nwhen = \"core\"\ntext = \"Of <{id}>.\"\n");
        fs::write(&list, ["a01", "a02", "a03", "a04"].map(entry).concat()).unwrap();
        fs::create_dir(&results).unwrap();
        let result = |id: &str, name: &str, outcome: &str| {
            let test = Test {
                id: id.to_owned(),
                test: format!("promise_{id}_{name}"),
                passed: outcome == "kept",
                outcome: outcome.to_owned(),
                at: "2026-11-21T08:00:00Z".to_owned(),
            };
            fs::write(results.join(format!("{}.json", test.test)), serde_json::to_string(&test).unwrap()).unwrap();
        };
        result("a01", "x", "kept");
        result("a01", "y", "kept");
        result("a02", "x", "kept");
        result("a02", "y", "failed");
        result("a03", "x", "skipped");
        fs::write(results.join("broken.json"), "{").unwrap();
        let promises = read(&list, &results).unwrap();
        let states: Vec<_> = promises.iter().map(Promise::state).collect();
        assert_eq!(states, ["kept", "failed", "skipped", "no test"]);
        let text = to_text(&promises);
        assert!(text.contains("promise_a02_y") && text.ends_with("1 of 4 promises were kept in the last run\n"), "{text}");
        let html = to_html(&promises);
        assert!(html.contains("Of &lt;a01&gt;.") && html.contains("class=\"none\">no test"), "{html}");
        assert!(matches!(read(&dir.path().join("none.toml"), &results), Err(Error::List { .. })));
    }
}
