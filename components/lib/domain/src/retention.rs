//! How long each kind of data is kept: the one table of rules, from the product's plans and promises. Column comments
//! (`retention: <id>`), the record of processing, receipts and the lifecycle job all refer to it.
//!
//! What must go counts in days, so that a leap day keeps nothing longer; what the law wants kept counts in years of the calendar, so that
//! none shortens it.

use jiff::{Timestamp, ToSpan as _, civil, tz::TimeZone};

use crate::{contact, inactivity};

/// How long a rule keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// As long as the account.
    Account,
    /// So many seconds.
    Seconds(i64),
    /// So many years of the calendar, in UTC. What is of a 29 February goes with the first second of March where there is none.
    Years(i16),
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
    /// What has been kept since then, or for longer, is due now. `None` where the period is no time, or the result none that can be told.
    #[must_use]
    pub fn due_since(&self, now: Timestamp) -> Option<Timestamp> {
        match self.period {
            Period::Seconds(seconds) => Timestamp::new(now.as_second().checked_sub(seconds)?, now.subsec_nanosecond()).ok(),
            // The day before a missing 29 February is that month's last.
            Period::Years(years) => utc(civil_of(now).checked_sub(years.years()).ok()?),
            Period::Account | Period::Plan | Period::Installation => None,
        }
    }

    /// When what is kept from then on is due: the first moment whose [`Rule::due_since`] is not before it. `None` as there.
    #[must_use]
    pub fn due_at(&self, from: Timestamp) -> Option<Timestamp> {
        match self.period {
            Period::Seconds(seconds) => Timestamp::new(from.as_second().checked_add(seconds)?, from.subsec_nanosecond()).ok(),
            Period::Years(years) => {
                let from = civil_of(from);
                let to = from.checked_add(years.years()).ok()?;
                if to.day() == from.day() {
                    utc(to)
                } else {
                    utc(to.date().tomorrow().ok()?.to_datetime(civil::Time::midnight()))
                }
            }
            Period::Account | Period::Plan | Period::Installation => None,
        }
    }
}

fn civil_of(time: Timestamp) -> civil::DateTime {
    TimeZone::UTC.to_datetime(time)
}

fn utc(time: civil::DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

/// The rule whose rows each have an end of their own.
pub const EVIDENCE: &str = "evidence";

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
        Period::Seconds(inactivity::ERASED_AFTER_SECONDS),
        "last activity",
        "accounts",
        "a48",
    ),
    rule(
        "inactive-unwarned",
        "accounts whose person was not warned yet",
        Period::Seconds(inactivity::WARNED_AFTER_SECONDS),
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
    rule("billing-records", "Stripe identifiers, amounts, dates, tax", Period::Years(10), "payment", "accounts", "a46"),
    rule("stripe-events", "Stripe's events: id, type, time, outcome", Period::Seconds(90 * DAY), "delivery", "accounts", "a30"),
    rule("checkouts", "checkouts on their way, and their keys", Period::Seconds(DAY), "beginning", "accounts", "a23"),
    rule("gift-codes", "gift codes", Period::Seconds(YEAR), "code's expiry", "accounts", "a33"),
    rule(EVIDENCE, "evidence for a serious breach of contract", Period::Seconds(5 * YEAR), "decision", "accounts", "a47"),
    rule("waitlist", "the waitlist", Period::Seconds(2 * YEAR), "last contact", "accounts", "a01"),
    rule("waitlist-pending", "wishes to be on the waitlist, not confirmed", Period::Seconds(7 * DAY), "wish", "accounts", "a01"),
    rule(
        "beta-unconfirmed",
        "beta candidacies that nobody confirmed",
        Period::Seconds(contact::CONFIRM_SECONDS),
        "candidacy",
        "accounts",
        "a07",
    ),
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

/// What the lifecycle job finds by a time that each row has: the name of its rule in the database (function `retention_rules`) and in the
/// job's answer, and the rule of [`RULES`] that says how long after that time; without one, the time itself is the end.
pub const SWEEPS: &[(&str, Option<&str>)] = &[
    ("stale_generations", None),
    ("limits", None),
    ("lockouts", None),
    ("idempotency_keys", None),
    ("verifications", None),
    ("email_tokens", None),
    ("exports", Some("exports")),
    ("oauth_states", None),
    ("oauth_claims", None),
    ("unproved_accounts", Some("unproved-accounts")),
    ("sessions", None),
    ("usage", Some("usage")),
    ("usage_summaries", Some("usage-summaries")),
    ("plan_gifts", None),
    ("checkouts", Some("checkouts")),
    ("stripe_events", Some("stripe-events")),
    ("gift_codes", Some("gift-codes")),
    ("billing_records", Some("billing-records")),
    ("billing_customers", Some("stripe-events")),
    ("waitlist_pending", None),
    ("waitlist", Some("waitlist")),
    ("beta_unconfirmed", Some("beta-unconfirmed")),
    ("beta_candidacies", Some("beta-candidacies")),
    ("support", Some("support")),
    ("evidence", None),
    ("evidence_log", Some("proofs")),
    ("security_events", Some("security-events")),
    ("erasure_ids", None),
    ("receipts", Some("proofs")),
    ("answered_requests", Some("proofs")),
    ("anonymous_metadata", None),
    ("inactive_warned", Some("inactive-unwarned")),
    ("mails_sent", None),
    ("mails_lost", Some("mails")),
];

/// The rule that says how long a sweep's rows are kept. `None`: there is no such sweep; `Some(None)`: their time itself is the end.
#[must_use]
pub fn kept_by(sweep: &str) -> Option<Option<&'static Rule>> {
    let (_, rule) = SWEEPS.iter().find(|(name, _)| *name == sweep)?;
    match rule {
        None => Some(None),
        Some(id) => rule_of(id).map(Some),
    }
}

