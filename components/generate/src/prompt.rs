//! The system prompt and the form of the answer.
//!
//! Prompts are versioned files: a change is a new folder named by its date. The identifier that goes with every output (promise
//! a16) is that date and the first eight hexadecimal digits of the text's SHA-256.

use std::{fmt::Write as _, sync::LazyLock};

use domain::generation::estimated_tokens;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::checker::Finding;

const DATE: &str = "2026-11-21";
/// The instructions. Nothing of them may be in any output (promise c04).
pub(crate) const SYSTEM: &str = include_str!("../prompts/2026-11-21/system.txt");
/// The most bytes of findings that are fed back.
const FEEDBACK: usize = 1_200;
/// What introduces them.
const REFUSED: &str = "\nYour first answer to this brief was refused. Answer anew, without these faults:\n";

/// The identifier of the system prompt.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let digest = hex::encode(Sha256::digest(SYSTEM));
        format!("{DATE}-{}", digest.get(..8).unwrap_or_default())
    });
    &VERSION
}

/// The instructions, with the checker's findings on a first answer. Findings are fixed sentences and numbers, never text of the
/// file or the brief (promise a14), so they may stand among the instructions; the brief stays alone in its own message.
pub(crate) fn system(findings: &[Finding]) -> String {
    let mut text = SYSTEM.to_owned();
    if findings.is_empty() {
        return text;
    }
    text.push_str(REFUSED);
    let mut left = FEEDBACK;
    for finding in findings {
        let mut line = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(line, "- {}: {}", if finding.path.is_empty() { "/" } else { &finding.path }, finding.message);
        let Some(rest) = left.checked_sub(line.len()) else { break };
        left = rest;
        text.push_str(&line);
    }
    text
}

/// Tokens that both calls' prompts may take together, for a brief as it is sent.
pub(crate) fn reserve(brief: &str) -> i64 {
    let feedback = i64::try_from((FEEDBACK + REFUSED.len()).div_ceil(3)).unwrap_or(i64::MAX);
    2 * (estimated_tokens(SYSTEM) + estimated_tokens(brief)) + feedback
}

/// The JSON schema of the answer.
pub(crate) fn format() -> &'static RawValue {
    static FORMAT: LazyLock<Box<RawValue>> = LazyLock::new(|| RawValue::from_string(SCHEMA.to_owned()).unwrap_or_default());
    &FORMAT
}

const SCHEMA: &str = include_str!("../../lib/parametric/schema/parametric-1.json");

#[cfg(test)]
mod tests {
    use domain::{generation::MAX_COMPLETION_TOKENS, personal::BRIEF_MAX_CHARS};

    use super::*;

    fn finding(path: &str, message: &str) -> Finding {
        Finding { path: path.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn promise_a16_the_identifier_is_a_date_and_a_content_hash() {
        let (date, hash) = version().split_at(DATE.len());
        assert_eq!(date, DATE);
        assert!(hash.len() == 9 && hash.starts_with('-') && hash[1..].chars().all(|c| c.is_ascii_hexdigit()), "{hash}");
    }

    #[test]
    fn the_schema_is_json() {
        let schema: serde_json::Value = serde_json::from_str(format().get()).expect("JSON");
        assert_eq!(schema["type"], "object");
    }

    #[test]
    fn findings_are_fed_back_within_bounds() {
        assert_eq!(system(&[]), SYSTEM);
        let fed = system(&[finding("", "is no JSON object"), finding("/layers/3", "has no size")]);
        assert!(fed.starts_with(SYSTEM) && fed.contains("- /: is no JSON object\n- /layers/3: has no size\n"));
        let many: Vec<_> = (0..500).map(|n| finding(&format!("/layers/{n}"), "has no size")).collect();
        assert!(system(&many).len() <= SYSTEM.len() + REFUSED.len() + FEEDBACK);
    }

    #[test]
    fn the_prompt_is_short_and_the_reservation_covers_both_calls() {
        assert!(estimated_tokens(SYSTEM) < 1_000);
        let brief = "a poster";
        let many: Vec<_> = (0..500).map(|n| finding(&format!("/layers/{n}"), "has no size")).collect();
        let both = estimated_tokens(SYSTEM) + estimated_tokens(&system(&many)) + 2 * estimated_tokens(brief);
        assert!(reserve(brief) >= both);
        // A day's tokens of the Free plan: the heaviest brief that is allowed can be ordered at all.
        assert!(reserve(&"🎷".repeat(BRIEF_MAX_CHARS)) + MAX_COMPLETION_TOKENS <= 20_000);
    }
}
