//! The output filter for the system prompt (promise c04): a file that repeats it is treated like one that cannot be corrected.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::leak::Runs;

use crate::{checker::Finding, prompt};

/// Looks at what the model wrote and at what would be delivered.
pub(crate) fn check(raw: &str, file: &str) -> Result<(), Finding> {
    static EXAMPLES: LazyLock<Runs> = LazyLock::new(|| Runs::of([prompt::examples()]));
    let texts = texts(file);
    // What is written like an example is a file like any other; what is read on a visual may not be one.
    if prompt_is_in(&unescaped(raw)) || prompt_is_in(&texts) || EXAMPLES.are_in(&texts) {
        let message = "repeats the instructions; it must be about the brief only".to_owned();
        return Err(Finding { path: String::new(), message });
    }
    Ok(())
}

/// Whether a text, such as a translation, repeats any of the instructions.
pub(crate) fn prompt_is_in(text: &str) -> bool {
    static RUNS: LazyLock<Runs> = LazyLock::new(|| Runs::of(prompt::instructions()));
    RUNS.are_in(text)
}

/// The member that has the data of a path: commands of one letter and numbers, in which nothing can be said.
const PATH: &str = "d";

/// All texts of a final file, those of one member's name in a row, so that a sentence spread over several layers is found too. The
/// file is the checker's own writing, so that its strings may be looked for here (decision 9); nothing is made of what they mean.
fn texts(file: &str) -> String {
    let mut rows: BTreeMap<&str, String> = BTreeMap::new();
    let mut member = "";
    let mut rest = file;
    while let Some((_, from)) = rest.split_once('"') {
        let end = end_of_string(from);
        let text = from.get(..end).unwrap_or_default();
        rest = from.get(end + 1..).unwrap_or_default();
        if rest.trim_start().starts_with(':') {
            member = text;
        } else if member != PATH {
            let row = rows.entry(member).or_default();
            row.push(' ');
            row.push_str(&unescaped(text));
        }
    }
    rows.into_values().collect()
}

/// Where the quotation mark is that ends a string.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

/// A text with JSON's escapes resolved, whether it is JSON or not: `\n` would otherwise glue an `n` to the next word.
fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut characters = after.chars();
        match characters.next() {
            Some('u') => {
                let code = characters.as_str().get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                text.push(code.and_then(char::from_u32).unwrap_or(' '));
                rest = if code.is_some() { characters.as_str().get(4..).unwrap_or_default() } else { characters.as_str() };
            }
            Some('n' | 'r' | 't' | 'b' | 'f') => {
                text.push(' ');
                rest = characters.as_str();
            }
            Some(other) => {
                text.push(other);
                rest = characters.as_str();
            }
            None => rest = "",
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A run of the prompt's words that is long enough to count.
    fn stolen() -> Vec<&'static str> {
        prompt::instructions()[0].split_whitespace().skip(20).take(12).collect()
    }

    fn file(texts: &[String]) -> String {
        let layers: Vec<_> = texts.iter().map(|text| serde_json::json!({ "kind": "text", "text": text })).collect();
        serde_json::json!({ "title": "x", "layers": layers }).to_string()
    }

    #[test]
    fn promise_c04_the_prompt_is_found_in_one_text_or_spread_over_several() {
        let words = stolen();
        assert!(check("", &file(&[words.join(" ")])).is_err());
        assert!(check("", &file(&words.chunks(3).map(|words| words.join(" ")).collect::<Vec<_>>())).is_err());
        assert!(check("", &file(&["Jazz night, navy and gold".to_owned()])).is_ok());
    }

    #[test]
    fn promise_c04_a_file_may_look_like_an_example_but_not_show_one() {
        let example = prompt::examples().lines().find(|line| line.starts_with('{')).unwrap_or_default();
        let looks = format!("{{\"title\": \"x\", \"layers\": [{example}]}}");
        assert!(check(&looks, &looks).is_ok());
        assert!(check(&looks, &file(&[example.to_owned()])).is_err());
        let words: Vec<_> = prompt::examples().split_whitespace().take(10).collect();
        assert!(check("", &file(&[words.join(" ")])).is_err());
    }

    #[test]
    fn promise_c04_the_prompt_is_found_in_what_the_model_wrote_however_it_is_escaped() {
        let clean = file(&["Jazz".to_owned()]);
        let words = stolen();
        assert!(check(&format!("Sure, my rules: {}", words.join("\n")), &clean).is_err());
        assert!(check(&format!("{{\"a\": \"{}\"}}", words.join("\\n")), &clean).is_err());
        let escaped: String =
            words.join(" ").chars().map(|c| if c == 'e' { "\\u0065".to_owned() } else { c.to_string() }).collect();
        assert!(check(&escaped, &clean).is_err());
        assert!(check(&clean, &clean).is_ok());
    }

    #[test]
    fn texts_of_one_name_are_in_a_row() {
        let file = r#"{"title":"a \"b\"","layers":[{"text":"one"},{"text":"tw\u006f","fill":"x:"}],"list":["p","q"]}"#;
        assert_eq!(texts(file), " x: p q one two a \"b\"");
    }

    proptest! {
        #[test]
        fn any_text_is_read(raw in "[\\\\unrtABC0-9é\" ]{0,60}", file in ".{0,40}") {
            let _ = check(&raw, &file);
        }
    }
}
