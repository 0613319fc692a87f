//! Who a provider says has signed in.

use domain::{Email, PersonName, Provider, provider::EmailTrust};

/// The most bytes of an external id: `OpenID` Connect Core 1.0, 2 allows `sub` 255.
const ID_BYTES: usize = 255;

/// What we take from a provider (promise a05): the stable id, the address, and names if they were given. Nothing else is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider's stable id of the person.
    pub external_id: String,
    /// The address, where there is one that can be written to.
    pub email: Option<Email>,
    /// What the provider's word about that address is worth.
    pub trust: EmailTrust,
    /// If given.
    pub first_name: Option<PersonName>,
    /// If given.
    pub last_name: Option<PersonName>,
}

/// The same as the provider wrote it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Raw<'a> {
    pub(crate) id: &'a str,
    pub(crate) email: Option<&'a str>,
    pub(crate) verified: bool,
    pub(crate) hosted: bool,
    pub(crate) first_name: Option<&'a str>,
    pub(crate) last_name: Option<&'a str>,
}

impl Identity {
    /// Takes over what is sound. `None` without an id; an address or a name that is none counts as not given.
    pub(crate) fn of(provider: Provider, raw: Raw<'_>) -> Option<Self> {
        if raw.id.is_empty() || raw.id.len() > ID_BYTES || raw.id.chars().any(char::is_control) {
            return None;
        }
        let email = raw.email.and_then(|text| Email::parse(text).ok());
        let trust = email.as_ref().map_or(EmailTrust::None, |email| provider.trust(email, raw.verified, raw.hosted));
        let name = |text: Option<&str>| {
            let name = PersonName::new(text.unwrap_or_default().trim());
            name.parse().is_ok().then_some(name)
        };
        Some(Self {
            external_id: raw.id.to_owned(),
            email,
            trust,
            first_name: name(raw.first_name),
            last_name: name(raw.last_name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sound_is_taken_over() {
        let raw =
            Raw { id: "1", email: Some("ada@example.com"), first_name: Some(" Ada "), last_name: Some(" "), ..Raw::default() };
        let identity = Identity::of(Provider::Facebook, raw).expect("an identity");
        assert_eq!(identity.first_name.as_ref().map(PersonName::expose), Some("Ada"));
        assert_eq!((identity.last_name, identity.trust), (None, EmailTrust::Claimed));
        let none = Identity::of(Provider::Facebook, Raw { email: Some("no address"), ..raw }).expect("an identity");
        assert_eq!((none.email, none.trust), (None, EmailTrust::None));
        let long = "x".repeat(256);
        for id in ["", "a\nb", &long] {
            assert_eq!(Identity::of(Provider::Google, Raw { id, ..raw }), None, "{id}");
        }
    }
}
