//! One-time tokens of mails: 32 random bytes, of which a row keeps a keyed hash. They travel in text-only mails, since Brevo rewrites
//! the links of HTML for tracking, and in the fragment of a link, which no server ever sees.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::Secret;
use jiff::Timestamp;
use store::accounts::email::NewToken;
use vault::{MacKey, random};

use crate::{Problem, after};

/// Bytes of a token.
const LENGTH: usize = 32;

/// What a token is for: the page of ours that takes it from the fragment of its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Proves an address (`POST /v1/email/confirm`).
    Confirm,
    /// Sets a new password (`POST /v1/password/reset`).
    Reset,
}

/// A new token.
pub struct EmailToken {
    text: Secret,
    stored: String,
    expires: Timestamp,
}

impl EmailToken {
    /// Makes one that is good for so many seconds.
    ///
    /// # Errors
    /// 500 if the runtime has no random bytes.
    pub fn make(key: &MacKey, now: Timestamp, seconds: i64) -> Result<Self, Problem> {
        let text = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<LENGTH>()?);
        let stored = stored(key, &text);
        Ok(Self { text: Secret::new(text), stored, expires: after(now, seconds) })
    }

    /// As a statement takes it.
    #[must_use]
    pub fn new_token(&self) -> NewToken<'_> {
        NewToken { stored: &self.stored, expires: self.expires }
    }

    /// The link for a mail.
    #[must_use]
    pub fn link(&self, public_url: &str, page: Page) -> String {
        let page = match page {
            Page::Confirm => "confirm-email",
            Page::Reset => "reset-password",
        };
        format!("{public_url}/{page}#token={}", self.text.expose())
    }
}

/// What a row keeps of the token that a caller presents; `None` for what is none of ours.
#[must_use]
pub fn presented(key: &MacKey, text: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
    (bytes.len() == LENGTH).then(|| stored(key, text.trim()))
}

fn stored(key: &MacKey, text: &str) -> String {
    key.lookup("email-token", &[text.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_link_is_recognised_and_nothing_else() {
        let key = MacKey::parse(&BASE64_URL_SAFE_NO_PAD.encode([7; 32])).expect("a key");
        let token = EmailToken::make(&key, Timestamp::UNIX_EPOCH, 60).expect("random");
        let link = token.link("https://asknpic.example", Page::Reset);
        let (page, text) = link.split_once("#token=").expect("a fragment");
        assert_eq!(page, "https://asknpic.example/reset-password");
        assert_eq!(presented(&key, text).as_deref(), Some(token.new_token().stored));
        assert!(!token.stored.contains(text) && text.len() == 43);
        let longer = BASE64_URL_SAFE_NO_PAD.encode([0; LENGTH + 1]);
        for other in ["", "x", "====", longer.as_str(), "a b"] {
            assert_eq!(presented(&key, other), None, "{other}");
        }
    }
}
