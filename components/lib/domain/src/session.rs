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

/// Failed sign-ins to one account from one address prefix that cost no wait.
pub const FREE_HERE: i32 = 4;
/// Failed sign-ins to one account from everywhere that cost no wait. More, since they may be somebody else's.
pub const FREE_EVERYWHERE: i32 = 20;
/// The wait after the first, second, … failure beyond the free ones, in seconds; the last stands for all that follow: nobody can lock
/// somebody else out for longer than a quarter of an hour.
pub const LOCKOUT_SECONDS: [i32; 5] = [60, 120, 240, 480, 900];

/// How long the token of a mail is good for that proves an address.
pub const CONFIRM_SECONDS: i64 = 86_400;
/// How long the token of a mail is good for that sets a new password.
pub const RESET_SECONDS: i64 = 1_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_to_a_quarter_of_an_hour_and_no_further() {
        assert!(LOCKOUT_SECONDS.is_sorted());
        assert_eq!(LOCKOUT_SECONDS.last(), Some(&900));
    }
}
