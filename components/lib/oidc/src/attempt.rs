//! One try to sign in: what binds the provider's answer to the browser that asked for it.
//!
//! Two random values are enough. `browser` is the cookie `oauth_state`, which only that browser has; `state` travels through the
//! provider. The nonce and the PKCE verifier are keyed hashes of both, so that nothing but a keyed hash of each has to be kept,
//! and a database that is read by somebody else finishes no sign-in.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{Provider, Secret};
use sha2::{Digest as _, Sha256};
use vault::{
    MacKey,
    random::{self, NoRandom},
};

/// Characters of either value: 32 bytes of base64url without padding.
const CHARS: usize = 43;

/// A try to sign in with one provider. Hides itself when written.
#[derive(Clone, Debug)]
pub struct Attempt {
    provider: Provider,
    browser: Secret,
    state: Secret,
}

impl Attempt {
    /// A fresh one.
    ///
    /// # Errors
    /// [`NoRandom`] if the runtime has no random bytes.
    pub fn new(provider: Provider) -> Result<Self, NoRandom> {
        let text = |bytes: [u8; 32]| Secret::new(BASE64_URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self { provider, browser: text(random::bytes()?), state: text(random::bytes()?) })
    }

    /// The one that a cookie and a parameter belong to; `None` where they cannot be ours.
    #[must_use]
    pub fn resume(provider: Provider, browser: &str, state: &str) -> Option<Self> {
        let sound = |text: &str| text.len() == CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (sound(browser) && sound(state)).then(|| Self { provider, browser: Secret::new(browser), state: Secret::new(state) })
    }

    /// Whom it is with.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// The value of the cookie.
    #[must_use]
    pub fn browser(&self) -> &str {
        self.browser.expose()
    }

    /// The parameter `state`.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// What stands for it in a row: bound to the provider, so that the answer of one never counts as another's (RFC 9700, 4.4).
    #[must_use]
    pub fn stored_id(&self, key: &MacKey) -> String {
        key.lookup("oauth-state", &[self.provider.name().as_bytes(), self.state().as_bytes()])
    }

    /// What stands for the browser in a row.
    #[must_use]
    pub fn stored_browser(&self, key: &MacKey) -> String {
        key.lookup("oauth-browser", &[self.browser().as_bytes()])
    }

    /// The parameter `nonce`, which the ID token repeats (`OpenID` Connect Core 1.0, 15.5.2).
    #[must_use]
    pub fn nonce(&self, key: &MacKey) -> String {
        self.derived(key, "oauth-nonce")
    }

    /// The PKCE verifier (RFC 7636, 4.1): 43 characters, sent with the code.
    #[must_use]
    pub fn verifier(&self, key: &MacKey) -> String {
        self.derived(key, "oauth-pkce")
    }

    /// The PKCE challenge of that verifier, by the method S256.
    #[must_use]
    pub fn challenge(&self, key: &MacKey) -> String {
        challenge(&self.verifier(key))
    }

    fn derived(&self, key: &MacKey, purpose: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(key.mac(purpose, &[self.browser().as_bytes(), self.state().as_bytes()]))
    }
}

/// RFC 7636, 4.2: `BASE64URL(SHA256(verifier))`.
fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MacKey {
        MacKey::parse(&BASE64_URL_SAFE_NO_PAD.encode([byte; 32])).expect("a key")
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn everything_hangs_on_browser_state_provider_and_key() {
        let attempt = Attempt::new(Provider::Google).expect("random");
        let again = Attempt::resume(Provider::Google, attempt.browser(), attempt.state()).expect("ours");
        let all = |attempt: &Attempt, key: &MacKey| {
            [attempt.stored_id(key), attempt.stored_browser(key), attempt.nonce(key), attempt.verifier(key)]
        };
        assert_eq!(all(&attempt, &key(1)), all(&again, &key(1)));
        assert!(all(&attempt, &key(1)).iter().zip(all(&attempt, &key(2))).all(|(one, other)| *one != other));
        let elsewhere = Attempt::resume(Provider::Github, attempt.browser(), attempt.state()).expect("ours");
        assert_ne!(attempt.stored_id(&key(1)), elsewhere.stored_id(&key(1)));
        let other = Attempt::new(Provider::Google).expect("random");
        let mixed = Attempt::resume(Provider::Google, other.browser(), attempt.state()).expect("ours");
        assert_ne!(attempt.stored_browser(&key(1)), mixed.stored_browser(&key(1)));
        assert_ne!(attempt.nonce(&key(1)), mixed.nonce(&key(1)));
        assert_ne!(attempt.verifier(&key(1)), mixed.verifier(&key(1)));
        assert_ne!(attempt.nonce(&key(1)), attempt.verifier(&key(1)));
    }

    #[test]
    fn what_cannot_be_ours_is_not_resumed() {
        let good = "a".repeat(CHARS);
        assert!(Attempt::resume(Provider::Google, &good, &good).is_some());
        for bad in [String::new(), "a".repeat(CHARS - 1), "a".repeat(CHARS + 1), "é".repeat(CHARS), " ".repeat(CHARS)] {
            assert!(Attempt::resume(Provider::Google, &bad, &good).is_none(), "{bad}");
            assert!(Attempt::resume(Provider::Google, &good, &bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn nothing_of_it_is_written() {
        let attempt = Attempt::new(Provider::Google).expect("random");
        let written = format!("{attempt:?}");
        assert!(!written.contains(attempt.browser()) && !written.contains(attempt.state()), "{written}");
    }
}
