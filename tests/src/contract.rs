//! The contract as the suite knows it: the problems with their statuses, the lifetimes and limits.

use std::time::Duration;

/// Every problem that the contract names, with its status.
pub const PROBLEMS: &[(&str, u16)] = &[
    ("unauthenticated", 401),
    ("not-found", 404),
    ("method-not-allowed", 405),
    ("malformed-body", 400),
    ("malformed-request", 400),
    ("payload-too-large", 413),
    ("unsupported-media-type", 415),
    ("invalid-request", 422),
    ("rate-limited", 429),
    ("internal", 500),
    ("not-configured", 503),
    ("unavailable", 503),
    ("otp-invalid", 422),
    ("otp-expired", 410),
    ("otp-locked", 429),
    ("account-blocked", 403),
    ("credentials-invalid", 401),
    ("phone-unverified", 403),
    ("account-locked", 429),
    ("current-password-invalid", 422),
    ("token-expired", 410),
    ("session-invalid", 401),
    ("origin-refused", 403),
    ("reauthentication-required", 403),
    ("oauth-failed", 400),
    ("email-unverified", 409),
    ("link-conflict", 409),
    ("last-link", 409),
    ("quota-exhausted", 402),
    ("quota-reserved", 429),
    ("brief-refused", 422),
    ("processing-restricted", 403),
    ("idempotency-conflict", 409),
    ("generation-running", 409),
    ("content-expired", 410),
    ("signature-invalid", 400),
    ("gift-code-invalid", 404),
    ("model-invalid-output", 502),
    ("model-unavailable", 503),
    ("model-timeout", 504),
];

/// An access token.
pub const ACCESS: Duration = Duration::from_mins(15);
/// A refresh token.
pub const REFRESH: Duration = Duration::from_hours(7 * 24);
/// A family of refresh tokens.
pub const FAMILY: Duration = Duration::from_hours(90 * 24);
/// A code.
pub const CODE: Duration = Duration::from_mins(10);
/// A lock after five wrong codes.
pub const LOCK: Duration = Duration::from_mins(15);
/// A day.
pub const DAY: Duration = Duration::from_hours(24);
/// The generation's deadline, after which a running one has failed.
pub const GENERATION: Duration = Duration::from_mins(5);

/// The status of a problem.
///
/// # Panics
/// The contract has no such problem.
#[must_use]
pub fn status_of(problem: &str) -> u16 {
    let known = PROBLEMS.iter().find(|(name, _)| *name == problem);
    known.unwrap_or_else(|| panic!("the contract has no problem {problem:?}")).1
}
