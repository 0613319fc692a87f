//! Keyed hashes: what rows for limits, lockouts, codes and idempotency hold instead of the value itself (promise a23).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{BadSecret, key_from_text};

/// An HMAC-SHA256 key (RFC 2104).
#[derive(Clone)]
pub struct MacKey(Zeroizing<[u8; 32]>);

impl MacKey {
    /// Reads a key: 32 bytes, base64url.
    ///
    /// # Errors
    /// [`BadSecret`] for anything else, the empty default included.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        key_from_text(text).map(Self)
    }

    /// The MAC of a purpose and parts. Purpose and parts are length-prefixed, so that no two calls with different arguments
    /// feed the same bytes.
    #[must_use]
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.start();
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// [`MacKey::mac`] shortened to 16 bytes, as the 22 characters of base64url that a lookup row holds.
    #[must_use]
    pub fn lookup(&self, purpose: &str, parts: &[&[u8]]) -> String {
        let [first, _] = halves(self.mac(purpose, parts));
        BASE64_URL_SAFE_NO_PAD.encode(first)
    }

    /// A token for an id: 22 + 22 characters of base64url, the id and a shortened MAC of purpose and id. Nobody without the key makes
    /// one, and it says nothing of whom the id stands for; no row has to hold it.
    #[must_use]
    pub fn token(&self, purpose: &str, id: uuid::Uuid) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(id.as_bytes()) + &self.lookup(purpose, &[id.as_bytes()])
    }

    /// The id of a token that [`MacKey::token`] made for the same purpose; `None` for any other text.
    #[must_use]
    pub fn read_token(&self, purpose: &str, token: &str) -> Option<uuid::Uuid> {
        let (id, given) = token.split_at_checked(22)?;
        let id = uuid::Uuid::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        bool::from(self.lookup(purpose, &[id.as_bytes()]).as_bytes().ct_eq(given.as_bytes())).then_some(id)
    }

    /// The MAC of bytes as they are, for formats that fix what is signed.
    #[must_use]
    pub fn mac_raw(&self, message: &[u8]) -> [u8; 32] {
        self.start().chain_update(message).finalize().into_bytes().into()
    }

    fn start(&self) -> Hmac<Sha256> {
        // HMAC pads a short key with zeros to the block of its hash; doing it here spares an error that cannot happen.
        let mut block = Zeroizing::new([0; 64]);
        for (to, from) in block.iter_mut().zip(self.0.iter()) {
            *to = *from;
        }
        Hmac::<Sha256>::new((&*block).into())
    }
}

/// Splits 32 bytes into two of 16.
fn halves(bytes: [u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    for (half, chunk) in halves.iter_mut().zip(bytes.chunks_exact(16)) {
        half.copy_from_slice(chunk);
    }
    halves
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<mac key>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MacKey {
        MacKey::parse(&BASE64_URL_SAFE_NO_PAD.encode([7; 32])).expect("a key")
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(key().mac("a", &[b"b", b"c"]), key().mac("a", &[b"bc"]));
        assert_ne!(key().mac("ab", &[b"c"]), key().mac("a", &[b"bc"]));
        assert_eq!(key().lookup("a", &[b"b"]).len(), 22);
    }

    #[test]
    fn a_token_is_good_for_its_id_and_purpose_only() {
        let id = uuid::Uuid::from_u128(7);
        let token = key().token("leave", id);
        assert_eq!((token.len(), key().read_token("leave", &token)), (44, Some(id)));
        assert_eq!(key().read_token("join", &token), None);
        let other = key().token("leave", uuid::Uuid::from_u128(8));
        let mixed = format!("{}{}", &token[..22], &other[22..]);
        for bad in ["", "x", &token[..43], &format!("{token}A"), &mixed, &"é".repeat(22)] {
            assert_eq!(key().read_token("leave", bad), None, "{bad}");
        }
    }

    #[test]
    fn an_unset_or_short_secret_is_refused() {
        for text in ["", "abc", "!!!!", &BASE64_URL_SAFE_NO_PAD.encode([7; 31])] {
            assert!(MacKey::parse(text).is_err(), "{text}");
        }
    }
}
