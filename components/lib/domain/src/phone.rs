//! Phone numbers in E.164 (ITU-T): `+`, country code, national number, 15 digits at most.
//!
//! Only syntax and prefixes are checked here. Numbering plans of each country weigh 2 MB in a component; the command line has
//! them, and a number that does not exist never gets its code.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A number in E.164.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Phone(String);

/// The text is not a phone number in international form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a phone number in international form, such as +33612345678")]
pub struct NotAPhone;

/// Country codes of two digits (ITU-T E.164 assigned codes). 1 and 7 have one digit, every other code has three.
const TWO_DIGITS: [u8; 40] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64,
    65, 66, 81, 82, 84, 86, 90, 91, 92,
];

/// Those that [`TWO_DIGITS`] has no room for.
const TWO_DIGITS_MORE: [u8; 4] = [93, 94, 95, 98];

impl Phone {
    /// Parses a number: `+` and 8 to 15 digits, the first not 0; spaces, dots, hyphens and parentheses between digits are
    /// dropped, since people type them.
    ///
    /// # Errors
    /// [`NotAPhone`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotAPhone> {
        let text = text.trim();
        if text.len() > 32 {
            return Err(NotAPhone);
        }
        let rest = text.strip_prefix('+').ok_or(NotAPhone)?;
        let digits: String = rest.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')' | '\u{a0}' | '\u{202f}')).collect();
        let valid = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if valid { Ok(Self(format!("+{digits}"))) } else { Err(NotAPhone) }
    }

    /// The number itself, `+` and digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The country code with its `+`: what SMS limits by country are counted under.
    #[must_use]
    pub fn country_prefix(&self) -> &str {
        let digits = self.0.get(1..3).and_then(|two| two.parse::<u8>().ok()).unwrap_or(0);
        let length = match self.0.as_bytes().get(1) {
            Some(b'1' | b'7') => 1,
            _ if TWO_DIGITS.contains(&digits) || TWO_DIGITS_MORE.contains(&digits) => 2,
            _ => 3,
        };
        self.0.get(..=length).unwrap_or(&self.0)
    }

    /// Whether the number begins with one of the comma-separated prefixes; an empty list allows all.
    #[must_use]
    pub fn allowed_by(&self, prefixes: &str) -> bool {
        let mut listed = prefixes.split(',').map(str::trim).filter(|prefix| !prefix.is_empty()).peekable();
        listed.peek().is_none() || listed.any(|prefix| self.0.starts_with(prefix))
    }
}

impl fmt::Display for Phone {
    /// The mask `+33***78`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.get(self.0.len().saturating_sub(2)..).unwrap_or_default();
        write!(f, "{}***{end}", self.country_prefix())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_people_type_them() {
        for text in ["+33612345678", " +33 6 12 34 56 78 ", "+33 (6) 12.34-56.78"] {
            assert_eq!(Phone::parse(text).map(|phone| phone.expose().to_owned()), Ok("+33612345678".to_owned()));
        }
        for text in [
            "",
            "0612345678",
            "+0612345678",
            "+331234",
            "+3361234567890123",
            "+33 6 12 34 56 7x",
            "++33612345678",
            "+٣٣٦١٢٣٤٥٦٧٨",
        ] {
            assert_eq!(Phone::parse(text), Err(NotAPhone), "{text}");
        }
    }

    #[test]
    fn promise_a20_a_number_is_masked_when_written() {
        let phone = Phone::parse("+33612345678").expect("a number");
        assert_eq!(format!("{phone} {phone:?}"), "+33***78 +33***78");
    }

    #[test]
    fn country_prefixes_and_allow_lists() {
        let prefix = |text: &str| Phone::parse(text).expect("a number").country_prefix().to_owned();
        assert_eq!(prefix("+12025550123"), "+1");
        assert_eq!(prefix("+41791234567"), "+41");
        assert_eq!(prefix("+352621123456"), "+352");
        assert_eq!(prefix("+989121234567"), "+98");
        let phone = Phone::parse("+41791234567").expect("a number");
        assert!(phone.allowed_by("") && phone.allowed_by("+33, +41") && !phone.allowed_by("+33"));
    }
}
