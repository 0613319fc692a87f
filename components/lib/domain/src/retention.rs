//! How long each kind of data is kept: the one table of rules, from the product's plans and promises. Column comments
//! (`retention: <id>`), the record of processing, receipts and the lifecycle job all refer to it.

/// How long a rule keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// As long as the account.
    Account,
    /// So many seconds.
    Seconds(i64),
    /// The plan's days of content (`plans.retention_days`); without any, as long as the account.
    Plan,
    /// As long as the installation: not about anybody.
    Installation,
}

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, in `retention:` of column comments, in receipts and in the lifecycle job's answer.
    pub id: &'static str,
    /// What is kept.
    pub what: &'static str,
    /// How long.
    pub period: Period,
    /// From when that counts.
    pub from: &'static str,
    /// In which database.
    pub database: &'static str,
    /// The promise it keeps.
    pub promise: &'static str,
}

impl Rule {
    /// The period in seconds, where it is a fixed one.
    #[must_use]
    pub fn seconds(&self) -> Option<i64> {
        match self.period {
            Period::Seconds(seconds) => Some(seconds),
            Period::Account | Period::Plan | Period::Installation => None,
        }
    }
}

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

const fn rule(
    id: &'static str,
    what: &'static str,
    period: Period,
    from: &'static str,
    database: &'static str,
    promise: &'static str,
) -> Rule {
    Rule { id, what, period, from, database, promise }
}

/// Every rule.
pub const RULES: &[Rule] = &[
    rule("account", "account data and consents", Period::Account, "sign-up", "accounts", "a40"),
    rule("unproved-accounts", "accounts whose phone was never verified", Period::Seconds(DAY), "sign-up", "accounts", "a67"),
    rule(
        "inactive-accounts",
        "accounts without sign-in or generation",
        Period::Seconds(YEAR),
        "last activity",
        "accounts",
        "a48",
    ),
    rule("sessions", "sessions", Period::Seconds(90 * DAY), "sign-in", "accounts", "a66"),
    rule("verifications", "codes and one-time tokens on their way", Period::Seconds(DAY), "sending", "accounts", "a67"),
    rule("limits", "keyed hashes of limits, lockouts and idempotency", Period::Seconds(DAY), "first use", "accounts", "a23"),
    rule("security-events", "security events, by bare id", Period::Seconds(YEAR), "event", "accounts", "a21"),
    rule("exports", "when exports were made, for their limits", Period::Seconds(DAY), "export", "accounts", "a70"),
    rule("content", "briefs, translated briefs, raw and final files", Period::Plan, "generation", "briefs, files", "a41"),
    rule("downgraded-content", "content beyond the plan", Period::Seconds(YEAR), "downgrade", "briefs, files", "a48"),
    rule("metadata", "generations' metadata", Period::Account, "generation", "accounts", "a43"),
    rule("corrections", "correction logs", Period::Account, "generation", "accounts", "a42"),
    rule(
        "anonymous-metadata",
        "what is left of generations, without ids",
        Period::Seconds(30 * DAY),
        "closing",
        "accounts",
        "a43",
    ),
    rule("dataset", "dataset entries: until erasure or objection", Period::Account, "copy", "dataset", "a44"),
    rule("dataset-removals", "wishes to leave the dataset", Period::Seconds(30 * DAY), "wish", "accounts", "a44"),
    rule("usage", "tokens by day and tenant", Period::Seconds(90 * DAY), "day of use", "accounts", "a45"),
    rule(
        "usage-summaries",
        "monthly sums by plan, without identities",
        Period::Seconds(2 * YEAR),
        "month's end",
        "accounts",
        "a45",
    ),
    rule("billing-records", "Stripe identifiers, amounts, dates, tax", Period::Seconds(10 * YEAR), "payment", "accounts", "a46"),
    rule("gift-codes", "gift codes", Period::Seconds(YEAR), "code's expiry", "accounts", "a33"),
    rule("evidence", "evidence for a serious breach of contract", Period::Seconds(5 * YEAR), "decision", "accounts", "a47"),
    rule("waitlist", "the waitlist", Period::Seconds(2 * YEAR), "last contact", "accounts", "a01"),
    rule("waitlist-pending", "wishes to be on the waitlist, not confirmed", Period::Seconds(7 * DAY), "wish", "accounts", "a01"),
    rule("mails", "mails that wait to be sent", Period::Seconds(7 * DAY), "decision", "accounts", "a77"),
    rule("beta-candidacies", "beta candidacies", Period::Seconds(YEAR), "candidacy", "accounts", "a07"),
    rule("support", "support requests", Period::Seconds(YEAR), "closing", "accounts", "a76"),
    rule("requests", "the register of exercised rights, of open accounts", Period::Account, "request", "accounts", "a70"),
    rule(
        "proofs",
        "proofs without identity: receipts, answered requests",
        Period::Seconds(5 * YEAR),
        "closing",
        "accounts",
        "a49",
    ),
    rule("erasure-ids", "ids in the journal of erasures", Period::Seconds(7 * DAY), "closing", "accounts", "a62"),
    rule("uploads", "uploaded source pictures", Period::Seconds(3 * DAY), "upload", "files", "b08"),
    rule("previews", "previews", Period::Seconds(7 * DAY), "rendering", "files", "b08"),
    rule("final-renders", "final renders", Period::Seconds(30 * DAY), "rendering", "files", "b08"),
    rule("adapters", "trained adapters", Period::Seconds(90 * DAY), "training", "files", "b08"),
    rule("installation", "settings that are about nobody", Period::Installation, "migration", "accounts", "a75"),
];

/// The rule of an id.
#[must_use]
pub fn rule_of(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_rule_says_what_it_is_about() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(RULES.iter().skip(at + 1).all(|other| other.id != rule.id), "{}", rule.id);
            assert_eq!(rule_of(rule.id), Some(rule));
            assert!(![rule.what, rule.from, rule.database, rule.promise].contains(&""), "{}", rule.id);
            assert!(rule.seconds().is_none_or(|seconds| seconds > 0), "{}", rule.id);
        }
        assert_eq!(rule_of("other"), None);
    }

    #[test]
    fn promise_a75_the_promised_periods_are_the_rules() {
        let days = |id: &str| rule_of(id).and_then(Rule::seconds).map(|seconds| seconds / DAY);
        for (id, expected) in [
            ("security-events", 365),
            ("anonymous-metadata", 30),
            ("usage", 90),
            ("usage-summaries", 730),
            ("billing-records", 3650),
            ("evidence", 1825),
            ("waitlist", 730),
            ("erasure-ids", 7),
            ("uploads", 3),
        ] {
            assert_eq!(days(id), Some(expected), "{id}");
        }
    }
}
