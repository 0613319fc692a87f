//! What GitHub's answers mean: `GET /user` for the id and name, `GET /user/emails` for the primary address and whether it was
//! verified. The address in `/user` is whatever the person chose to show, and says nothing.

use domain::Provider;
use serde::Deserialize;

use crate::identity::{Identity, Raw};

#[derive(Deserialize)]
struct User {
    id: u64,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

/// Who signed in; `None` where the answers are not of their documented form.
#[must_use]
pub fn identity(user: &[u8], emails: &[u8]) -> Option<Identity> {
    let user: User = serde_json::from_slice(user).ok()?;
    let emails: Vec<Address> = serde_json::from_slice(emails).ok()?;
    let primary = emails.iter().find(|address| address.primary);
    // One field for the whole name: what is before the first space, and the rest.
    let name = user.name.as_deref().unwrap_or_default().trim();
    let (first, last) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    let raw = Raw {
        id: &user.id.to_string(),
        email: primary.map(|address| address.email.as_str()),
        verified: primary.is_some_and(|address| address.verified),
        hosted: false,
        first_name: Some(first),
        last_name: Some(last),
    };
    Identity::of(Provider::Github, raw)
}

#[cfg(test)]
mod tests {
    use domain::{Email, PersonName, provider::EmailTrust};

    #[test]
    fn the_primary_address_counts_and_only_if_verified() {
        let user =
            br#"{"login": "ada", "id": 583231, "name": "Ada King Lovelace", "email": "shown@example.com", "type": "User"}"#;
        let emails = |verified: bool| {
            format!(
                r#"[{{"email": "other@example.com", "primary": false, "verified": true, "visibility": null}},
                    {{"email": "Ada@Example.com", "primary": true, "verified": {verified}, "visibility": "private"}}]"#
            )
        };
        let identity = |verified| super::identity(user, emails(verified).as_bytes()).expect("an identity");
        let good = identity(true);
        assert_eq!((good.external_id.as_str(), good.trust), ("583231", EmailTrust::Owned));
        assert_eq!(good.email, Email::parse("ada@example.com").ok());
        assert_eq!(good.first_name.as_ref().map(PersonName::expose), Some("Ada"));
        assert_eq!(good.last_name.as_ref().map(PersonName::expose), Some("King Lovelace"));
        assert_eq!(identity(false).trust, EmailTrust::None);
        let none = super::identity(br#"{"id": 1, "name": null}"#, b"[]").expect("an identity");
        assert_eq!((none.email, none.first_name, none.trust), (None, None, EmailTrust::None));
        assert!(super::identity(br#"{"message": "Bad credentials"}"#, b"[]").is_none());
    }
}
