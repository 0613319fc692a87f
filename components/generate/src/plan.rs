//! What is known of a request before anything is asked of the model.

use domain::{
    Brief,
    complexity::{Complexity, score},
    detect,
    generation::{LEAST_ANSWER_TOKENS, MAX_COMPLETION_TOKENS, estimated_tokens},
    quota::Demand,
};
use zeroize::Zeroizing;

use crate::{chat_tokens::escape_chat_tokens, prompt, translation};

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
    /// Tokens: every prompt, and the most that the model may write, or a sensible answer at least.
    pub(crate) demand: Demand,
}

impl Plan {
    /// `languages` are those that the model takes.
    pub(crate) fn of(brief: &Brief, languages: &[String]) -> Self {
        let sent = Zeroizing::new(escape_chat_tokens(brief.expose()));
        let language = detect::language(brief.expose());
        let translated_from = language.filter(|tag| !languages.iter().any(|known| known == tag));
        let complexity = score(brief.expose());
        let brief_tokens = estimated_tokens(&sent);
        let instructions = prompt::of(complexity.score).tokens();
        let composed = |brief: i64| Demand {
            most: 2 * (instructions + brief) + prompt::feedback_tokens() + MAX_COMPLETION_TOKENS,
            least: instructions + brief + LEAST_ANSWER_TOKENS,
            instructions,
        };
        let mut demand = composed(brief_tokens);
        if translated_from.is_some() {
            let (asked, written) = (prompt::translation_tokens(), translation::most(brief_tokens));
            // A translation that is of no use leaves the brief as it is, so that the larger of the two counts.
            let composed = composed(written.max(brief_tokens));
            demand = Demand {
                most: asked + brief_tokens + written + composed.most,
                least: asked + brief_tokens + written + composed.least,
                instructions: asked + composed.instructions,
            };
        }
        Self { sent, language, translated_from, complexity, demand }
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

    /// With its first answer: a retry gets what is left of the day, since the quota bounds the calls and does not refuse them.
    #[test]
    fn the_heaviest_brief_that_is_allowed_can_be_ordered_within_a_free_day() {
        for letter in ["🎷", "語", "ю", "a"] {
            let demand = plan(&letter.repeat(BRIEF_MAX_CHARS)).demand;
            assert!(demand.least + MAX_COMPLETION_TOKENS - LEAST_ANSWER_TOKENS <= 20_000, "{letter}: {demand:?}");
        }
    }

    /// With `domain::quota`'s rule, what no brief of ordinary length could spend of a day is less than this.
    #[test]
    fn an_ordinary_brief_leaves_less_than_a_twentieth_of_a_free_day() {
        for brief in ["Poster for a jazz night", "Plakat für einen Jazzabend", &*"A poster with a sun and a sea. ".repeat(20)] {
            let demand = plan(brief).demand;
            assert!(demand.own() > LEAST_ANSWER_TOKENS && demand.own() <= 1_000, "{demand:?}");
            assert!(demand.instructions > 1_000 && demand.least < demand.most, "{demand:?}");
        }
    }

    #[test]
    fn promise_a16_each_set_of_instructions_has_an_identifier_of_its_own() {
        let (english, german) = (plan("Poster for a jazz night"), plan("Plakat für einen Jazzabend"));
        assert_ne!(english.version(), german.version());
        assert_eq!(english.version(), plan("Poster for a rock night").version());
    }
}
