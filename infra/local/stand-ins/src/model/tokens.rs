//! Token counts without a tokenizer.

/// Characters in one of our tokens. Real tokenizers of European text and JSON come to three to four.
pub(super) const CHARACTERS: usize = 4;

/// How many tokens a text has: one for every four characters, the last one possibly shorter. The same text always has the same
/// count, so tests can compute what a generation must have cost.
#[must_use]
pub fn count(text: &str) -> u64 {
    text.chars().count().div_ceil(CHARACTERS) as u64
}

/// A text cut into its tokens.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text.char_indices().step_by(CHARACTERS).map(|(at, _)| at).collect();
    starts.push(text.len());
    starts.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_the_text_and_are_as_many_as_counted() {
        for text in ["", "a", "abcd", "abcde", "é ü 👩‍🎨 漢字漢字漢"] {
            let pieces = split(text);
            assert_eq!(pieces.concat(), text);
            assert_eq!(pieces.len() as u64, count(text), "{text}");
        }
    }
}
