//! Accounts that nobody uses (promise a48): erased after 12 months, warned about 30 days before.

/// After so many seconds without a sign-in or a generation an account is erased: 365 days.
pub const ERASED_AFTER_SECONDS: i64 = 365 * 86_400;
/// How long before that its person is warned, in seconds, and how long after a warning it is erased at the earliest: 30 days.
pub const WARNING_SECONDS: i64 = 30 * 86_400;
/// After so many seconds without use the warning is sent.
pub const WARNED_AFTER_SECONDS: i64 = ERASED_AFTER_SECONDS - WARNING_SECONDS;

/// When an account will be erased that was last active and is warned at these times (Unix seconds).
#[must_use]
pub fn erased_at(active: i64, warned: i64) -> i64 {
    active.saturating_add(ERASED_AFTER_SECONDS).max(warned.saturating_add(WARNING_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a48_a_late_warning_leaves_its_thirty_days() {
        assert_eq!(erased_at(0, WARNED_AFTER_SECONDS), ERASED_AFTER_SECONDS);
        assert_eq!(erased_at(0, ERASED_AFTER_SECONDS), ERASED_AFTER_SECONDS + WARNING_SECONDS);
    }
}
