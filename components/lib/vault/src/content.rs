//! Encryption of content under a key per user (decision 6; promises a10, a60, a61, a62, a64).
//!
//! The content key is derived, never stored: HKDF-SHA256 (RFC 5869) of a master key that lives only in the environment, with
//! the user's 32 random bytes as salt and `"asknpic/content/v1" ‖ user id` as info. Deleting the salt destroys the key.
//!
//! # Envelope
//! | bytes | what |
//! | --- | --- |
//! | 1 | version, 1 |
//! | 2 | id of the master key, big-endian |
//! | 12 | nonce, random |
//! | n | AES-256-GCM ciphertext, as long as the plaintext |
//! | 16 | tag |
//!
//! Additional authenticated data: the 15 bytes of header `‖` user id (16) `‖` generation id (16) `‖` kind (1). So a ciphertext
//! moved to another user, generation or kind, or given another header, does not decrypt. The key id selects the key; there is
//! no trial decryption.

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce, Tag,
    aead::{AeadInOut as _, inout::InOutBuf},
};
use domain::{GenerationId, UserId, generation::ContentKind, keyset};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    BadSecret, key_from_text,
    random::{self, NoRandom},
};

const VERSION: u8 = 1;
const HEADER: usize = 15;
const TAG: usize = 16;
const INFO: &[u8] = b"asknpic/content/v1";
/// The dataset's key is another one of the same salt, so that it ends with it and opens nothing else.
const DATASET_INFO: &[u8] = b"asknpic/dataset/v1";

/// The user's random salt, from `user_keys`. Deleting it is crypto-erasure.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct UserSalt([u8; 32]);

impl UserSalt {
    /// A fresh salt.
    ///
    /// # Errors
    /// [`NoRandom`] if the runtime has no random bytes.
    pub fn random() -> Result<Self, NoRandom> {
        random::bytes().map(Self)
    }

