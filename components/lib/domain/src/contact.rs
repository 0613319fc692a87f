//! Waitlist (promise a01), beta candidacies (a07) and support requests (a76): what may be written in them.

use serde::{Deserialize, Deserializer, Serialize};

use crate::personal::{TextError, check_text};

/// How long an entry of the waitlist, or a candidacy, may wait for its confirmation, in seconds.
pub const CONFIRM_SECONDS: i64 = 7 * 86_400;
/// The most characters of an answer in the beta form.
pub const ANSWER_MAX_CHARS: usize = 500;
/// The most characters of the motivation in the beta form.
pub const MOTIVATION_MAX_CHARS: usize = 2_000;
/// The most characters of a support request's subject.
pub const SUBJECT_MAX_CHARS: usize = 200;
/// The most characters of a support request's text.
pub const MESSAGE_MAX_CHARS: usize = 10_000;

/// What somebody on the waitlist wants to hear about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interest {
    /// Becoming a beta tester.
    Beta,
    /// The launch.
    Launch,
}

impl Interest {
    /// The name as stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Beta => "beta",
            Self::Launch => "launch",
        }
    }

    /// The interest of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Beta, Self::Launch].into_iter().find(|interest| interest.name() == name)
    }
}

/// A country by its two letters (ISO 3166-1 alpha-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country([u8; 2]);

/// The text is not the code of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the two capital letters of a country")]
pub struct NotACountry;

/// The 249 codes that ISO 3166-1 assigns.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC \
    CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL \
    GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI \
    LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE \
    PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ \
    TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl Country {
    /// Reads a code.
    ///
    /// # Errors
    /// [`NotACountry`] for anything but two capital letters that are assigned.
    pub fn parse(text: &str) -> Result<Self, NotACountry> {
        let known = COUNTRIES.split(' ').any(|code| code == text);
        text.as_bytes().try_into().ok().filter(|_| known).map(Self).ok_or(NotACountry)
    }

    /// Its two letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A text that somebody wrote in a form. Hides itself in logs.
#[derive(Clone, PartialEq, Eq, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct FormText(String);

impl FormText {
    /// Wraps a text as it is.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Checks one line: 1 to `max` characters, no control characters.
    ///
    /// # Errors
    /// [`TextError`] says which rule it breaks.
    pub fn line(&self, max: usize) -> Result<(), TextError> {
        check_text(&self.0, max, false)
    }

    /// Checks a text of several lines: 1 to `max` characters, no control characters but tab and line breaks.
    ///
    /// # Errors
    /// [`TextError`] says which rule it breaks.
    pub fn lines(&self, max: usize) -> Result<(), TextError> {
        check_text(&self.0, max, true)
    }
}

impl std::fmt::Debug for FormText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<text, {} bytes>", self.0.len())
    }
}

impl<'de> Deserialize<'de> for FormText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_those_of_iso_3166() {
        assert_eq!(COUNTRIES.split(' ').count(), 249);
        assert_eq!(Country::parse("CH").map(|country| country.code().to_owned()), Ok("CH".to_owned()));
        for text in ["", "ch", "C", "CHE", "XX", "EU", "C H", "AD AE"] {
            assert_eq!(Country::parse(text), Err(NotACountry), "{text}");
        }
    }

    #[test]
    fn interests_are_found_by_their_names() {
        for interest in [Interest::Beta, Interest::Launch] {
            assert_eq!(Interest::from_name(interest.name()), Some(interest));
        }
        assert_eq!(Interest::from_name("news"), None);
    }

    #[test]
    fn promise_a20_a_form_hides_itself_in_logs_and_is_bounded() {
        let text = FormText::new("I am Zoë\nof Bern");
        assert_eq!(format!("{text:?}"), "<text, 17 bytes>");
        assert_eq!(text.line(100), Err(TextError::Control));
        assert_eq!((text.lines(16), text.lines(15)), (Ok(()), Err(TextError::TooLong(15))));
    }
}
