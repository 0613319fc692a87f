//! A pair as it is learnt from: the brief and the file, without emails, phones, addresses and names.

use domain::{PersonName, scrub::scrub};
use serde_json::{Value, json};
use vault::content::EnvelopeError;
use web::{Kind, Problem, log};
use zeroize::Zeroizing;

/// The pair's JSON, `{brief, file}`; `None` where the brief is no text or the file no JSON.
pub(crate) fn scrubbed(brief: &[u8], file: &[u8], names: &[PersonName]) -> Option<Zeroizing<Vec<u8>>> {
    let known: Vec<&str> = names.iter().map(PersonName::expose).collect();
    let brief = scrub(std::str::from_utf8(brief).ok()?, &known);
    let mut file: Value = serde_json::from_slice(file).ok()?;
    scrub_texts(&mut file, &known);
    Some(Zeroizing::new(json!({ "brief": brief, "file": file }).to_string().into_bytes()))
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
        let pair = scrubbed(b"for Zoe, zoe@mail.example", file.to_string().as_bytes(), &[PersonName::new("Zoe")]);
        let pair: Value = serde_json::from_slice(&pair.expect("a pair")).expect("json");
        let expected = json!({
            "brief": "for [name], [email]",
            "file": { "title": "Wedding of [name]", "texts": ["[phone]", "#0b1d3a"], "x": 12_345_678_901_u64 },
        });
        assert_eq!(pair, expected);
        assert!(scrubbed(b"x", b"not json", &[]).is_none());
    }
}
