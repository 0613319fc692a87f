//! The rule-based composer behind the local model.
//!
//! It is no language model: it finds the words it knows in a brief (formats, colours, moods, dates, placements, quoted texts),
//! in English and French, and lays out a parametric file by rules. What it writes is what a model would answer: the JSON text of
//! a file of format version 1, yet to be checked.

#![expect(clippy::unreadable_literal, reason = "colours are read as the six digits they are written with")]

mod brief;
mod color;
mod document;
mod labels;
mod layout;
mod metrics;
mod ornament;
mod palette;
mod random;
mod scene;
mod style;
mod widths;

use brief::Brief;
use random::Random;
use scene::Scene;

/// The most bytes of a file: about 2,800 tokens at four a token, which is what a first answer may have. A longer one would be cut
/// off, as a model's would, and lose its texts, which come last.
const MOST_BYTES: usize = 11_200;
/// How many other arrangements are tried for a shorter file.
const TRIES: u64 = 24;

/// The JSON text of a parametric file for `brief`; the same brief and seed give the same file.
#[must_use]
pub fn compose(brief: &str, seed: u64) -> String {
    let read = Brief::read(brief);
    let arranged = |seed: u64| {
        let mut scene = Scene::new(&read, Random::new(brief, seed), layout::size(&read));
        layout::compose(&mut scene);
        scene.finish().json()
    };
    let mut shortest = arranged(seed);
    for step in 1..=TRIES {
        if shortest.len() <= MOST_BYTES {
            break;
        }
        // Far from the seeds that callers choose, so that neighbours do not end alike.
        let other = arranged(seed.wrapping_add(step << 32));
        if other.len() < shortest.len() {
            shortest = other;
        }
    }
    shortest
}
