//! What is known of a request before anything is asked of the model.

use domain::{
    Brief,
    complexity::{Complexity, score},
    detect,
    generation::{MAX_COMPLETION_TOKENS, TRANSLATION_TOKENS, estimated_tokens},
};
use zeroize::Zeroizing;

use crate::{chat_tokens::escape_chat_tokens, prompt};

/// How a brief will be dealt with.
pub(crate) struct Plan {
    /// The brief as a model may get it.
    pub(crate) sent: Zeroizing<String>,
    /// BCP 47 tag of its language, where that is sure.
    pub(crate) language: Option<&'static str>,
    /// The language that it is translated from, where the model does not take it as it is (promise a12).
    pub(crate) translated_from: Option<&'static str>,
    /// How much it asks for (promise a11).
    pub(crate) complexity: Complexity,
    /// Tokens to set aside: every prompt, and the most that the model may write.
    pub(crate) reserve: i64,
}

impl Plan {
    /// `languages` are those that the model takes.
    pub(crate) fn of(brief: &Brief, languages: &[String]) -> Self {
        let sent = Zeroizing::new(escape_chat_tokens(brief.expose()));
        let language = detect::language(brief.expose());
        let translated_from = language.filter(|tag| !languages.iter().any(|known| known == tag));
        let complexity = score(brief.expose());
        let brief_tokens = estimated_tokens(&sent);
        let composed =
            |brief: i64| 2 * (prompt::of(complexity.score).tokens() + brief) + prompt::feedback_tokens() + MAX_COMPLETION_TOKENS;
        let translated = prompt::translation_tokens() + brief_tokens + TRANSLATION_TOKENS + composed(TRANSLATION_TOKENS);
        let reserve = composed(brief_tokens).max(translated_from.map_or(0, |_| translated));
        Self { sent, language, translated_from, complexity, reserve }
    }

    /// The identifier of the instructions that will be given (promise a16).
    pub(crate) fn version(&self) -> String {
        prompt::of(self.complexity.score).version(self.translated_from.is_some())
    }
}

#[cfg(test)]
mod tests {
    use domain::personal::BRIEF_MAX_CHARS;

    use super::*;

    fn plan(brief: &str) -> Plan {
        Plan::of(&Brief::new(brief), &["en".to_owned(), "fr".to_owned()])
    }

    #[test]
    fn promise_a12_only_what_the_model_does_not_take_is_translated() {
        let known = |brief| plan(brief).language;
        assert_eq!((known("Poster for a jazz night"), plan("Poster for a jazz night").translated_from), (Some("en"), None));
        assert_eq!(plan("Affiche pour une nuit de jazz").translated_from, None);
        assert_eq!(plan("Plakat für einen Jazzabend").translated_from, Some("de"));
        assert_eq!((known("jazz"), plan("jazz").translated_from), (None, None));
    }

    #[test]
    fn the_heaviest_brief_that_is_allowed_can_be_ordered_within_a_free_day() {
        for letter in ["🎷", "語", "ю", "a"] {
            let reserve = plan(&letter.repeat(BRIEF_MAX_CHARS)).reserve;
            assert!(reserve <= 20_000, "{letter}: {reserve}");
        }
    }

    #[test]
    fn promise_a16_each_set_of_instructions_has_an_identifier_of_its_own() {
        let (english, german) = (plan("Poster for a jazz night"), plan("Plakat für einen Jazzabend"));
        assert_ne!(english.version(), german.version());
        assert_eq!(english.version(), plan("Poster for a rock night").version());
    }
}
