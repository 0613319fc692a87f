//! Password hashes. Written in the ASP.NET Core Identity V3 format (promise a65): base64 of `0x01 ‖ PRF ‖ iterations ‖ salt length ‖
//! salt ‖ subkey`, the three numbers as 32 bits big-endian; PRF 0 is HMAC-SHA1, 1 HMAC-SHA256, 2 HMAC-SHA512. Read in that format
//! with any numbers, in Identity's V2 format (`0x00 ‖ salt (16) ‖ subkey (32)`, 1,000 rounds of HMAC-SHA1), and as bcrypt (promise b02).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::Password;
use hmac::Hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::random::{self, NoRandom};

/// What OWASP's Password Storage Cheat Sheet asks of PBKDF2-HMAC-SHA512.
const ITERATIONS: u32 = 210_000;
const SALT: usize = 16;
const SUBKEY: usize = 32;
/// Rounds of the V2 format.
const V2_ITERATIONS: u32 = 1_000;
/// Above this a stored hash is not worth the denial of service it would be.
const MAX_ITERATIONS: u32 = 2_000_000;
/// Likewise for bcrypt: 2 to this power.
const MAX_BCRYPT_COST: u32 = 14;
/// What one of bcrypt's 2^cost rounds costs, in rounds of PBKDF2-HMAC-SHA512, roughly: 48 µs against 0.38 µs, measured natively. In
/// wasm the two may have slowed down differently.
const BCRYPT_ROUND: u32 = 128;

/// Whether a password is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not, or there is nothing it could fit.
    Wrong,
    /// It is.
    Right,
    /// It is, and its hash is weaker than today's: [`hash`] it anew and keep that.
    RightButWeak,
}

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

/// Whether a password fits a stored hash. What is wrong costs one full hash whatever is stored, nothing included, so that the time
/// tells nobody whether there is an account, or one that was imported with a cheaper hash.
#[must_use]
pub fn verify(password: &Password, stored: Option<&str>) -> Verdict {
    let stored = stored.and_then(Stored::parse);
    let right = stored.as_ref().is_some_and(|stored| stored.fits(password));
    let cost = stored.as_ref().map_or(0, Stored::cost);
    if right {
        return if stored.is_some_and(|stored| stored.is_weak()) { Verdict::RightButWeak } else { Verdict::Right };
    }
    let missing = ITERATIONS.saturating_sub(cost);
    if missing > 0 {
        let subkey = pbkdf2(Prf::Sha512, password, &[0; SALT], missing, SUBKEY);
        // Looking at the result keeps the work from being optimised away.
        std::hint::black_box(subkey.first());
    }
    Verdict::Wrong
}

