//! The bounds of a file and of the work it may cause.

/// Bytes of text that the checker reads, and of the file it returns.
pub(crate) const BYTES: usize = 64 * 1024;
/// Layers in a file, those inside groups and repeats counted.
pub(crate) const LAYERS: usize = 500;
/// Groups and repeats inside one another.
pub(crate) const NESTING: usize = 8;
/// Clips inside one another: each needs a picture of its own while it is drawn.
pub(crate) const CLIPS: usize = 2;
/// Elements once repeats are expanded.
pub(crate) const ELEMENTS: usize = 5_000;
/// Corners and curves of all elements.
pub(crate) const POINTS: usize = 60_000;
/// Characters of all texts once repeats are expanded.
pub(crate) const GLYPHS: usize = 5_000;
/// How many times over the canvas may be painted: what a picture costs in time. The worst that this lets through takes about four
/// seconds for 16 megapixels (in wasm, on one core of 2025), of ten that a host gives an instance.
pub(crate) const INK: f64 = 14.0;
/// How many times a plain colour a gradient costs.
pub(crate) const GRADIENT_INK: f64 = 2.0;
/// What it costs to put a group or shape together before it is clipped or faded, for each part of the canvas that it covers: pixels
/// of its own, and putting them on the others.
pub(crate) const TOGETHER_INK: f64 = 1.0;
/// Dashes or dots along one outline; what has more is drawn as a solid line, as which it would be seen.
pub(crate) const DASHES: f64 = 2_000.0;
/// Characters of a text.
pub(crate) const TEXT: usize = 2_000;
/// Characters of a title or a label.
pub(crate) const LABEL: usize = 120;
/// Characters of a condition.
pub(crate) const CONDITION: usize = 160;
/// Characters of a name.
pub(crate) const NAME: usize = 32;
/// Colours of a palette.
pub(crate) const PALETTE: usize = 24;
/// Parameters of a file.
pub(crate) const PARAMETERS: usize = 24;
/// Options of a choice.
pub(crate) const OPTIONS: usize = 12;
/// Colours of a gradient.
pub(crate) const STOPS: usize = 8;
/// Corners of a polygon.
pub(crate) const POLYGON_POINTS: usize = 200;
/// Bytes of path data.
pub(crate) const PATH_BYTES: usize = 8_000;
/// Lines and curves of a path.
pub(crate) const PATH_ELEMENTS: usize = 500;
/// Copies along each direction of a repeat.
pub(crate) const COPIES: f64 = 500.0;
/// Sides of the canvas in pixels.
pub(crate) const SIDE: (f64, f64) = (64.0, 4096.0);
/// Sides of the canvas in millimetres: a label to a large poster.
pub(crate) const SIDE_MM: (f64, f64) = (20.0, 1200.0);
/// Any coordinate, either way.
pub(crate) const COORDINATE: f64 = 100_000.0;
