//! Password hashes in the ASP.NET Core Identity V3 format (promise a65): base64 of `0x01 ‖ PRF ‖ iterations ‖ salt length ‖
//! salt ‖ subkey`, the three numbers as 32 bits big-endian; PRF 1 is HMAC-SHA256, 2 is HMAC-SHA512.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::Password;
use hmac::Hmac;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::random::{self, NoRandom};

/// What OWASP's Password Storage Cheat Sheet asks of PBKDF2-HMAC-SHA512.
const ITERATIONS: u32 = 210_000;
const SALT: usize = 16;
const SUBKEY: usize = 32;
/// Above this a stored hash is not worth the denial of service it would be.
const MAX_ITERATIONS: u32 = 2_000_000;

/// Hashes a password for storage.
///
/// # Errors
/// [`NoRandom`] if the runtime has no random bytes for the salt.
pub fn hash(password: &Password) -> Result<String, NoRandom> {
    let salt: [u8; SALT] = random::bytes()?;
    let subkey = pbkdf2(Prf::Sha512, password, &salt, ITERATIONS, SUBKEY);
    let mut bytes = vec![1];
    for number in [2, ITERATIONS, u32::try_from(SALT).unwrap_or(u32::MAX)] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(&salt);
    bytes.extend_from_slice(&subkey);
    Ok(BASE64_STANDARD.encode(bytes))
}

/// Whether a password fits a stored hash. Without a stored hash, or with one that cannot be read, it costs one full hash all
/// the same and is false, so that the time tells nobody whether there is an account.
#[must_use]
pub fn verify(password: &Password, stored: Option<&str>) -> bool {
    if let Some(stored) = stored.and_then(Stored::parse) {
        let subkey = pbkdf2(stored.prf, password, &stored.salt, stored.iterations, stored.subkey.len());
        subkey.ct_eq(&stored.subkey).into()
    } else {
        let subkey = pbkdf2(Prf::Sha512, password, &[0; SALT], ITERATIONS, SUBKEY);
        // Never true: a subkey is never empty, but asking keeps the work from being optimised away.
        subkey.is_empty()
    }
}

#[derive(Clone, Copy)]
enum Prf {
    Sha256,
    Sha512,
}

struct Stored {
    prf: Prf,
    iterations: u32,
    salt: Vec<u8>,
    subkey: Vec<u8>,
}

impl Stored {
    fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        let (&version, rest) = bytes.split_first()?;
        let (prf, rest) = number(rest)?;
        let (iterations, rest) = number(rest)?;
        let (salt_length, rest) = number(rest)?;
        let (salt, subkey) = rest.split_at_checked(usize::try_from(salt_length).ok()?)?;
        let prf = match (version, prf) {
            (1, 1) => Prf::Sha256,
            (1, 2) => Prf::Sha512,
            _ => return None,
        };
        let sound = (1..=MAX_ITERATIONS).contains(&iterations) && salt.len() >= SALT && (SALT..=64).contains(&subkey.len());
        sound.then(|| Self { prf, iterations, salt: salt.to_vec(), subkey: subkey.to_vec() })
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

fn pbkdf2(prf: Prf, password: &Password, salt: &[u8], iterations: u32, length: usize) -> Zeroizing<Vec<u8>> {
    let mut subkey = Zeroizing::new(vec![0; length]);
    let bytes = password.expose().as_bytes();
    let done = match prf {
        Prf::Sha256 => pbkdf2::pbkdf2::<Hmac<Sha256>>(bytes, salt, iterations, &mut subkey),
        Prf::Sha512 => pbkdf2::pbkdf2::<Hmac<Sha512>>(bytes, salt, iterations, &mut subkey),
    };
    debug_assert!(done.is_ok(), "HMAC takes keys of any length");
    subkey
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_verifies_and_has_the_v3_layout() {
        let password = Password::new("correct horse battery");
        let stored = hash(&password).expect("hashes");
        assert!(verify(&password, Some(&stored)));
        assert!(!verify(&Password::new("correct horse batterz"), Some(&stored)));
        let bytes = BASE64_STANDARD.decode(&stored).expect("base64");
        assert_eq!(bytes.len(), 13 + SALT + SUBKEY);
        assert_eq!(bytes.get(..13), Some([1, 0, 0, 0, 2, 0, 3, 0x34, 0x50, 0, 0, 0, 16].as_slice()));
    }

    /// Made with Python's `hashlib.pbkdf2_hmac` and `struct.pack(">BIII", 1, prf, 1000, 16)`.
    #[test]
    fn hashes_of_an_independent_implementation_verify() {
        let password = Password::new("Grüezi, Wält 2026!");
        for stored in
            [include_str!("../vectors/aspnet-v3-sha256.txt").trim(), include_str!("../vectors/aspnet-v3-sha512.txt").trim()]
        {
            assert!(verify(&password, Some(stored)));
            assert!(!verify(&Password::new("Gruezi, Walt 2026!"), Some(stored)));
        }
    }

    #[test]
    fn nothing_verifies_without_a_sound_hash() {
        let endless = BASE64_STANDARD.encode([&[1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 16][..], &[0; 48]].concat());
        for stored in [None, Some(""), Some("AQ=="), Some("not base64"), Some(endless.as_str())] {
            assert!(!verify(&Password::new("anything at all"), stored));
        }
    }
}
