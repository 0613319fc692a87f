//! Bad outputs of models, one for each way to fail, with the verdict that each must get. The first line of a file says it:
//! `accepted:` with codes of corrections that must be among those made, or `rejected:` with the code of the first finding; what the
//! model wrote comes after an empty line.

use std::{fs, path::Path};

use parametric::{Format, Verdict, check};

use crate::support::{accepted, draw};

/// Name, expectation, output.
pub(crate) fn corpus() -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = fs::read_dir(folder).expect("the corpus");
    let mut all: Vec<_> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let text = fs::read_to_string(&path).expect("text");
            let (expectation, output) = text.split_once("\n\n").expect("an expectation and an output");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, expectation.to_owned(), output.strip_suffix('\n').unwrap_or(output).to_owned())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn every_bad_output_gets_its_verdict() {
    let all = corpus();
    assert!(all.len() >= 60, "{}", all.len());
    let mut wrong = Vec::new();
    for (name, expectation, output) in all {
        let (verdict, codes) = expectation.split_once(':').expect("a verdict");
        let codes: Vec<&str> = codes.split_whitespace().collect();
        match check(&output) {
            Verdict::Accepted { file, corrections, complexity } => {
                let made: Vec<&str> = corrections.iter().map(|correction| correction.code).collect();
                let right = verdict == "accepted" && codes.iter().all(|code| made.contains(code));
                // What needs nothing gets nothing.
                if !right || (codes.is_empty() && name.contains("good") && !made.is_empty()) || complexity > 100 {
                    wrong.push(format!("{name}: {expectation}, but accepted with {corrections:?}"));
                }
                let (again, more) = accepted(&file);
                if again != file || !more.is_empty() {
                    wrong.push(format!("{name}: checked again it is corrected again: {more:?}"));
                }
                if draw(&file, &[], Format::Svg, None).is_err() {
                    wrong.push(format!("{name}: accepted, but not drawn"));
                }
            }
            Verdict::Rejected(findings) => {
                let right = verdict == "rejected" && findings.first().map(|finding| finding.code) == codes.first().copied();
                if !right {
                    wrong.push(format!("{name}: {expectation}, but rejected with {findings:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words that paths are made of.
fn words() -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../schema/parametric-1.json")).expect("JSON");
    let mut words = Vec::new();
    collect(&schema, &mut words);
    words
}

fn collect(json: &serde_json::Value, words: &mut Vec<String>) {
    match json {
        serde_json::Value::Object(object) => {
            if let Some(properties) = object.get("properties").and_then(serde_json::Value::as_object) {
                words.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| collect(value, words));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|value| collect(value, words)),
        _ => {}
    }
}

#[test]
fn promise_a14_paths_are_schema_words_and_positions_and_messages_are_fixed() {
    let words = words();
    let code = |code: &str| code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    for (name, _, output) in corpus() {
        let paths: Vec<String> = match check(&output) {
            Verdict::Accepted { corrections, .. } => corrections
                .into_iter()
                .map(|correction| {
                    assert!(code(correction.code) && correction.numbers.iter().all(|number| number.is_finite()), "{name}");
                    correction.path
                })
                .collect(),
            Verdict::Rejected(findings) => findings
                .into_iter()
                .map(|finding| {
                    assert!(code(finding.code) && finding.message.ends_with('.'), "{name}");
                    finding.path
                })
                .collect(),
        };
        for path in paths {
            for part in path.split('/').skip(1) {
                assert!(part.parse::<usize>().is_ok() || words.iter().any(|word| word == part), "{name}: {path}");
            }
        }
    }
}

#[test]
fn every_code_of_a_correction_is_documented_and_in_the_corpus() {
    let format = include_str!("../../FORMAT.md");
    let mut seen: Vec<&'static str> = Vec::new();
    for (_, _, output) in corpus() {
        let Verdict::Accepted { corrections, .. } = check(&output) else { continue };
        seen.extend(corrections.iter().map(|correction| correction.code));
    }
    seen.sort_unstable();
    seen.dedup();
    for code in &seen {
        assert!(format.contains(&format!("`{code}`")), "{code} is not in FORMAT.md");
    }
    let table = format.split_once("## What it corrects").expect("the table").1;
    let documented = table.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    let all = documented.flat_map(|cell| cell.split('`').filter(|word| word.contains(char::is_alphabetic)));
    let missing: Vec<&str> = all.filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "nothing in the corpus brings {missing:?}");
}
