//! A generation's life and its figures.

use serde::{Deserialize, Serialize};

/// How long a generation may take from its admission until it counts as failed, in seconds. The longest of all deadlines:
/// content steps of an erasure run once more after it.
pub const DEADLINE_SECONDS: i64 = 300;
/// What is left of that time for keeping the file and delivering it once the model has ended, in seconds.
pub const SETTLE_SECONDS: i64 = 20;
/// The most tokens the model may write in all calls of one generation. Reserved with the prompts before the first call.
pub const MAX_COMPLETION_TOKENS: i64 = 4_096;
/// The most tokens the model may write in its first call (`num_predict`), so that something is left for the second.
pub const FIRST_COMPLETION_TOKENS: i64 = 3_072;
/// The most tokens of a translated brief: a brief of 4,000 Latin characters has fewer.
pub const TRANSLATION_TOKENS: i64 = 1_536;
/// Tokens that a sensible answer has: with less left of a day nothing is begun. Ordinary files have 300 to 600.
pub const LEAST_ANSWER_TOKENS: i64 = 768;
/// After how long somebody whose own running generations hold the day's rest should ask again, in seconds.
pub const RESERVED_RETRY_SECONDS: i64 = 10;
/// How long a place in the line before the model host is kept, in seconds, unless it is renewed: what a crash leaves blocks others for
/// no longer.
pub const LEASE_SECONDS: i64 = 20;
/// How long an idempotency key is remembered, in seconds.
pub const IDEMPOTENCY_SECONDS: i64 = 86_400;

/// Where a generation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Admitted; tokens are reserved.
    Running,
    /// The final file is kept and the tokens are settled.
    Delivered,
    /// Nothing was charged.
    Failed,
}

impl Status {
    /// Reads the name as stored.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "running" => Some(Self::Running),
            "delivered" => Some(Self::Delivered),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// What an envelope holds; part of its authenticated data, so that one kind never passes for another (promise a61).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// The brief as submitted.
    Brief,
    /// The brief in the model's working language.
    TranslatedBrief,
    /// The file as delivered.
    FinalFile,
    /// The file as the model wrote it.
    RawFile,
    /// An answer that could not be corrected, with the reasons ([`RejectedOutput`]).
    RejectedFile,
    /// A request to support; bound to its message's id in the place of the generation's.
    SupportRequest,
    /// Support's answer, likewise.
    SupportAnswer,
    /// A pair in the training dataset, under the dataset's key.
    DatasetEntry,
    /// Evidence, under a key that no component has; bound to its id in the place of the generation's.
    Evidence,
}

impl ContentKind {
    /// The number as stored and authenticated. Never reused.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Brief => 1,
            Self::TranslatedBrief => 2,
            Self::FinalFile => 3,
            Self::RawFile => 4,
            Self::RejectedFile => 5,
            Self::SupportRequest => 6,
            Self::SupportAnswer => 7,
            Self::DatasetEntry => 8,
            Self::Evidence => 9,
        }
    }

    /// The kind of a stored number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Brief, Self::TranslatedBrief, Self::FinalFile, Self::RawFile, Self::RejectedFile]
            .into_iter()
            .find(|kind| kind.number() == number)
    }
}

/// How many tokens a text is expected to have: Mistral's tokenizer averages above three bytes a token on English and French,
/// so this errs on the side of reserving too much; settlement gives the difference back.
#[must_use]
pub fn estimated_tokens(text: &str) -> i64 {
    i64::try_from(text.len().div_ceil(3)).unwrap_or(i64::MAX)
}

/// An answer of the model that the checker turned down: the content of [`ContentKind::RejectedFile`], as JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectedOutput {
    /// The model's text.
    pub output: String,
    /// Why. No personal data (promise a14).
    pub findings: Vec<RejectedBecause>,
}

/// One finding of the checker's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectedBecause {
    /// A JSON pointer made of schema words and positions.
    pub path: String,
    /// A fixed sentence, with numbers.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_err_upwards() {
        assert_eq!(estimated_tokens(""), 0);
        assert_eq!(estimated_tokens("four"), 2);
        assert_eq!(Status::from_name("delivered"), Some(Status::Delivered));
        assert_eq!(Status::from_name("other"), None);
        assert_eq!(ContentKind::from_number(4), Some(ContentKind::RawFile));
        assert_eq!([0, 6].map(ContentKind::from_number), [None, None]);
    }
}
