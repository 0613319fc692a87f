//! The list of promises and the names of tests are held to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use e2e::promise;
use e2e::world::root;
use serde::Deserialize;

#[derive(Deserialize)]
struct Register {
    promise: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    when: String,
    text: String,
}

const PARTS: [&str; 10] =
    ["core", "visual", "identity", "generate", "rights", "billing", "lifecycle", "team", "studio", "deploy"];

/// The parts whose promises all have their tests on the running components.
const FINISHED: [&str; 4] = ["core", "visual", "generate", "rights"];

fn register() -> Vec<Entry> {
    let text = fs::read_to_string(root().join("tests/promises.toml")).unwrap();
    toml::from_str::<Register>(&text).unwrap().promise
}

/// The functions called `promise_…` of all sources below a folder, by the id in their name.
fn tests_below(folder: &Path, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| {
                let line = line.trim_start().trim_start_matches("async ");
                line.strip_prefix("fn promise_")?.split_once('(')
            });
            for (rest, _) in names {
                let name = format!("promise_{rest}");
                let id = promise::id(&name).unwrap_or_else(|| panic!("{}: {name} names no promise", path.display()));
                found.entry(id.to_owned()).or_default().insert(name);
            }
        }
    }
}

#[test]
fn every_promise_of_a_finished_part_has_a_test_and_no_test_an_unknown_promise() {
    let register = register();
    let ids: BTreeSet<_> = register.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(ids.len(), register.len(), "an id occurs twice");
    for entry in &register {
        assert!(PARTS.contains(&entry.when.as_str()), "{}: {}", entry.id, entry.when);
        assert!(entry.text.ends_with('.'), "{}", entry.id);
    }
    let mut here: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut everywhere = BTreeMap::new();
    tests_below(&root().join("tests/suite"), &mut here);
    for folder in ["components", "infra", "tests/suite"] {
        tests_below(&root().join(folder), &mut everywhere);
    }
    // Results of tests that were renamed would stay for ever.
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("promises");
    for result in fs::read_dir(results).into_iter().flatten() {
        let path = result.unwrap().path();
        let is_there = |name: &str| here.values().any(|names| names.contains(name));
        if !path.file_stem().and_then(|name| name.to_str()).is_some_and(is_there) {
            fs::remove_file(&path).unwrap();
        }
    }
    let unknown: Vec<_> = everywhere.iter().filter(|(id, _)| !ids.contains(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let of =
        |part: &str| register.iter().filter(|entry| entry.when == part).map(|entry| entry.id.clone()).collect::<BTreeSet<_>>();
    let finished: BTreeSet<_> = FINISHED.into_iter().flat_map(of).collect();
    let missing: Vec<_> = finished.iter().filter(|id| !here.contains_key(*id)).collect();
    assert!(missing.is_empty(), "no test on the running components: {missing:?}");
    assert_eq!(FINISHED.map(|part| of(part).len()), [15, 4, 7, 8]);
}
