//! Email addresses: one address is one account, whatever its letter case (promise a04).

use std::{fmt, str::FromStr};

use email_address::{EmailAddress, Options};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The most bytes an address may have (RFC 5321, 4.5.3.1.3: a path of 256 with its two brackets).
pub const MAX_BYTES: usize = 254;

/// An address without surrounding space and in lower case, which is what makes two spellings one account.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Email(String);

/// The text is not an email address we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an email address")]
pub struct NotAnEmail;

impl Email {
    /// Parses an address: `local@domain.tld` by RFC 5321, with no display name, no comment and no address literal.
    ///
    /// # Errors
    /// [`NotAnEmail`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim();
        if text.len() > MAX_BYTES || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(NotAnEmail);
        }
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        EmailAddress::parse_with_options(text, options).map_err(|_| NotAnEmail)?;
        Ok(Self(text.to_lowercase()))
    }

    /// The address itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Email {
    /// The mask `j***@e***.com`: enough for support to recognise, not enough to write to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or(("", ""));
        let (name, tld) = domain.rsplit_once('.').unwrap_or((domain, ""));
        let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
        write!(f, "{}***@{}***.{tld}", first(local), first(name))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a04_case_and_space_do_not_make_a_second_address() {
        assert_eq!(Email::parse(" Jane.Doe@Example.COM\t"), Email::parse("jane.doe@example.com"));
    }

    #[test]
    fn what_looks_alike_is_another_address_unless_lower_case_makes_it_the_same() {
        let jane = Email::parse("jack@example.com").expect("an address");
        // Cyrillic, full width, dotless: whoever owns such an address is somebody else.
        for other in ["j\u{430}ck@example.com", "\u{ff4a}ack@example.com", "jack@ex\u{430}mple.com"] {
            assert_ne!(Email::parse(other).as_ref(), Ok(&jane), "{other}");
        }
        // The Kelvin sign is a capital k: it is kept, compared and written to as `k`, never as it was typed.
        assert_eq!(Email::parse("jac\u{212a}@example.com").expect("an address").expose(), "jack@example.com");
    }

    #[test]
    fn promise_a20_an_address_is_masked_when_written() {
        let email = Email::parse("jane@example.com").expect("an address");
        assert_eq!(format!("{email} {email:?}"), "j***@e***.com j***@e***.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "jane",
            "jane@",
            "@example.com",
            "jane@localhost",
            "Jane <jane@example.com>",
            "jane@[127.0.0.1]",
            "a b@example.com",
            "a@b@example.com",
            "jane@example.com\0",
            "jane@example.com\nBcc: x@example.com",
            "jane@example.com,x@example.com",
            "ja\u{200b}ne@example.com",
            "\u{202e}jane@example.com",
            "ja\u{301}ne@example.com",
            "jane@example.com.",
            "jane@example\u{3002}com",
            &long,
        ] {
            assert_eq!(Email::parse(text), Err(NotAnEmail), "{text}");
        }
    }
}
