//! Personal data as types that hide themselves (decision 5): `Debug` and `Display` show a mask, so that a log line can take
//! any value; getting the value out is the named call `expose`.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! hidden {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
        pub struct $name(String);

        impl $name {
            /// Wraps a value as it is.
            #[must_use]
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The value itself. Every caller is a place where personal data leaves its wrapper.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("<", $what, ", {} bytes>"), self.0.len())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self)
            }
        }
    };
}

hidden! {
    /// The free text a user submits.
    Brief, "brief"
}
hidden! {
    /// A parametric file, raw or final.
    FileText, "file"
}
hidden! {
    /// A code sent by SMS. Six digits once checked by [`crate::otp::parse_code`].
    OtpCode, "code"
}
hidden! {
    /// A password as typed.
    Password, "password"
}
hidden! {
    /// A key, token or provider secret.
    Secret, "secret"
}
hidden! {
    /// A first or last name.
    PersonName, "name"
}

/// The most characters a brief may have (contract: 1 to 4,000).
pub const BRIEF_MAX_CHARS: usize = 4_000;

/// The most characters a name may have.
pub const NAME_MAX_CHARS: usize = 100;

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More characters than allowed; holds the limit.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// A control character other than tab and line breaks, or a NUL.
    #[error("must not contain control characters")]
    Control,
}

impl Brief {
    /// Checks a brief: 1 to 4,000 characters, not only white space, no control characters but tab and line breaks.
    ///
    /// # Errors
    /// [`TextError`] says which rule it breaks.
    pub fn parse(&self) -> Result<(), TextError> {
        check_text(&self.0, BRIEF_MAX_CHARS, true)
    }
}

impl PersonName {
    /// Checks a name: 1 to 100 characters, no control characters.
    ///
    /// # Errors
    /// [`TextError`] says which rule it breaks.
    pub fn parse(&self) -> Result<(), TextError> {
        check_text(&self.0, NAME_MAX_CHARS, false)
    }
}

pub(crate) fn check_text(text: &str, max: usize, lines: bool) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    let allowed = |c: char| lines && matches!(c, '\t' | '\n' | '\r');
    if text.chars().any(|c| c.is_control() && !allowed(c)) {
        return Err(TextError::Control);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a20_values_hide_themselves_in_logs() {
        let brief = Brief::new("poster for the wedding of Anna");
        assert_eq!(format!("{brief} {brief:?}"), "<brief, 30 bytes> <brief, 30 bytes>");
        assert_eq!(format!("{:?}", OtpCode::new("123456")), "<code, 6 bytes>");
        assert_eq!(format!("{:?}", Some(Password::new("hunter2hunter2"))), "Some(<password, 14 bytes>)");
    }

    #[test]
    fn briefs_are_bounded_in_characters_not_bytes() {
        assert_eq!(Brief::new("é".repeat(4_000)).parse(), Ok(()));
        assert_eq!(Brief::new("é".repeat(4_001)).parse(), Err(TextError::TooLong(4_000)));
        assert_eq!(Brief::new(" \n\t").parse(), Err(TextError::Empty));
        assert_eq!(Brief::new("a\0b").parse(), Err(TextError::Control));
        assert_eq!(Brief::new("two\r\nlines").parse(), Ok(()));
    }
}
