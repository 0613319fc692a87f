//! The providers an account may sign in with, and what their word about an address is worth (promise a05).

use serde::{Deserialize, Serialize};

use crate::Email;

/// A provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// `OpenID` Connect.
    Google,
    /// `OAuth` 2.0 and its own API.
    Github,
    /// `OpenID` Connect.
    Linkedin,
    /// `OAuth` 2.0 and the Graph API.
    Facebook,
}

/// What may be done with an address that a provider names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailTrust {
    /// Nothing: there is none, or the provider itself says that it was not verified.
    None,
    /// It joins an account after the address itself has confirmed it: the provider cannot know whose it is today.
    Claimed,
    /// It joins an account at once: the provider has verified it, and where somebody else gives addresses away, says so.
    Owned,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Google, Self::Github, Self::Linkedin, Self::Facebook];

    /// The name in paths, variables and rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Github => "github",
            Self::Linkedin => "linkedin",
            Self::Facebook => "facebook",
        }
    }

    /// The name as people know it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Github => "GitHub",
            Self::Linkedin => "LinkedIn",
            Self::Facebook => "Facebook",
        }
    }

    /// Reads a name as [`Provider::name`] writes it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// What its word about an address is worth. `verified` is its flag (Facebook has none), `hosted` Google's claim `hd`: only for its
    /// own domain and for those it hosts is Google sure that the address still belongs to the person; any other was checked once, when
    /// that Google account was made.
    #[must_use]
    pub fn trust(self, email: &Email, verified: bool, hosted: bool) -> EmailTrust {
        let own = email.expose().ends_with("@gmail.com");
        match self {
            Self::Facebook => EmailTrust::Claimed,
            _ if !verified => EmailTrust::None,
            Self::Google if !own && !hosted => EmailTrust::Claimed,
            Self::Google | Self::Github | Self::Linkedin => EmailTrust::Owned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for provider in Provider::ALL {
            assert_eq!(Provider::from_name(provider.name()), Some(provider));
            assert_eq!(provider.title().to_lowercase(), provider.name());
        }
        assert_eq!(Provider::from_name("Google"), None);
    }

    #[test]
    fn promise_a05_an_address_joins_only_where_the_provider_can_know() {
        let trust = |provider: Provider, email: &str, verified, hosted| {
            provider.trust(&Email::parse(email).expect("an address"), verified, hosted)
        };
        assert_eq!(trust(Provider::Google, "ada@gmail.com", true, false), EmailTrust::Owned);
        assert_eq!(trust(Provider::Google, "ada@example.com", true, true), EmailTrust::Owned);
        assert_eq!(trust(Provider::Google, "ada@example.com", true, false), EmailTrust::Claimed);
        assert_eq!(trust(Provider::Google, "ada@notgmail.com", true, false), EmailTrust::Claimed);
        assert_eq!(trust(Provider::Google, "ada@gmail.com", false, true), EmailTrust::None);
        for provider in [Provider::Github, Provider::Linkedin] {
            assert_eq!(trust(provider, "ada@example.com", true, false), EmailTrust::Owned);
            assert_eq!(trust(provider, "ada@example.com", false, false), EmailTrust::None);
        }
        assert_eq!(trust(Provider::Facebook, "ada@gmail.com", true, true), EmailTrust::Claimed);
    }
}
