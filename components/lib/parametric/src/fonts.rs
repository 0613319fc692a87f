//! The bundled fonts and how wide their letters are.

use std::sync::LazyLock;

use ttf_parser::Face;

use crate::model::{Font, Weight};

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../fonts/", $name, ".ttf"))
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

/// The CSS family and weight of a face.
pub(crate) fn css(index: usize) -> (&'static str, u16) {
    let Some(font) = FONTS.get(index) else { return ("sans-serif", 400) };
    let weights: [u16; 3] = match font.font {
        Font::Serif => [400, 700, 900],
        Font::Sans => [400, 600, 800],
        Font::Condensed => [300, 500, 700],
    };
    let family = match font.font {
        Font::Serif => "Asknpic Serif",
        Font::Sans => "Inter",
        Font::Condensed => "Oswald",
    };
    (family, weights[font.weight as usize])
}

/// The width of a text in sizes of its type, without kerning (which mostly narrows).
pub(crate) fn width(index: usize, text: &str, tracking: f64) -> f64 {
    let Some(Some(face)) = FACES.get(index) else { return 0.0 };
    let units = f64::from(face.units_per_em());
    text.chars()
        .map(|c| {
            let advance = face.glyph_index(c).and_then(|glyph| face.glyph_hor_advance(glyph));
            advance.map_or(0.6, |advance| f64::from(advance) / units) + tracking
        })
        .sum()
}

/// Heights above and below the baseline in sizes of the type.
pub(crate) fn vertical(index: usize) -> (f64, f64) {
    let Some(Some(face)) = FACES.get(index) else { return (0.8, 0.2) };
    let units = f64::from(face.units_per_em());
    (f64::from(face.ascender()) / units, -f64::from(face.descender()) / units)
}
