//! An erasure: its steps and its times (promises a49, a62).

use crate::generation::DEADLINE_SECONDS;

/// How long a backup or a WAL segment of the accounts database may live, in seconds: with it the last copy of a salt ends.
pub const BACKUP_SECONDS: i64 = 7 * 86_400;
/// When the content steps come once more, in seconds after the account died: after the longest generation deadline, with a minute
/// for clocks that differ.
pub const AGAIN_SECONDS: i64 = DEADLINE_SECONDS + 60;

/// One step. Each can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Key, account, sessions: done by the statement that wrote the journal.
    Account,
    /// Briefs and translated briefs.
    Briefs,
    /// Final, raw and rejected files.
    Files,
    /// Generations' metadata, reduced to what is not personal.
    Metadata,
    /// Entries of the training dataset.
    Dataset,
    /// The customer at Stripe: subscription cancelled, personal data removed.
    Stripe,
    /// The contact at Brevo.
    Brevo,
    /// Briefs, after the longest generation deadline.
    BriefsAgain,
    /// Files, after the longest generation deadline.
    FilesAgain,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 9] = [
        Self::Account,
        Self::Briefs,
        Self::Files,
        Self::Metadata,
        Self::Dataset,
        Self::Stripe,
        Self::Brevo,
        Self::BriefsAgain,
        Self::FilesAgain,
    ];

    /// The name as stored and as in the receipt.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Briefs => "briefs",
            Self::Files => "files",
            Self::Metadata => "metadata",
            Self::Dataset => "dataset",
            Self::Stripe => "stripe",
            Self::Brevo => "brevo",
            Self::BriefsAgain => "briefs-again",
            Self::FilesAgain => "files-again",
        }
    }

    /// The step of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention;

    #[test]
    fn names_are_unique_and_found_again() {
        for step in Step::ALL {
            assert_eq!(Step::from_name(step.name()), Some(step));
        }
        assert_eq!(Step::from_name("other"), None);
    }

    #[test]
    fn promise_a49_each_thing_that_remains_has_an_end() {
        for id in ["billing-records", "security-events", "evidence", "anonymous-metadata", "proofs"] {
            let rule = retention::rule_of(id).unwrap_or_else(|| panic!("{id} is a rule"));
            let closed = "2026-11-21T12:00:00Z".parse().expect("a time");
            assert!(rule.due_at(closed).is_some_and(|until| until > closed), "{id}");
        }
    }
}
