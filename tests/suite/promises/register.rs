//! The list of promises and the names of tests are held to each other. That each of them ran and passed, the harness asks at
//! the end of a run (`e2e::register`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use e2e::promise;
use e2e::register::{FINISHED, PARTS, entries, unproved};
use e2e::world::root;

/// Every Rust source below a folder, with its text.
fn sources_below(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        sources_below(&root().join(folder), &mut found);
    }
    found
}

#[e2e::test]
fn every_promise_of_a_finished_part_has_a_test_and_no_test_an_unknown_promise() {
    let register = entries();
    let ids: BTreeSet<_> = register.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(ids.len(), register.len(), "an id occurs twice");
    for entry in &register {
        assert!(PARTS.contains(&entry.when.as_str()), "{}: {}", entry.id, entry.when);
        assert!(entry.text.ends_with('.'), "{}", entry.id);
    }
    // Wherever a test is named after a promise, there is such a promise.
    for (path, text) in sources(&["components", "infra", "tests"]) {
        for line in text.lines() {
            let line = line.trim_start().trim_start_matches("async ");
            if let Some((rest, _)) = line.strip_prefix("fn promise_").and_then(|rest| rest.split_once('(')) {
                let name = format!("promise_{rest}");
                assert!(promise::id(&name).is_some_and(|id| ids.contains(id)), "{path}: {name} names no promise");
            }
        }
    }
    let here: BTreeSet<_> = e2e::harness::cases().filter(|case| case.ignored.is_none()).map(|case| case.name).collect();
    assert_eq!(unproved(&here), [""; 0], "no test on the running components");
    let mut count: BTreeMap<_, usize> = BTreeMap::new();
    for entry in &register {
        *count.entry(entry.when.as_str()).or_default() += 1;
    }
    assert_eq!(FINISHED.map(|part| count[part]), [15, 4, 7, 7, 8, 6, 14]);
}

#[e2e::test]
fn every_test_is_run_by_the_harness_and_none_ends_early_as_if_it_had_passed() {
    // The compiler leaves out what is marked for libtest, without a word. (In two pieces, so that this file is none of those found.)
    let marks = ["test]", "tokio::test", "test_log::test"].map(|mark| format!("#[{mark}"));
    for (path, text) in sources(&["tests/suite"]) {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{path}: {mark} is not run here; a test of the suite is marked #[e2e::test]");
        }
        // Whoever cannot run says so by `e2e::harness::ignore`.
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let early = line.starts_with("let Some(") && line.ends_with("else { return };") && line.contains("start()");
            assert!(!early && !line.contains(concat!("skipped", ": ")), "{path}:{}: ends early, and counts as passed", at + 1);
        }
    }
    let names: Vec<_> = e2e::harness::cases().map(e2e::harness::Case::path).collect();
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "two tests have one name");
    assert!(names.len() >= 300, "{} tests are registered", names.len());
}
