//! The bundled fonts and how wide their letters are.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use ttf_parser::{
    Face, GlyphId,
    gpos::{PairAdjustment, PositioningSubtable},
};

use crate::format::{Font, Weight};

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../../fonts/", $name, ".ttf"))
    };
}

/// One bundled file.
pub(crate) struct Bundled {
    pub(crate) font: Font,
    pub(crate) weight: Weight,
    pub(crate) italic: bool,
    pub(crate) data: &'static [u8],
}

const fn bundled(font: Font, weight: Weight, italic: bool, data: &'static [u8]) -> Bundled {
    Bundled { font, weight, italic, data }
}

/// All of them.
pub(crate) static FONTS: [Bundled; 11] = [
    bundled(Font::Serif, Weight::Regular, false, font!("asknpic-serif-400")),
    bundled(Font::Serif, Weight::Bold, false, font!("asknpic-serif-700")),
    bundled(Font::Serif, Weight::Black, false, font!("asknpic-serif-900")),
    bundled(Font::Serif, Weight::Regular, true, font!("asknpic-serif-400-italic")),
    bundled(Font::Serif, Weight::Bold, true, font!("asknpic-serif-700-italic")),
    bundled(Font::Sans, Weight::Regular, false, font!("inter-400")),
    bundled(Font::Sans, Weight::Bold, false, font!("inter-600")),
    bundled(Font::Sans, Weight::Black, false, font!("inter-800")),
    bundled(Font::Condensed, Weight::Regular, false, font!("oswald-300")),
    bundled(Font::Condensed, Weight::Bold, false, font!("oswald-500")),
    bundled(Font::Condensed, Weight::Black, false, font!("oswald-700")),
];

static FACES: LazyLock<Vec<Option<Face<'static>>>> =
    LazyLock::new(|| FONTS.iter().map(|font| Face::parse(font.data, 0).ok()).collect());

/// The position in [`FONTS`] of the face for a style; italics only where the family has them.
pub(crate) fn index(font: Font, weight: Weight, italic: bool) -> usize {
    let exact = |italic| FONTS.iter().position(|f| f.font == font && f.weight == weight && f.italic == italic);
    exact(italic).or_else(|| exact(false)).unwrap_or(0)
}

/// A face in CSS: family, weight, the generic family in its place, and whether it is italic.
pub(crate) fn css(index: usize) -> (&'static str, u16, &'static str, bool) {
    let Some(font) = FONTS.get(index) else { return ("sans-serif", 400, "sans-serif", false) };
    let (family, weights, generic) = match font.font {
        Font::Serif => ("Asknpic Serif", [400, 700, 900], "serif"),
        Font::Sans => ("Inter", [400, 600, 800], "sans-serif"),
        Font::Condensed => ("Oswald", [300, 500, 700], "sans-serif"),
    };
    (family, weights[font.weight as usize], generic, font.italic)
}

/// A text without the letters that a face lacks: they would be drawn as empty boxes.
pub(crate) fn covered(index: usize, text: &str) -> String {
    let Some(Some(face)) = FACES.get(index) else { return text.to_owned() };
    text.chars().filter(|c| c.is_whitespace() || face.glyph_index(*c).is_some()).collect()
}

/// A line of text as it will be drawn, in sizes of its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    /// From the start of the first letter to the end of the last.
    pub(crate) advance: f64,
    /// What is inked: left and right from the start, below and above the baseline (up is positive).
    pub(crate) ink: [f64; 4],
}

/// Measures a line with its kerning. A letter that the font lacks is taken for a wide one.
pub(crate) fn run(index: usize, text: &str, tracking: f64) -> Run {
    let mut run = Run { advance: 0.0, ink: [0.0; 4] };
    let Some(Some(face)) = FACES.get(index) else { return run };
    let units = f64::from(face.units_per_em());
    let mut before: Option<GlyphId> = None;
    for c in text.chars() {
        let glyph = face.glyph_index(c);
        if let (Some(left), Some(right)) = (before, glyph) {
            run.advance += f64::from(pair(index, face, left, right)) / units;
        }
        if before.is_some() {
            run.advance += tracking;
        }
        if let Some(ink) = glyph.and_then(|glyph| face.glyph_bounding_box(glyph)) {
            let [left, right, low, high] = [ink.x_min, ink.x_max, ink.y_min, ink.y_max].map(|n| f64::from(n) / units);
            let at = run.advance;
            run.ink = [run.ink[0].min(at + left), run.ink[1].max(at + right), run.ink[2].min(low), run.ink[3].max(high)];
        }
        let advance = glyph.and_then(|glyph| face.glyph_hor_advance(glyph));
        run.advance += advance.map_or(0.7, |advance| f64::from(advance) / units);
        before = Some(glyph.unwrap_or_default());
    }
    run
}

/// What was found for pairs of letters: a text is measured many times until it fits.
static PAIRS: LazyLock<Vec<Mutex<HashMap<u32, i16>>>> = LazyLock::new(|| FONTS.iter().map(|_| Mutex::default()).collect());
/// Pairs that are remembered of a face; a language uses about a thousand.
const REMEMBERED: usize = 8_000;

/// [`kerning`], remembered.
fn pair(index: usize, face: &Face<'_>, left: GlyphId, right: GlyphId) -> i16 {
    let Some(known) = PAIRS.get(index) else { return 0 };
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let key = u32::from(left.0) << 16 | u32::from(right.0);
    if let Some(found) = known.get(&key) {
        return *found;
    }
    if known.len() >= REMEMBERED {
        known.clear();
    }
    let found = kerning(face, left, right);
    known.insert(key, found);
    found
}

/// How much closer two letters stand than their widths say, in the font's units.
fn kerning(face: &Face<'_>, left: GlyphId, right: GlyphId) -> i16 {
    let lookups = face.tables().gpos.into_iter().flat_map(|gpos| gpos.lookups);
    for lookup in lookups {
        for subtable in lookup.subtables.into_iter::<PositioningSubtable<'_>>() {
            let PositioningSubtable::Pair(pair) = subtable else { continue };
            let Some(covered) = pair.coverage().get(left) else { continue };
            let found = match pair {
                PairAdjustment::Format1 { sets, .. } => sets.get(covered).and_then(|set| set.get(right)),
                PairAdjustment::Format2 { classes, matrix, .. } => matrix.get((classes.0.get(left), classes.1.get(right))),
            };
            if let Some((first, _)) = found {
                return first.x_advance;
            }
        }
    }
    0
}

/// Heights above and below the baseline in sizes of the type.
pub(crate) fn vertical(index: usize) -> (f64, f64) {
    let Some(Some(face)) = FACES.get(index) else { return (0.8, 0.2) };
    let units = f64::from(face.units_per_em());
    (f64::from(face.ascender()) / units, -f64::from(face.descender()) / units)
}
