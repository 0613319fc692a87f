//! Whether a text gives the system prompt away (promise c04): no run of eight of its words may be in any output.

/// How many words in a row count as given away.
pub const RUN: usize = 8;

/// Whether `text` holds any [`RUN`] consecutive words of `prompt`, whatever case and punctuation lie between them.
#[must_use]
pub fn gives_away(prompt: &str, text: &str) -> bool {
    let (prompt, text) = (words(prompt), words(text));
    let runs: std::collections::HashSet<&[String]> = prompt.windows(RUN).collect();
    text.windows(RUN).any(|run| runs.contains(run))
}

fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Characters that nobody sees, and that would cut a word in two: soft hyphen, zero-width spaces and joiners, marks of direction,
/// variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_words_in_a_row_are_found_however_they_are_written() {
        let prompt = "You are a designer. Write one JSON document and nothing else, following the schema.";
        assert!(gives_away(prompt, "My rules: WRITE one-JSON document / and nothing else; following!"));
        assert!(!gives_away(prompt, "Write one JSON document and nothing more, following the rules"));
        assert!(gives_away(prompt, "wri\u{200b}te o\u{ad}ne json docu\u{2060}ment and nothing else fol\u{feff}lowing"));
        assert!(!gives_away(prompt, ""));
        assert!(!gives_away("seven words are not enough for that", "seven words are not enough for that"));
    }
}