    /// Reads a stored salt; `None` where it has not 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The numbered master keys: the newest encrypts, all decrypt (promise a51).
pub struct MasterKeys(Vec<(u16, Zeroizing<[u8; 32]>)>);

impl MasterKeys {
    /// Reads `2:<base64url>,1:<base64url>`, the newest first.
    ///
    /// # Errors
    /// [`BadSecret`] where it is empty or an entry is not an id from 0 to 65535 and 32 bytes.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let entries = keyset::entries(text, |id| id.parse::<u16>().ok()).map_err(|_| BadSecret)?;
        entries.into_iter().map(|(id, key)| Ok((id, key_from_text(key)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The content keys of a user: one for each master key, derived when needed.
    #[must_use]
    pub fn for_user<'a>(&'a self, user: UserId, salt: &'a UserSalt) -> ContentKey<'a> {
        ContentKey { masters: self, user, salt, info: INFO }
    }

    /// The keys of a user's entries in the training dataset.
    #[must_use]
    pub fn for_dataset<'a>(&'a self, user: UserId, salt: &'a UserSalt) -> ContentKey<'a> {
        ContentKey { masters: self, user, salt, info: DATASET_INFO }
    }

    /// The id of the key that encrypts; there always is one.
    #[must_use]
    pub fn newest(&self) -> u16 {
        self.0.first().map_or(0, |(id, _)| *id)
    }
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} master keys>", self.0.len())
    }
}

/// Encrypts and decrypts one user's content.
pub struct ContentKey<'a> {
    masters: &'a MasterKeys,
    user: UserId,
    salt: &'a UserSalt,
    info: &'static [u8],
}

/// An encrypted piece of content, laid out as the module says.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope(Vec<u8>);

impl Envelope {
    /// Takes stored bytes; whether they are an envelope shows when they are opened.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Why an envelope could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not of a version or length we know.
    #[error("not an envelope of a known version")]
    Format,
    /// Sealed under a master key that this deployment does not have.
    #[error("master key {0} is not configured")]
    UnknownKey(u16),
    /// The tag does not fit: another user, generation, kind or key, or changed bytes.
    #[error("the envelope does not belong here or was changed")]
    Authentication,
    /// The runtime gave no random bytes for a nonce.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
}

impl ContentKey<'_> {
    /// Encrypts under the newest master key with a random nonce.
    ///
    /// # Errors
    /// [`EnvelopeError::NoRandom`], or [`EnvelopeError::Format`] beyond GCM's 64 GiB.
    pub fn seal(&self, generation: GenerationId, kind: ContentKind, plaintext: &[u8]) -> Result<Envelope, EnvelopeError> {
        let Some((id, master)) = self.masters.0.first() else { return Err(EnvelopeError::UnknownKey(0)) };
        let nonce: [u8; 12] = random::bytes()?;
        let mut bytes = Vec::with_capacity(HEADER + plaintext.len() + TAG);
        bytes.push(VERSION);
        bytes.extend_from_slice(&id.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        let aad = self.aad(&bytes, generation, kind);
        bytes.extend_from_slice(plaintext);
        let body = bytes.get_mut(HEADER..).ok_or(EnvelopeError::Format)?;
        let tag = self
            .cipher(master)
            .encrypt_inout_detached(&Nonce::from(nonce), &aad, InOutBuf::from(body))
            .map_err(|_| EnvelopeError::Format)?;
        bytes.extend_from_slice(&tag);
        Ok(Envelope(bytes))
    }

    /// Decrypts an envelope of this user, generation and kind.
    ///
    /// # Errors
    /// [`EnvelopeError`] says what does not fit.
    pub fn open(
        &self,
        generation: GenerationId,
        kind: ContentKind,
        envelope: &Envelope,
    ) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
        let (header, rest) = envelope.0.split_at_checked(HEADER).ok_or(EnvelopeError::Format)?;
        let (body, tag) = rest.split_at_checked(rest.len().wrapping_sub(TAG)).ok_or(EnvelopeError::Format)?;
        let [VERSION, high, low, nonce @ ..] = header else { return Err(EnvelopeError::Format) };
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| EnvelopeError::Format)?;
        let tag: [u8; TAG] = tag.try_into().map_err(|_| EnvelopeError::Format)?;
        let id = u16::from_be_bytes([*high, *low]);
        let (_, master) = self.masters.0.iter().find(|(known, _)| *known == id).ok_or(EnvelopeError::UnknownKey(id))?;
        let mut plaintext = Zeroizing::new(body.to_vec());
        self.cipher(master)
            .decrypt_inout_detached(
                &Nonce::from(nonce),
                &self.aad(header, generation, kind),
                InOutBuf::from(plaintext.as_mut_slice()),
                &Tag::from(tag),
            )
            .map_err(|_| EnvelopeError::Authentication)?;
        Ok(plaintext)
    }

    fn cipher(&self, master: &Zeroizing<[u8; 32]>) -> Aes256Gcm {
        Aes256Gcm::new((&*derive(master, self.salt, self.info, self.user)).into())
    }

    fn aad(&self, header: &[u8], generation: GenerationId, kind: ContentKind) -> Vec<u8> {
        [header, self.user.as_bytes(), generation.as_bytes(), &[kind.number()]].concat()
    }
}

