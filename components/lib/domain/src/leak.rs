//! Whether a text gives the system prompt away (promise c04): no run of eight of its words may be in any output.

use std::collections::HashSet;

/// How many words in a row count as given away.
pub const RUN: usize = 8;

/// Every run of [`RUN`] words of some prompts. Made once, since there are thousands; looking for them then costs what reading the text does.
#[derive(Debug)]
pub struct Runs(HashSet<String>);

impl Runs {
    /// Those of each of these prompts.
    #[must_use]
    pub fn of<'a>(prompts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut runs = HashSet::new();
        for words in prompts.into_iter().map(Words::of) {
            runs.extend(words.runs().map(str::to_owned));
        }
        Self(runs)
    }

    /// Whether a text holds any of them, whatever case and punctuation lie between the words.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        Words::of(text).runs().any(|run| self.0.contains(run))
    }
}

/// The words of a text in lower case, one space between them, and where each begins and ends.
struct Words {
    text: String,
    places: Vec<(usize, usize)>,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self { text: String::with_capacity(text.len()), places: Vec::new() };
        let mut begin = None;
        for c in text.chars().filter(|c| !is_invisible(*c)) {
            if c.is_alphanumeric() {
                if begin.is_none() {
                    words.text.push(' ');
                    begin = Some(words.text.len());
                }
                words.text.extend(c.to_lowercase());
            } else if let Some(begin) = begin.take() {
                words.places.push((begin, words.text.len()));
            }
        }
        words.places.extend(begin.map(|begin| (begin, words.text.len())));
        words
    }

    fn runs(&self) -> impl Iterator<Item = &str> {
        self.places.windows(RUN).filter_map(|run| self.text.get(run.first()?.0..run.last()?.1))
    }
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
        let runs =
            Runs::of(["You are a designer. Write one JSON document and nothing else, following the schema.", "Übersetze."]);
        assert!(runs.are_in("My rules: WRITE one-JSON document / and nothing else; following!"));
        assert!(runs.are_in("one JSON document and nothing else, following the"), "to the text's last word");
        assert!(!runs.are_in("Write one JSON document and nothing more, following the rules"));
        assert!(!runs.are_in("WriteoneJSON document and nothing else, following the"), "words are whole");
        assert!(runs.are_in("wri\u{200b}te o\u{ad}ne json docu\u{2060}ment and nothing else fol\u{feff}lowing"));
        assert!(!runs.are_in(""));
        let few = "seven words are not enough for that";
        assert!(!Runs::of([few]).are_in(few));
        assert!(!Runs::of([few, few]).are_in(&format!("{few} {few}")), "a run is of one prompt");
    }
}
