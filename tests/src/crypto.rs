//! Content keys and envelopes written a second time, from their description and with another implementation (ring), so that
//! what is stored is held to what is promised and not to what the components happen to do.

use ring::rand::{self, SystemRandom};
use ring::{aead, digest, hkdf, hmac};
use uuid::Uuid;

/// What an envelope is authenticated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Whose content it is.
    pub user: Uuid,
    /// Of which generation.
    pub generation: Uuid,
    /// Brief 1, translated brief 2, final file 3, raw file 4.
    pub kind: u8,
}

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

/// HKDF-SHA256 of a master key, with the user's salt.
#[must_use]
pub fn content_key(master: &[u8], salt: &[u8], user: Uuid) -> [u8; 32] {
    let info = [b"asknpic/content/v1".as_slice(), user.as_bytes()];
    let mut key = [0; 32];
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(master);
    prk.expand(&info, Length).and_then(|output| output.fill(&mut key)).expect("32 bytes");
    key
}

/// Opens an envelope: version 1, master-key id (2 bytes), nonce (12), ciphertext, tag. `None` where it does not belong there.
#[must_use]
pub fn open(envelope: &[u8], key: &[u8; 32], owner: Owner) -> Option<Vec<u8>> {
    let (header, body) = envelope.split_at_checked(15)?;
    let nonce = aead::Nonce::try_assume_unique_for_key(header.get(3..)?).ok()?;
    let aad = [header, owner.user.as_bytes(), owner.generation.as_bytes(), &[owner.kind]].concat();
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).ok()?);
    let mut bytes = body.to_vec();
    let length = key.open_in_place(nonce, aead::Aad::from(aad), &mut bytes).ok()?.len();
    bytes.truncate(length);
    (header.first() == Some(&1)).then_some(bytes)
}

/// Makes an envelope as the components do, under the master key of this id.
///
/// # Panics
/// There are no random bytes.
#[must_use]
pub fn seal(plaintext: &[u8], key: &[u8; 32], master: u16, owner: Owner) -> Vec<u8> {
    let nonce: [u8; 12] = rand::generate(&SystemRandom::new()).expect("random bytes").expose();
    let header = [&[1][..], &master.to_be_bytes(), &nonce].concat();
    let aad = [&header[..], owner.user.as_bytes(), owner.generation.as_bytes(), &[owner.kind]].concat();
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).expect("a key"));
    let mut body = plaintext.to_vec();
    key.seal_in_place_append_tag(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::from(aad), &mut body).expect("seals");
    [header, body].concat()
}

/// Plain SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// HMAC-SHA256 of a purpose and parts, each after its length in 8 bytes: how ids, codes and internal calls are keyed.
#[must_use]
pub fn mac(key: &[u8], purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        context.update(&u64::try_from(part.len()).expect("a length").to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().to_vec()
}
