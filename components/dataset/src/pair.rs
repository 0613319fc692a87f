//! A pair as it is learnt from: the brief and the file, without emails, phones, addresses and names.

use domain::{PersonName, generation::RejectedOutput, scrub::scrub};
use serde_json::{Value, json};
use vault::content::EnvelopeError;
use web::{Kind, Problem, log};
use zeroize::Zeroizing;

/// The pair's JSON, `{brief, file}`, with `rejected` (`{output, findings}`) where the checker turned an answer down before; `None` where the
/// brief is no text or another part no JSON.
pub(crate) fn scrubbed(brief: &[u8], file: &[u8], rejected: Option<&[u8]>, names: &[PersonName]) -> Option<Zeroizing<Vec<u8>>> {
    let known: Vec<&str> = names.iter().map(PersonName::expose).collect();
    let brief = scrub(std::str::from_utf8(brief).ok()?, &known);
    let mut file: Value = serde_json::from_slice(file).ok()?;
    scrub_texts(&mut file, &known);
    let mut pair = json!({ "brief": brief, "file": file });
    if let Some(rejected) = rejected {
        let rejected: RejectedOutput = serde_json::from_slice(rejected).ok()?;
        // It need not be JSON, so it is taken as one text.
        let output = scrub(&rejected.output, &known);
        pair["rejected"] = json!(RejectedOutput { output, findings: rejected.findings });
    }
    Some(Zeroizing::new(pair.to_string().into_bytes()))
}

/// Goes through the values of a document. Numbers, names of members, and texts without a letter that could be a name (colours, paths)
/// stay as they are.
fn scrub_texts(value: &mut Value, known: &[&str]) {
    match value {
        Value::String(text) if !text.starts_with(['#', '=']) => *text = scrub(text, known),
        Value::Array(values) => values.iter_mut().for_each(|value| scrub_texts(value, known)),
        Value::Object(members) => members.values_mut().for_each(|value| scrub_texts(value, known)),
        _ => {}
    }
}

/// An envelope that cannot be sealed or opened is our mistake, and its reason holds no content.
pub(crate) fn unreadable(error: EnvelopeError) -> Problem {
    log::failure("envelope", &error);
    Kind::Internal.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a18_brief_and_file_lose_the_same_names() {
        let file = json!({ "title": "Wedding of Zoe", "texts": ["+41 79 555 01 47", "#0b1d3a"], "x": 12_345_678_901_u64 });
        let pair = scrubbed(b"for Zoe, zoe@mail.example", file.to_string().as_bytes(), None, &[PersonName::new("Zoe")]);
        let pair: Value = serde_json::from_slice(&pair.expect("a pair")).expect("json");
        let expected = json!({
            "brief": "for [name], [email]",
            "file": { "title": "Wedding of [name]", "texts": ["[phone]", "#0b1d3a"], "x": 12_345_678_901_u64 },
        });
        assert_eq!(pair, expected);
        assert!(scrubbed(b"x", b"not json", None, &[]).is_none());
    }

    #[test]
    fn promise_a18_what_was_rejected_loses_them_too_and_keeps_its_feedback() {
        let finding = json!({ "path": "/layers/0", "message": "must have a kind" });
        let rejected = json!({ "output": "{\"title\": \"For Zoe, zoe@mail.example", "findings": [finding] }).to_string();
        let pair = scrubbed(b"x", b"{}", Some(rejected.as_bytes()), &[PersonName::new("Zoe")]).expect("a pair");
        let pair: Value = serde_json::from_slice(&pair).expect("json");
        assert_eq!(pair["rejected"], json!({ "output": "{\"title\": \"For [name], [email]", "findings": [finding] }));
        assert!(scrubbed(b"x", b"{}", Some(b"prose"), &[]).is_none());
    }
}
