//! What a password must be (contract: 12 to 128 characters, not a common one; NIST SP 800-63B asks no more).

use crate::personal::Password;

/// The fewest characters.
pub const MIN_CHARS: usize = 12;
/// The most characters.
pub const MAX_CHARS: usize = 128;

/// Passwords of at least twelve characters that lists of leaked ones put first, in lower case, one a line.
const COMMON: &str = include_str!("../data/common-passwords.txt");

/// Why a password was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than twelve or more than 128 characters.
    #[error("must have {MIN_CHARS} to {MAX_CHARS} characters")]
    Length,
    /// On the list, or a single character or a short run repeated.
    #[error("is too common: choose another one")]
    Common,
}

impl Password {
    /// Checks the rules for a new password. Characters are Unicode scalar values; nothing is trimmed.
    ///
    /// # Errors
    /// [`PasswordError`] says which rule it breaks.
    pub fn parse(&self) -> Result<(), PasswordError> {
        let chars = self.expose().chars().count();
        if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
            return Err(PasswordError::Length);
        }
        let lower = self.expose().to_lowercase();
        if COMMON.lines().any(|common| common == lower) || is_short_run_repeated(&lower) {
            return Err(PasswordError::Common);
        }
        Ok(())
    }
}

/// Whether a text is a run of one to three characters again and again (`abcabcabcabc`).
fn is_short_run_repeated(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=3).any(|run| chars.iter().skip(run).zip(&chars).all(|(later, earlier)| later == earlier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let check = |text: &str| Password::new(text).parse();
        assert_eq!(check("correct horse battery"), Ok(()));
        assert_eq!(check("éàüöçñ-éàüöç"), Ok(()));
        assert_eq!(check("short"), Err(PasswordError::Length));
        assert_eq!(check(&"long-".repeat(26)), Err(PasswordError::Length));
        assert_eq!(check("Password12345"), Err(PasswordError::Common));
        assert_eq!(check("abcabcabcabca"), Err(PasswordError::Common));
        assert_eq!(check("ZZZZZZZZZZZZZ"), Err(PasswordError::Common));
    }

    #[test]
    fn the_list_is_lower_case_and_long_enough_to_matter() {
        assert!(COMMON.lines().count() > 150);
        assert!(COMMON.lines().all(|line| line == line.to_lowercase() && line.chars().count() >= MIN_CHARS));
    }
}
