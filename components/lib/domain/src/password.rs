//! What a password must be (contract: 12 to 128 characters, not a common one; NIST SP 800-63B asks no more).

use crate::{personal::Password, predictable::is_predictable};

/// The fewest characters.
pub const MIN_CHARS: usize = 12;
/// The most characters.
pub const MAX_CHARS: usize = 128;

/// Passwords of at least twelve characters that lists of leaked ones put first, in lower case, one a line.
const COMMON: &str = include_str!("../data/common-passwords.txt");

/// What we are called: part of no password that is anybody's own.
const PRODUCT: &str = "asknpic";

/// Why a password was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than twelve or more than 128 characters.
    #[error("must have {MIN_CHARS} to {MAX_CHARS} characters")]
    Length,
    /// On the list, or made of a few parts that everybody tries.
    #[error("is too common: choose another one")]
    Common,
    /// Nothing but what is known of its owner, or of us.
    #[error("must not be an email address, a phone number or a name: choose another one")]
    Personal,
}

impl Password {
    /// Checks the rules for a new password of somebody of whom this is known: email, phone, names. Characters are Unicode scalar values;
    /// nothing is trimmed, and letter case makes no password less common.
    ///
    /// # Errors
    /// [`PasswordError`] says which rule it breaks.
    pub fn parse_for(&self, owner: &[&str]) -> Result<(), PasswordError> {
        let chars = self.expose().chars().count();
        if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
            return Err(PasswordError::Length);
        }
        let lower = self.expose().to_lowercase();
        if owner.iter().copied().chain([PRODUCT]).any(|known| is_little_more(&lower, known)) {
            return Err(PasswordError::Personal);
        }
        if COMMON.lines().any(|common| common == lower) || is_predictable(&lower) {
            return Err(PasswordError::Common);
        }
        Ok(())
    }
}

/// Whether a password in lower case is something that is known of somebody, or the parts of an address before or after its `@`, whatever
/// signs are between its letters and with no more than digits around it.
fn is_little_more(lower: &str, known: &str) -> bool {
    let known = known.to_lowercase();
    let (whole, core) = (letters(lower), letters(lower));
    let core = core.trim_matches(|char: char| char.is_ascii_digit());
    let (local, domain) = known.split_once('@').unwrap_or((&known, ""));
    let name = domain.rsplit_once('.').map_or(domain, |(name, _)| name);
    [known.as_str(), local, domain, name].into_iter().map(letters).filter(|part| !part.is_empty()).any(|part| {
        let bare = part.trim_matches(|char: char| char.is_ascii_digit());
        whole == part || (!bare.is_empty() && (core == bare || core.replace(bare, "").is_empty() && !core.is_empty()))
    })
}

fn letters(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let check = |text: &str| Password::new(text).parse_for(&[]);
        assert_eq!(check("correct horse battery"), Ok(()));
        assert_eq!(check("éàüöçñ-éàüöç"), Ok(()));
        assert_eq!(check("short"), Err(PasswordError::Length));
        assert_eq!(check(&"long-".repeat(26)), Err(PasswordError::Length));
        assert_eq!(check("Password12345"), Err(PasswordError::Common));
        assert_eq!(check("abcabcabcabca"), Err(PasswordError::Common));
        assert_eq!(check("ZZZZZZZZZZZZZ"), Err(PasswordError::Common));
        assert_eq!(check("CorrectHorseBatteryStaple"), Err(PasswordError::Common));
        assert_eq!(check("P@ssw0rd-2026"), Err(PasswordError::Common));
        assert_eq!(check("Ask N Pic 2026!"), Err(PasswordError::Personal));
    }

    #[test]
    fn what_is_known_of_somebody_is_no_password_of_theirs() {
        let owner = ["jane.doe@gardening.example", "+33612345678", "Jane", "O'Hara-Smith"];
        let check = |text: &str| Password::new(text).parse_for(&owner);
        for text in [
            "jane.doe@gardening.example",
            "Jane.Doe@Gardening.Example",
            "JaneDoe12345",
            "2026-jane-doe!",
            "janedoejanedoe",
            "gardening.example",
            "Gardening-2026",
            "+33612345678",
            "33 6 12 34 56 78",
            "O'Hara-Smith",
            "ohara smith 1987",
            "asknpicasknpic",
        ] {
            assert_eq!(check(text), Err(PasswordError::Personal), "{text}");
        }
        for text in ["jane doe likes roses", "my gardening.example one"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_list_is_lower_case_and_long_enough_to_matter() {
        assert!(COMMON.lines().count() > 150);
        assert!(COMMON.lines().all(|line| line == line.to_lowercase() && line.chars().count() >= MIN_CHARS));
    }
}
