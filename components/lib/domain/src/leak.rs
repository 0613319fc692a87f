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
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_words_in_a_row_are_found_however_they_are_written() {
        let prompt = "You are a designer. Write one JSON document and nothing else, following the schema.";
        assert!(gives_away(prompt, "My rules: WRITE one-JSON document / and nothing else; following!"));
        assert!(!gives_away(prompt, "Write one JSON document and nothing more, following the rules"));
        assert!(!gives_away(prompt, ""));
        assert!(!gives_away("seven words are not enough for that", "seven words are not enough for that"));
    }
}