/// The time of the rows that a sweep deals with now: of then or before. `None` where there is no such sweep.
#[must_use]
pub fn swept_before(sweep: &str, now: Timestamp) -> Option<Timestamp> {
    match kept_by(sweep)? {
        None => Some(now),
        Some(rule) => rule.due_since(now),
    }
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
            let now = time("2026-11-21T12:00:00.5Z");
            assert!(rule.due_since(now).is_none_or(|since| since < now && rule.due_at(since) == Some(now)), "{}", rule.id);
        }
        assert_eq!(rule_of("other"), None);
    }

    #[test]
    fn promise_a75_the_promised_periods_are_the_rules() {
        let days = |id: &str| match rule_of(id).map(|rule| rule.period) {
            Some(Period::Seconds(seconds)) => Some(seconds / DAY),
            _ => None,
        };
        for (id, expected) in [
            ("security-events", 365),
            ("anonymous-metadata", 30),
            ("usage", 90),
            ("usage-summaries", 730),
            ("evidence", 1825),
            ("waitlist", 730),
            ("erasure-ids", 7),
            ("uploads", 3),
            ("gift-codes", 365),
            ("stripe-events", 90),
        ] {
            assert_eq!(days(id), Some(expected), "{id}");
        }
        assert_eq!(rule_of("billing-records").map(|rule| rule.period), Some(Period::Years(10)));
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn promise_a46_ten_years_are_years_of_the_calendar() {
        let rule = rule_of("billing-records").expect("a rule");
        for (from, until) in [
            // Two leap days, then three, in between.
            ("2026-11-21T12:00:00Z", "2036-11-21T12:00:00Z"),
            ("2028-02-28T23:59:59Z", "2038-02-28T23:59:59Z"),
            ("2031-12-31T23:59:59.5Z", "2041-12-31T23:59:59.5Z"),
            // A leap day, whose tenth year has none.
            ("2028-02-29T00:00:00Z", "2038-03-01T00:00:00Z"),
            ("2028-02-29T18:30:00Z", "2038-03-01T00:00:00Z"),
            ("2028-03-01T00:00:00Z", "2038-03-01T00:00:00Z"),
        ] {
            let (from, until) = (time(from), time(until));
            assert_eq!(rule.due_at(from), Some(until), "{from}");
            let just_before = Timestamp::new(until.as_second() - 1, until.subsec_nanosecond()).expect("a time");
            assert!(rule.due_since(just_before).is_some_and(|since| since < from), "{from}: kept to its last second");
            assert!(rule.due_since(until).is_some_and(|since| since >= from), "{from}: and no longer");
        }
    }

    #[test]
    fn every_sweep_knows_its_time() {
        let now = time("2026-11-21T12:00:00Z");
        for (at, (sweep, rule)) in SWEEPS.iter().enumerate() {
            assert!(SWEEPS.iter().skip(at + 1).all(|(other, _)| other != sweep), "{sweep}");
            let before = swept_before(sweep, now);
            assert!(before.is_some_and(|before| (before < now) == rule.is_some()), "{sweep}");
        }
        assert_eq!(swept_before("other", now), None);
    }

    #[test]
    fn a_period_that_is_no_time_is_never_due() {
        for id in ["account", "content", "installation"] {
            let rule = rule_of(id).expect("a rule");
            assert_eq!((rule.due_since(time("2026-11-21T12:00:00Z")), rule.due_at(time("2026-11-21T12:00:00Z"))), (None, None));
        }
    }
}
