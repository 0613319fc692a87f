//! The rules of codes sent by SMS (promise a67, contract *No oracle*). Times are in seconds.

use crate::personal::OtpCode;

/// Digits of a code.
pub const DIGITS: usize = 6;
/// How long a code is good for.
pub const CODE_SECONDS: i64 = 600;
/// Wrong codes until a lockout, counted per account and per phone across codes.
pub const MAX_FAILURES: i32 = 5;
/// How long a lockout lasts.
pub const LOCK_SECONDS: i64 = 900;
/// Lockouts in a row until the account is blocked.
pub const MAX_LOCKOUTS: i32 = 3;
/// How long a verification (and a sign-up whose phone was never verified) lives.
pub const VERIFICATION_SECONDS: i64 = 86_400;

/// What a code is asked for. A code counts only for its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proves the phone of a sign-up, and signs in.
    Signup,
    /// Proves a new phone of an account that is signed in.
    Phone,
    /// Proves presence anew before a sensitive change.
    Reauthenticate,
}

impl Purpose {
    /// The name as stored and as in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Phone => "phone",
            Self::Reauthenticate => "reauthenticate",
        }
    }
}

/// Checks that a code has the shape of one: exactly six ASCII digits, surrounding white space aside.
#[must_use]
pub fn parse_code(text: &str) -> Option<OtpCode> {
    let text = text.trim();
    (text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit())).then(|| OtpCode::new(text))
}

/// Makes a code of random bytes without bias: numbers above the last multiple of a million are refused.
/// `None` asks the caller for other bytes (about one time in 4,000).
#[must_use]
pub fn code_from_random(random: [u8; 4]) -> Option<OtpCode> {
    let number = u32::from_be_bytes(random);
    let limit = u32::MAX - u32::MAX % 1_000_000;
    (number < limit).then(|| OtpCode::new(format!("{:06}", number % 1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits() {
        assert_eq!(parse_code(" 012345 ").map(|code| code.expose().to_owned()), Some("012345".to_owned()));
        for text in ["", "12345", "1234567", "12a456", "١٢٣٤٥٦"] {
            assert!(parse_code(text).is_none(), "{text}");
        }
        assert_eq!(code_from_random([0, 0, 0, 7]).map(|code| code.expose().to_owned()), Some("000007".to_owned()));
        assert!(code_from_random([0xff; 4]).is_none());
    }
}