/// Whether a text is a hash that [`verify`] reads: for what is imported.
#[must_use]
pub fn is_readable(stored: &str) -> bool {
    Stored::parse(stored).is_some()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

enum Stored {
    Pbkdf2 { prf: Prf, iterations: u32, salt: Vec<u8>, subkey: Vec<u8> },
    Bcrypt { text: String, cost: u32 },
}

impl Stored {
    fn parse(text: &str) -> Option<Self> {
        if text.starts_with('$') {
            let cost = text.parse::<bcrypt::HashParts>().ok()?.get_cost();
            return (4..=MAX_BCRYPT_COST).contains(&cost).then(|| Self::Bcrypt { text: text.to_owned(), cost });
        }
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        let (&version, rest) = bytes.split_first()?;
        if version == 0 {
            let (salt, subkey) = rest.split_at_checked(SALT)?;
            let sound = subkey.len() == SUBKEY;
            return sound.then(|| Self::Pbkdf2 {
                prf: Prf::Sha1,
                iterations: V2_ITERATIONS,
                salt: salt.to_vec(),
                subkey: subkey.to_vec(),
            });
        }
        let (prf, rest) = number(rest)?;
        let (iterations, rest) = number(rest)?;
        let (salt_length, rest) = number(rest)?;
        let (salt, subkey) = rest.split_at_checked(usize::try_from(salt_length).ok()?)?;
        let prf = match (version, prf) {
            (1, 0) => Prf::Sha1,
            (1, 1) => Prf::Sha256,
            (1, 2) => Prf::Sha512,
            _ => return None,
        };
        let sound = (1..=MAX_ITERATIONS).contains(&iterations) && salt.len() >= SALT && (SALT..=64).contains(&subkey.len());
        sound.then(|| Self::Pbkdf2 { prf, iterations, salt: salt.to_vec(), subkey: subkey.to_vec() })
    }

    fn fits(&self, password: &Password) -> bool {
        match self {
            Self::Pbkdf2 { prf, iterations, salt, subkey } => {
                pbkdf2(*prf, password, salt, *iterations, subkey.len()).ct_eq(subkey).into()
            }
            Self::Bcrypt { text, .. } => bcrypt::verify(password.expose(), text).unwrap_or(false),
        }
    }

    /// Roughly what [`Stored::fits`] costs, in rounds of PBKDF2-HMAC-SHA512.
    fn cost(&self) -> u32 {
        match self {
            Self::Pbkdf2 { iterations, .. } => *iterations,
            Self::Bcrypt { cost, .. } => 2_u32.saturating_pow(*cost).saturating_mul(BCRYPT_ROUND),
        }
    }

    fn is_weak(&self) -> bool {
        match self {
            Self::Pbkdf2 { prf, iterations, subkey, .. } => {
                *prf != Prf::Sha512 || *iterations < ITERATIONS || subkey.len() < SUBKEY
            }
            Self::Bcrypt { .. } => true,
        }
    }
}

/// A big-endian number and what follows it.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

fn pbkdf2(prf: Prf, password: &Password, salt: &[u8], iterations: u32, length: usize) -> Zeroizing<Vec<u8>> {
    let mut subkey = Zeroizing::new(vec![0; length]);
    let bytes = password.expose().as_bytes();
    let done = match prf {
        Prf::Sha1 => pbkdf2::pbkdf2::<Hmac<Sha1>>(bytes, salt, iterations, &mut subkey),
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
        assert_eq!(verify(&password, Some(&stored)), Verdict::Right);
        assert_eq!(verify(&Password::new("correct horse batterz"), Some(&stored)), Verdict::Wrong);
        let bytes = BASE64_STANDARD.decode(&stored).expect("base64");
        assert_eq!(bytes.len(), 13 + SALT + SUBKEY);
        assert_eq!(bytes.get(..13), Some([1, 0, 0, 0, 2, 0, 3, 0x34, 0x50, 0, 0, 0, 16].as_slice()));
    }

    /// Made with Python's `hashlib.pbkdf2_hmac` and `bcrypt`, and npm's `asp-identity-pw` and `bcryptjs`.
    #[test]
    fn hashes_of_independent_implementations_verify_and_are_known_to_be_weak() {
        let (right, wrong) = (Password::new("Grüezi, Wält 2026!"), Password::new("Gruezi, Walt 2026!"));
        let lines = include_str!("../vectors/passwords.txt").lines().filter_map(|line| line.split_once(' '));
        let hashes = lines.filter(|(who, _)| *who != "#").chain([
            ("v3-sha256", include_str!("../vectors/aspnet-v3-sha256.txt").trim()),
            ("v3-sha512", include_str!("../vectors/aspnet-v3-sha512.txt").trim()),
        ]);
        let mut count = 0;
        for (who, stored) in hashes {
            assert!(is_readable(stored), "{who}");
            assert_eq!(verify(&right, Some(stored)), Verdict::RightButWeak, "{who}");
            assert_eq!(verify(&wrong, Some(stored)), Verdict::Wrong, "{who}");
            count += 1;
        }
        assert_eq!(count, 12);
    }

    #[test]
    fn nothing_verifies_without_a_sound_hash() {
        let endless = BASE64_STANDARD.encode([&[1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 16][..], &[0; 48]].concat());
        let unknown_prf = BASE64_STANDARD.encode([&[1, 0, 0, 0, 3, 0, 0, 4, 0, 0, 0, 0, 16][..], &[0; 48]].concat());
        let short_v2 = BASE64_STANDARD.encode([0; 48]);
        let costly = "$2b$15$abcdefghijklmnopqrstuuF7iGVLqNvMxnGbKyyyyyyyyyyyyyyyy";
        for stored in ["", "AQ==", "AA==", "not base64", &endless, &unknown_prf, &short_v2, costly, "$2b$10$", "$argon2id$v=19$"]
        {
            assert_eq!(verify(&Password::new("anything at all"), Some(stored)), Verdict::Wrong, "{stored}");
            assert!(!is_readable(stored), "{stored}");
        }
        assert_eq!(verify(&Password::new("anything at all"), None), Verdict::Wrong);
    }
}