fn derive(master: &Zeroizing<[u8; 32]>, salt: &UserSalt, info: &[u8], user: UserId) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let expanded = Hkdf::<Sha256>::new(Some(&salt.0), master.as_ref()).expand_multi_info(&[info, user.as_bytes()], key.as_mut());
    debug_assert!(expanded.is_ok(), "32 bytes are within HKDF-SHA256's 8,160");
    key
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn masters(ids: &[(u16, u8)]) -> MasterKeys {
        let text: Vec<String> =
            ids.iter().map(|(id, byte)| format!("{id}:{}", BASE64_URL_SAFE_NO_PAD.encode([*byte; 32]))).collect();
        MasterKeys::parse(&text.join(",")).expect("keys")
    }

    fn user(n: u128) -> UserId {
        Uuid::from_u128(n).into()
    }

    fn generation(n: u128) -> GenerationId {
        Uuid::from_u128(n).into()
    }

    /// RFC 5869, appendix A.1, through the same crate and calls that `derive` makes.
    #[test]
    fn hkdf_matches_rfc_5869() {
        let salt = hex::decode("000102030405060708090a0b0c").expect("hex");
        let info = hex::decode("f0f1f2f3f4f5f6f7f8f9").expect("hex");
        let mut okm = [0; 42];
        let (first, second) = info.split_at(4);
        Hkdf::<Sha256>::new(Some(&salt), &[0x0b; 22]).expand_multi_info(&[first, second], &mut okm).expect("length");
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
        assert_eq!(hex::encode(okm), expected);
    }

    /// NIST's GCM specification, test case 16 (AES-256 with additional data).
    #[test]
    fn gcm_matches_nist() {
        let bytes = |text: &str| hex::decode(text).expect("hex");
        let key: [u8; 32] = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").try_into().expect("32");
        let nonce: [u8; 12] = bytes("cafebabefacedbaddecaf888").try_into().expect("12");
        let mut text = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let tag = Aes256Gcm::new((&key).into())
            .encrypt_inout_detached(
                &Nonce::from(nonce),
                &bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                InOutBuf::from(text.as_mut_slice()),
            )
            .expect("encrypts");
        assert_eq!(
            hex::encode(text),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        );
        assert_eq!(hex::encode(tag), "76fc6ece0f4e1768cddf8853bb2d551b");
    }

    #[test]
    fn promise_a61_a_ciphertext_belongs_to_one_user_generation_and_kind() {
        let masters = masters(&[(1, 1)]);
        let (salt, other_salt) = (UserSalt([3; 32]), UserSalt([4; 32]));
        let sealed = masters.for_user(user(1), &salt).seal(generation(1), ContentKind::Brief, b"a brief").expect("seals");
        let open = |u, salt: &UserSalt, g, kind| {
            masters.for_user(user(u), salt).open(generation(g), kind, &sealed).map(|text| text.to_vec())
        };
        assert_eq!(open(1, &salt, 1, ContentKind::Brief), Ok(b"a brief".to_vec()));
        for (u, salt, g, kind) in [
            (2, &salt, 1, ContentKind::Brief),
            (1, &other_salt, 1, ContentKind::Brief),
            (1, &salt, 2, ContentKind::Brief),
            (1, &salt, 1, ContentKind::FinalFile),
        ] {
            assert_eq!(open(u, salt, g, kind), Err(EnvelopeError::Authentication));
        }
    }

    #[test]
    fn promise_a51_the_key_id_selects_the_key() {
        let salt = UserSalt([3; 32]);
        let old = masters(&[(1, 1)]);
        let sealed = old.for_user(user(1), &salt).seal(generation(1), ContentKind::Brief, b"text").expect("seals");
        let both = masters(&[(2, 2), (1, 1)]);
        let reopened = both.for_user(user(1), &salt).open(generation(1), ContentKind::Brief, &sealed);
        assert_eq!(reopened.map(|text| text.to_vec()), Ok(b"text".to_vec()));
        let newer = both.for_user(user(1), &salt).seal(generation(1), ContentKind::Brief, b"text").expect("seals");
        assert_eq!(newer.0.get(..3), Some([1, 0, 2].as_slice()));
        let retired = masters(&[(2, 2)]);
        assert_eq!(
            retired.for_user(user(1), &salt).open(generation(1), ContentKind::Brief, &sealed).err(),
            Some(EnvelopeError::UnknownKey(1))
        );
    }

    #[test]
    fn the_datasets_key_opens_no_content() {
        let (masters, salt) = (masters(&[(4, 1), (3, 2)]), UserSalt([3; 32]));
        let sealed = masters.for_dataset(user(1), &salt).seal(generation(1), ContentKind::DatasetEntry, b"pair").expect("seals");
        let opened = masters.for_user(user(1), &salt).open(generation(1), ContentKind::DatasetEntry, &sealed);
        assert_eq!(opened.err(), Some(EnvelopeError::Authentication));
        assert!(masters.for_dataset(user(1), &salt).open(generation(1), ContentKind::DatasetEntry, &sealed).is_ok());
        assert_eq!(masters.newest(), 4);
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_any_flipped_bit_does_not(text in proptest::collection::vec(any::<u8>(), 0..300), at in any::<proptest::sample::Index>(), bit in 0_u8..8) {
            let (masters, salt) = (masters(&[(1, 1)]), UserSalt([9; 32]));
            let key = masters.for_user(user(7), &salt);
            let sealed = key.seal(generation(8), ContentKind::FinalFile, &text).expect("seals");
            prop_assert_eq!(key.open(generation(8), ContentKind::FinalFile, &sealed).expect("opens").to_vec(), text);
            let mut changed = sealed.into_bytes();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            prop_assert!(key.open(generation(8), ContentKind::FinalFile, &Envelope::from_bytes(changed)).is_err());
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let (masters, salt) = (masters(&[(1, 1)]), UserSalt([9; 32]));
            prop_assert!(masters.for_user(user(7), &salt).open(generation(8), ContentKind::Brief, &Envelope::from_bytes(bytes)).is_err());
        }
    }
}
