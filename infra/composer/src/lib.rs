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

/// The JSON text of a parametric file for `brief`; the same brief and seed give the same file.
#[must_use]
pub fn compose(brief: &str, seed: u64) -> String {
    let random = Random::new(brief, seed);
    let brief = Brief::read(brief);
    let mut scene = Scene::new(&brief, random, layout::size(&brief));
    layout::compose(&mut scene);
    scene.finish().json()
}
