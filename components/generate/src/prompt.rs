//! The instructions to the model, and the form of its answer.
//!
//! Prompts are versioned files: a change is a new folder named by its date, and a number from the second of a day on. Which one a brief gets depends on how much it asks for.
//! The identifier that goes with every output (promise a16) is that date and the first eight hexadecimal digits of the SHA-256 of
//! all the instructions that were given for it.

use std::{fmt::Write as _, sync::LazyLock};

use domain::generation::estimated_tokens;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::checker::Finding;

const DATE: &str = "2026-12-01";
/// What every brief gets. Nothing of any of these texts may be in an output (promise c04).
const SYSTEM: &str = include_str!("../prompts/2026-12-01/system.txt");
/// What every brief gets besides: layers that the checker takes as they are.
const EXAMPLES: &str = include_str!("../prompts/2026-12-01/examples.txt");
/// What one that says little gets besides.
const PLAIN: &str = include_str!("../prompts/2026-12-01/plain.txt");
/// What one that fixes much gets besides.
const RICH: &str = include_str!("../prompts/2026-12-01/rich.txt");
/// For a brief in a language that the model does not take.
const TRANSLATE: &str = include_str!("../prompts/2026-12-01/translate.txt");
/// Where the name of the language stands in it.
const LANGUAGE: &str = "{language}";
/// The scores below which a brief says little, and from which it fixes much.
const LEVELS: (u32, u32) = (15, 45);
/// The most bytes of findings that are fed back.
const FEEDBACK: usize = 1_200;
/// What introduces them.
const REFUSED: &str = "\nYour first answer to this brief was refused. Answer anew, without these faults:\n";
/// The most bytes of the sentence on labels.
const LABELS: usize = 120;

/// The instructions for a brief.
pub(crate) struct Prompt {
    text: String,
}

/// The instructions for a brief of this complexity.
pub(crate) fn of(complexity: u32) -> &'static Prompt {
    static PROMPTS: LazyLock<[Prompt; 3]> = LazyLock::new(|| {
        let with = |more: &str| Prompt { text: format!("{SYSTEM}\n{EXAMPLES}{more}") };
        [with(&format!("\n{PLAIN}")), with(""), with(&format!("\n{RICH}"))]
    });
    let [plain, usual, rich] = &*PROMPTS;
    let (little, much) = LEVELS;
    match complexity {
        score if score < little => plain,
        score if score < much => usual,
        _ => rich,
    }
}

impl Prompt {
    /// The identifier, for a brief that is or is not translated first.
    pub(crate) fn version(&self, translated: bool) -> String {
        let mut hash = Sha256::new_with_prefix(&self.text);
        if translated {
            hash.update(TRANSLATE);
        }
        let digest = hex::encode(hash.finalize());
        format!("{DATE}-{}", digest.get(..8).unwrap_or_default())
    }

    /// Tokens that it is expected to have.
    pub(crate) fn tokens(&self) -> i64 {
        estimated_tokens(&self.text)
    }

    /// The message: the instructions, the language of labels where the brief was translated, and the checker's findings on a first
    /// answer. Findings are fixed sentences and numbers, never text of the file or the brief (promise a14), so they may stand among
    /// the instructions; the brief stays alone in its own message.
    pub(crate) fn message(&self, translated_from: Option<&str>, findings: &[Finding]) -> String {
        let mut text = self.text.clone();
        // Writing to a string does not fail.
        if let Some(tag) = translated_from {
            let _ =
                write!(text, "\nThe brief was translated. Labels, and texts that it does not quote, are in {}.\n", language(tag));
        }
        if findings.is_empty() {
            return text;
        }
        text.push_str(REFUSED);
        let mut left = FEEDBACK;
        for finding in findings {
            let mut line = String::new();
            let _ = writeln!(line, "- {}: {}", if finding.path.is_empty() { "/" } else { &finding.path }, finding.message);
            let Some(rest) = left.checked_sub(line.len()) else { break };
            left = rest;
            text.push_str(&line);
        }
        text
    }
}

/// The message for a translation into the language of this tag.
pub(crate) fn translation(into: &str) -> String {
    TRANSLATE.replace(LANGUAGE, language(into))
}

/// Tokens that [`translation`] is expected to have.
pub(crate) fn translation_tokens() -> i64 {
    estimated_tokens(TRANSLATE) + 8
}

