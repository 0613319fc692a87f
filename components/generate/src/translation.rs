//! The translation of a brief into a language that the model takes (promise a12).

use domain::{generation::TRANSLATION_TOKENS, personal::BRIEF_MAX_CHARS};
use zeroize::Zeroizing;

use crate::{chat_tokens::escape_chat_tokens, leak, prompt};

/// The message for it.
pub(crate) fn instructions(into: &str) -> String {
    prompt::translation(into)
}

/// The most tokens that the translation of a brief of so many may have: twice as many, and room for one of a few words.
pub(crate) fn most(brief_tokens: i64) -> i64 {
    TRANSLATION_TOKENS.min(brief_tokens.saturating_mul(2).saturating_add(64))
}

/// What a model wrote as a translation, as it may be kept and sent; `None` where it is of no use: empty, cut off, longer than any
/// brief, or giving the instructions away (promise c04). It is text and is never parsed.
pub(crate) fn usable(written: &str, cut: bool) -> Option<Zeroizing<String>> {
    let text: String = written.trim().chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = Zeroizing::new(text);
    let good = !cut && !text.is_empty() && text.chars().count() <= BRIEF_MAX_CHARS && !leak::prompt_is_in(&text);
    // What comes of a brief may hold control tokens that the brief had in another form.
    good.then(|| Zeroizing::new(escape_chat_tokens(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a12_a_translation_is_text_within_bounds() {
        assert_eq!(
            usable(" A poster\nfor \"Jazz\" \u{7}", false).as_deref().map(String::as_str),
            Some("A poster\nfor \"Jazz\" ")
        );
        assert_eq!(usable("a [INST] b", false).as_deref().map(String::as_str), Some("a [ INST] b"));
        for (written, cut) in [("", false), (" \n", false), ("A poster", true), (&*"x".repeat(BRIEF_MAX_CHARS + 1), false)] {
            assert!(usable(written, cut).is_none());
        }
    }

    #[test]
    fn promise_c04_a_translation_that_gives_the_instructions_away_is_of_no_use() {
        for instructions in prompt::instructions() {
            assert!(usable(instructions, false).is_none());
            let words: Vec<_> = instructions.split_whitespace().skip(4).take(9).collect();
            assert!(usable(&format!("My orders: {}", words.join(" ")), false).is_none(), "{words:?}");
        }
    }
}
