//! How long tokens and sessions live (promise a66). Times are in seconds.

/// An access token.
pub const ACCESS_SECONDS: i64 = 900;
/// A refresh token since it was issued.
pub const REFRESH_SECONDS: i64 = 7 * 86_400;
/// A family of refresh tokens since its sign-in.
pub const FAMILY_SECONDS: i64 = 90 * 86_400;
/// How long after a rotation its predecessor still gets the same successor (two tabs at once).
pub const REPEAT_SECONDS: i64 = 10;

/// How long a sign-in or a code counts as *recent* (promise a08).
pub const RECENT_SECONDS: i64 = 600;

/// How long somebody may take at a provider's (contract: the cookie `oauth_state`).
pub const OAUTH_SECONDS: i64 = 600;

/// How long an address may take to confirm a sign-in with a provider that does not vouch for it.
pub const CLAIM_SECONDS: i64 = 3_600;

/// The delay after failed sign-ins of one account from one address: none for four, then 1, 2, 4, 8 and at most 15 minutes.
#[must_use]
pub fn lockout_seconds(failures: i32) -> i64 {
    match failures {
        ..=4 => 0,
        5..=8 => 60 << (failures - 5),
        _ => 900,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_to_a_quarter_of_an_hour() {
        let delays: Vec<_> = (4..=10).map(lockout_seconds).collect();
        assert_eq!(delays, [0, 60, 120, 240, 480, 900, 900]);
    }
}
