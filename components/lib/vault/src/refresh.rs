//! Refresh tokens: opaque, rotating, and derived, so that a repeat within the grace time gets the same successor (contract).
//!
//! A token is base64url of `session id (16) ‖ counter (4, big-endian) ‖ secret (32) ‖ check (16)`. `check` is a MAC over the
//! rest: a token we never made is refused without asking the database, and so cannot revoke anybody's family. The secret of a
//! successor is the MAC of session id, counter and the presented token's secret.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::SessionId;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    MacKey,
    random::{self, NoRandom},
};

const LENGTH: usize = 16 + 4 + 32 + 16;

/// A refresh token. Hides itself when written.
pub struct RefreshToken {
    session: SessionId,
    counter: u32,
    secret: Zeroizing<[u8; 32]>,
}

impl RefreshToken {
    /// The first token of a new session.
    ///
    /// # Errors
    /// [`NoRandom`] if the runtime has no random bytes.
    pub fn first(session: SessionId) -> Result<Self, NoRandom> {
        Ok(Self { session, counter: 0, secret: Zeroizing::new(random::bytes()?) })
    }

    /// The one token that may follow this one.
    #[must_use]
    pub fn successor(&self, key: &MacKey) -> Self {
        let counter = self.counter.wrapping_add(1);
        let secret = key.mac("refresh-successor", &[self.session.as_bytes(), &counter.to_be_bytes(), self.secret.as_ref()]);
        Self { session: self.session, counter, secret: Zeroizing::new(secret) }
    }

    /// Reads a cookie's value; `None` for anything that this key did not make.
    #[must_use]
    pub fn parse(text: &str, key: &MacKey) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?);
        if bytes.len() != LENGTH {
            return None;
        }
        let (session, rest) = bytes.split_first_chunk::<16>()?;
        let (counter, rest) = rest.split_first_chunk::<4>()?;
        let (secret, check) = rest.split_first_chunk::<32>()?;
        let token = Self {
            session: Uuid::from_bytes(*session).into(),
            counter: u32::from_be_bytes(*counter),
            secret: Zeroizing::new(*secret),
        };
        bool::from(token.check(key).ct_eq(check)).then_some(token)
    }

    /// The cookie's value.
    #[must_use]
    pub fn expose(&self, key: &MacKey) -> String {
        let bytes = [self.session.as_bytes(), &self.counter.to_be_bytes()[..], self.secret.as_ref(), &self.check(key)].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What the session's row keeps: a keyed hash, from which the token cannot be made.
    #[must_use]
    pub fn stored(&self, key: &MacKey) -> Vec<u8> {
        key.mac("refresh-stored", &[self.session.as_bytes(), &self.counter.to_be_bytes(), self.secret.as_ref()]).to_vec()
    }

    /// The session it belongs to.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    fn check(&self, key: &MacKey) -> [u8; 16] {
        let mac = key.mac("refresh-check", &[self.session.as_bytes(), &self.counter.to_be_bytes(), self.secret.as_ref()]);
        let mut check = [0; 16];
        for (to, from) in check.iter_mut().zip(mac) {
            *to = from;
        }
        check
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<refresh token {} of session {}>", self.counter, self.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MacKey {
        MacKey::parse(&BASE64_URL_SAFE_NO_PAD.encode([byte; 32])).expect("a key")
    }

    #[test]
    fn a_successor_is_always_the_same_and_follows_its_predecessor_only() {
        let first = RefreshToken::first(Uuid::from_u128(5).into()).expect("random");
        let (one, again) = (first.successor(&key(1)), first.successor(&key(1)));
        assert_eq!(one.expose(&key(1)), again.expose(&key(1)));
        assert_ne!(one.expose(&key(1)), one.successor(&key(1)).expose(&key(1)));
        assert_ne!(one.stored(&key(1)), first.stored(&key(1)));
    }

    #[test]
    fn only_our_own_tokens_are_read() {
        let token = RefreshToken::first(Uuid::from_u128(5).into()).expect("random");
        let text = token.expose(&key(1));
        assert_eq!(RefreshToken::parse(&text, &key(1)).map(|read| read.stored(&key(1))), Some(token.stored(&key(1))));
        assert!(RefreshToken::parse(&text, &key(2)).is_none());
        let mut changed = text.into_bytes();
        changed[30] = if changed[30] == b'A' { b'B' } else { b'A' };
        assert!(RefreshToken::parse(&String::from_utf8(changed).expect("ascii"), &key(1)).is_none());
        assert!(RefreshToken::parse("", &key(1)).is_none());
    }
}
