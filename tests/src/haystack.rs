//! Looking for what must not be there, also where it was only disguised.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};

use crate::database::Cell;

/// So many bytes of a secret are enough to know it by.
const WINDOW: usize = 8;

/// Bytes by the name of where they are; texts in hexadecimal or base64 are searched as what they stand for, too.
#[derive(Clone, Debug, Default)]
pub struct Haystack(Vec<(String, Vec<u8>)>);

impl Haystack {
    /// Of values of databases.
    #[must_use]
    pub fn of_cells(cells: &[Cell]) -> Self {
        let mut haystack = Self::default();
        for cell in cells {
            haystack.add(&cell.place, &cell.bytes);
        }
        haystack
    }

    /// Of a text, such as a log.
    #[must_use]
    pub fn of_text(name: &str, text: &str) -> Self {
        let mut haystack = Self::default();
        haystack.add(name, text.as_bytes());
        haystack
    }

    /// Adds bytes, and each of their words that is an encoding decoded.
    pub fn add(&mut self, place: &str, bytes: &[u8]) {
        self.0.push((place.to_owned(), bytes.to_vec()));
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=');
        for word in text.split(|c: char| !is_code(c)).filter(|word| word.len() >= WINDOW) {
            let decoded = [BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD]
                .iter()
                .filter_map(|engine| engine.decode(word).ok())
                .chain(hex::decode(word.strip_prefix("\\x").unwrap_or(word)).ok());
            self.0.extend(decoded.map(|bytes| (format!("{place} (decoded)"), bytes)));
        }
    }

    /// Where the needle is, in any letter case.
    #[must_use]
    pub fn places_of(&self, needle: &[u8]) -> Vec<String> {
        assert!(!needle.is_empty(), "nothing is everywhere");
        let needle = needle.to_ascii_lowercase();
        let has = |bytes: &[u8]| bytes.to_ascii_lowercase().windows(needle.len()).any(|window| window == needle);
        self.0.iter().filter(|(_, bytes)| has(bytes)).map(|(place, _)| place.clone()).collect()
    }

    /// Every piece of eight bytes of a secret that is somewhere, with the place; those that are also in `public` do not count.
    #[must_use]
    pub fn pieces_of(&self, secret: &[u8], public: &[u8]) -> Vec<String> {
        assert!(secret.len() >= WINDOW, "too short to know it by");
        let known: HashSet<&[u8]> = public.windows(WINDOW).collect();
        let pieces: HashSet<&[u8]> = secret.windows(WINDOW).filter(|piece| !known.contains(piece)).collect();
        let found = self.0.iter().flat_map(|(place, bytes)| {
            let hits = bytes.windows(WINDOW).filter(|window| pieces.contains(window));
            hits.map(move |window| format!("{place}: {}", String::from_utf8_lossy(window)))
        });
        found.collect()
    }

    /// Fails where the needle is anywhere.
    #[track_caller]
    pub fn lacks(&self, what: &str, needle: impl AsRef<[u8]>) {
        let places = self.places_of(needle.as_ref());
        assert!(places.is_empty(), "{what} is in {places:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_in_every_disguise() {
        let secret = "poster for a jazz night";
        for disguised in
            [secret.to_owned(), hex::encode(secret), BASE64_STANDARD.encode(secret), BASE64_URL_SAFE_NO_PAD.encode(secret)]
        {
            let haystack = Haystack::of_text("t", &format!("{{\"x\": \"{disguised}\"}}"));
            assert!(!haystack.pieces_of(secret.as_bytes(), b"").is_empty(), "{disguised}");
            assert!(!haystack.places_of(b"JAZZ night").is_empty(), "{disguised}");
        }
        let haystack = Haystack::of_text("t", "for a jazz band");
        assert!(haystack.pieces_of(b"not there at all", b"").is_empty());
        assert!(haystack.pieces_of(secret.as_bytes(), b"for a jazz ").is_empty(), "what is public does not count");
    }
}
