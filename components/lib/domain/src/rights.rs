//! The person's rights (GDPR, Art. 15 to 22): limits and words.

use serde::{Deserialize, Serialize};

/// Within what a request must be answered, in seconds: one month, counted as 30 days (promise a70).
pub const ANSWER_SECONDS: i64 = 30 * 86_400;
/// What notice adds to that: two more months.
pub const EXTENSION_SECONDS: i64 = 60 * 86_400;
/// Exports a day for one person.
pub const EXPORTS_PER_DAY: i32 = 3;
/// How long an export counts as running after it was last heard of, in seconds.
pub const EXPORT_LEASE_SECONDS: i64 = 120;

/// What a person may consent to, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// That their generations may improve the model (promises a07, a18, c03).
    Training,
    /// Marketing mail (promise a77).
    Marketing,
    /// Taking part in the beta test (promise a07).
    Beta,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Training, Self::Marketing, Self::Beta];

    /// The name as stored and in paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Marketing => "marketing",
            Self::Beta => "beta",
        }
    }

    /// The purpose of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_found_by_their_names() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::from_name(purpose.name()), Some(purpose));
            assert_eq!(serde_json::to_value(purpose).ok(), Some(purpose.name().into()));
        }
        assert_eq!(Purpose::from_name("Training"), None);
    }
}