/// Tokens that the second call may have besides the first one's: findings, and what introduces them, and twice the labels' language.
pub(crate) fn feedback_tokens() -> i64 {
    i64::try_from((FEEDBACK + REFUSED.len() + 2 * LABELS).div_ceil(3)).unwrap_or(i64::MAX)
}

/// The examples of layers. Their form is that of every file, so that it gives nothing away; their words do, where they are read.
pub(crate) fn examples() -> &'static str {
    EXAMPLES
}

/// Every text that is an instruction.
pub(crate) fn instructions() -> [&'static str; 4] {
    [SYSTEM, PLAIN, RICH, TRANSLATE]
}

/// The JSON schema of the answer: not the file's, but the one that a model's server makes a grammar of.
pub(crate) fn format() -> &'static RawValue {
    static FORMAT: LazyLock<Box<RawValue>> = LazyLock::new(|| {
        let text = String::from_utf8_lossy(&COMPACT).into_owned();
        RawValue::from_string(text).unwrap_or_default()
    });
    &FORMAT
}

const SCHEMA: &[u8] = include_bytes!("../../lib/parametric/schema/model-1.json");
/// The schema without the white space that makes it readable: it is half as long, and is sent with every call.
const COMPACT: [u8; compact::<0>().1] = compact::<{ compact::<0>().1 }>().0;

/// The bytes of [`SCHEMA`] but for white space outside of strings, as far as there is room, and how many they are.
const fn compact<const N: usize>() -> ([u8; N], usize) {
    let (mut bytes, mut length) = ([0; N], 0);
    let (mut at, mut quoted, mut escaped) = (0, false, false);
    while at < SCHEMA.len() {
        let byte = SCHEMA[at];
        if quoted || !byte.is_ascii_whitespace() {
            if length < N {
                bytes[length] = byte;
            }
            length += 1;
        }
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && byte == b'\\' && !escaped;
        at += 1;
    }
    (bytes, length)
}

/// A language as models know it by name; its tag where it is none of those that are detected.
fn language(tag: &str) -> &str {
    match tag {
        "en" => "English",
        "fr" => "French",
        "de" => "German",
        "es" => "Spanish",
        "it" => "Italian",
        "pt" => "Portuguese",
        "nl" => "Dutch",
        "ja" => "Japanese",
        "ko" => "Korean",
        "zh" => "Chinese",
        "ru" => "Russian",
        "uk" => "Ukrainian",
        "sr" => "Serbian",
        "bg" => "Bulgarian",
        "el" => "Greek",
        "ar" => "Arabic",
        "fa" => "Persian",
        "he" => "Hebrew",
        "hi" => "Hindi",
        "th" => "Thai",
        tag => tag,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ollama::grammar::Grammar;

    use super::*;

    fn finding(path: &str, message: &str) -> Finding {
        Finding { path: path.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn promise_a16_the_identifier_is_a_date_and_a_hash_of_what_was_said() {
        let all: BTreeSet<_> =
            [0, 30, 100].into_iter().flat_map(|score| [false, true].map(|made| of(score).version(made))).collect();
        assert_eq!(all.len(), 6, "each set of instructions has its own");
        for version in all {
            let (date, hash) = version.split_at(DATE.len());
            assert_eq!(date, DATE);
            assert!(hash.len() == 9 && hash.starts_with('-') && hash[1..].chars().all(|c| c.is_ascii_hexdigit()), "{hash}");
        }
    }

    #[test]
    fn the_prompt_depends_on_how_much_is_asked_for() {
        let usual = of(30).message(None, &[]);
        assert!(usual.starts_with(SYSTEM) && usual.ends_with(EXAMPLES));
        assert!(of(0).message(None, &[]).ends_with(PLAIN) && of(90).message(None, &[]).ends_with(RICH));
    }

    /// As the prompt says of the file that they are for.
    const FRAME: &str = r##"{"version": 1, "title": "Blue Hour",
        "canvas": {"width": 1080, "height": 1350, "unit": "px", "margin": 80, "background": "gold"},
        "palette": [{"name": "night", "color": "#0f1b33"}, {"name": "gold", "color": "#d9a441"}, {"name": "cream", "color": "#f6ecd6"}],
        "parameters": [{"type": "text", "name": "title", "label": "Title", "default": "Blue Hour"},
            {"type": "number", "name": "sun", "label": "Sun", "default": 300, "min": 200, "max": 400, "step": 10}], "layers": []}"##;

    #[test]
    fn the_checker_takes_the_examples_as_they_are() {
        let layers: Vec<serde_json::Value> = EXAMPLES
            .lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str(line).expect("an example is JSON"))
            .collect();
        for kind in ["path", "clip", "shadow"] {
            assert!(layers.iter().any(|layer| layer.to_string().contains(&format!("\"{kind}\""))), "none with a {kind}");
        }
        let all = std::iter::once(layers.clone()).chain(layers.into_iter().map(|layer| vec![layer]));
        for layers in all {
            let mut file: serde_json::Value = serde_json::from_str(FRAME).expect("JSON");
            file["layers"] = layers.into();
            let verdict = parametric::check(&file.to_string());
            assert!(
                matches!(&verdict, parametric::Verdict::Accepted { corrections, .. } if corrections.is_empty()),
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn the_schema_makes_a_grammar_and_every_example_is_of_its_language() {
        let grammar = Grammar::of(format().get()).expect("llama.cpp takes it");
        let mut wrong = EXAMPLES.lines().filter(|line| line.starts_with('{') && !grammar.accepts_as("Layer", line));
        assert_eq!(wrong.next(), None);
        let layer = EXAMPLES.lines().find(|line| line.starts_with('{')).unwrap_or_default();
        // A whole file of the least size, with a parameter of each kind.
        let file = |layers: usize| {
            format!(
                r##"{{"title":"Blue Hour","version":1,"canvas":{{"width":1080,"height":1350,"unit":"px","margin":80,"background":"gold"}},
                "palette":[{{"name":"night","color":"#0f1b33"}},{{"name":"gold","color":"#d9a441"}},{{"name":"cream","color":"#f6ecd6"}}],
                "parameters":[{{"type":"text","name":"title","label":"Titre","default":"Blue Hour"}},
                    {{"type":"number","name":"sun","label":"Soleil","default":300,"min":200,"max":400,"step":10}},
                    {{"type":"color","name":"accent","label":"Couleur","default":"#d9a441"}},
                    {{"type":"choice","name":"mood","label":"Air","default":"day","options":["day","night"]}},
                    {{"type":"switch","name":"stars","label":"\u00c9toiles","default":true}}],"layers":[{}]}}"##,
                vec![layer; layers].join(",")
            )
        };
        assert!(grammar.accepts(&file(4)) && grammar.accepts(&file(30)));
        assert!(!grammar.accepts(&file(3)) && !grammar.accepts(&file(31)));
    }

    #[test]
    fn the_schema_is_json() {
        let schema: serde_json::Value = serde_json::from_str(format().get()).expect("JSON");
        assert_eq!(schema["type"], "object");
        assert_eq!(schema, serde_json::from_slice::<serde_json::Value>(SCHEMA).expect("JSON"));
        assert!(format().get().len() < SCHEMA.len() && !format().get().contains('\n'));
    }

    #[test]
    fn findings_are_fed_back_within_bounds() {
        let fed = of(30).message(Some("de"), &[finding("", "is no JSON object"), finding("/layers/3", "has no size")]);
        assert!(fed.starts_with(SYSTEM) && fed.contains("- /: is no JSON object\n- /layers/3: has no size\n"));
        assert!(fed.contains("in German."));
        let many: Vec<_> = (0..500).map(|n| finding(&format!("/layers/{n}"), "has no size")).collect();
        assert!(of(30).message(Some("pt"), &many).len() <= of(30).text.len() + LABELS + REFUSED.len() + FEEDBACK);
    }

    #[test]
    fn the_prompts_are_short_and_the_reservation_covers_both_calls() {
        for score in [0, 30, 90] {
            let prompt = of(score);
            assert!(prompt.tokens() < 1_500, "{}", prompt.tokens());
            let many: Vec<_> = (0..500).map(|n| finding(&format!("/layers/{n}"), "has no size")).collect();
            let both = [prompt.message(Some("pt"), &[]), prompt.message(Some("pt"), &many)];
            let expected: i64 = both.iter().map(|text| estimated_tokens(text)).sum();
            assert!(2 * prompt.tokens() + feedback_tokens() >= expected);
        }
        assert!(estimated_tokens(&translation("pt")) <= translation_tokens());
    }
}
