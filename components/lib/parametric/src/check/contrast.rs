//! Texts that can be read on what really lies behind them: WCAG 2.2, success criterion 1.4.3, level AA.

use std::collections::BTreeMap;

use kurbo::Point;

use super::{Notes, each, literal, view};
use crate::{
    colour::Rgb,
    env::Env,
    format::{Color, File, Frame, Kind, Layer, Look, Num, Paint, Unit},
    limits,
    read::round,
    scene::{self, SetText},
    text::fonts,
};

/// Of normal and of large text.
const NORMAL: f64 = 4.5;
const LARGE: f64 = 3.0;
/// Points of a text that are looked at, at most.
const POINTS: usize = 60;
/// Copies of a text in a repeat that are looked at.
const COPIES: usize = 6;
/// How many colours may lie behind one point, where conditions decide.
const POSSIBLE: usize = 6;
/// The share of points that may fail: a thin ornament that crosses a letter does not make it unreadable.
const FAILING: f64 = 0.05;

/// A point of a text: its own colour and opacity there, and every colour that may lie behind.
struct Sample {
    own: Option<(Rgb, f64)>,
    behind: Vec<Rgb>,
}

/// What is known of a text layer.
struct Readable {
    samples: Vec<Sample>,
    needed: f64,
    /// The opacity of all that is around its colour.
    alpha: f64,
    /// Whether it is only sometimes shown.
    conditional: bool,
    /// What its lines ink, in its own coordinates.
    ink: [f64; 4],
    size: f64,
}

pub(crate) fn correct(file: &mut File, notes: &mut Notes<'_>) {
    let env = Env::of(file);
    let palette: Vec<(Color, Rgb)> = env.palette().map(|(name, rgb)| (Color::Named(name.clone()), *rgb)).collect();
    let texts = readable(file);
    let mut plates: Vec<(String, Layer)> = Vec::new();
    each(&mut file.layers, "/layers", &mut 0, &mut |layer, number, path| {
        if let Some(text) = texts.get(&number)
            && let Some(plate) = improve(layer, text, &palette, path, notes)
        {
            plates.push((path.to_owned(), plate));
        }
        true
    });
    // From the last to the first, so that the positions before stay right.
    let room = limits::LAYERS.saturating_sub(file.layers.iter().map(scene::count).sum());
    for (path, plate) in plates.into_iter().rev().take(room) {
        insert(&mut file.layers, &path, plate);
    }
}

/// Every text layer that is drawn, with what lies behind it.
fn readable(file: &File) -> BTreeMap<usize, Readable> {
    let picture = view::scene(file);
    let pieces = view::pieces(&picture);
    let ground = picture.background.as_ref();
    let least = scene::least_size(&file.canvas);
    let mut found: BTreeMap<usize, Readable> = BTreeMap::new();
    let mut copies: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Some(text) = piece.text() else { continue };
        let copy = copies.entry(piece.layer).or_default();
        *copy += 1;
        if *copy > COPIES {
            continue;
        }
        let Some(ink) = text.ink() else { continue };
        let scale = piece.to_canvas.determinant().abs().sqrt();
        let entry = found.entry(piece.layer).or_insert_with(|| Readable {
            samples: Vec::new(),
            needed: if is_large(text, scale, file.canvas.unit, least) { LARGE } else { NORMAL },
            alpha: piece.alpha,
            conditional: piece.conditional,
            ink: [ink.x0, ink.y0, ink.width(), ink.height()],
            size: text.size,
        });
        // What touches the text at all: the rest of the picture need not be asked at every point.
        let below: Vec<&view::Piece<'_>> = pieces
            .get(..at)
            .unwrap_or_default()
            .iter()
            .filter(|below| below.text().is_none() && below.bounds.overlaps(piece.bounds))
            .collect();
        for point in points(text, copies.len().max(1)) {
            let on = piece.to_canvas * point;
            let on_canvas = (0.0..=picture.width).contains(&on.x) && (0.0..=picture.height).contains(&on.y);
            if !on_canvas || !piece.shows(on) {
                continue;
            }
            let painted = text.fill.as_ref().map(|fill| view::paint(fill, point));
            let own = painted.or_else(|| text.stroke.map(|line| (line.color, 1.0)));
            let own = own.map(|(color, opacity)| (color, opacity * piece.alpha));
            entry.samples.push(Sample { own, behind: behind(&below, ground, on) });
        }
    }
    found
}

/// Points in the letters' bands of a text's lines, in its own coordinates.
fn points(text: &SetText, texts: usize) -> Vec<Point> {
    let lines: Vec<&[f64; 4]> = text.inks.iter().filter(|ink| ink[2] > 0.0 && ink[3] > 0.0).collect();
    let each = u32::try_from(POINTS / lines.len().max(1)).unwrap_or(4);
    let most = f64::from(each.clamp(4, if texts > 60 { 12 } else { 30 }));
    let mut all = Vec::new();
    for [x, y, width, height] in lines.into_iter().take(POINTS / 4) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let across = (width / text.size.max(0.01) * 1.5).ceil().clamp(2.0, most / 2.0) as u32;
        for column in 0..across {
            let share = (f64::from(column) + 0.5) / f64::from(across);
            for down in [0.25, 0.75] {
                all.push(Point::new(x + width * share, y + height * down));
            }
        }
    }
    all
}

/// Every colour that may lie at a point of the canvas.
fn behind(below: &[&view::Piece<'_>], ground: Option<&scene::Fill>, point: Point) -> Vec<Rgb> {
    let painted: Vec<(Rgb, f64, bool)> =
        below.iter().filter_map(|piece| piece.color_at(point).map(|(color, alpha)| (color, alpha, piece.conditional))).collect();
    let base = painted.iter().rposition(|(_, alpha, conditional)| *alpha >= 0.999 && !conditional);
    let mut possible = match base.and_then(|base| painted.get(base)) {
        Some((color, ..)) => vec![*color],
        None => vec![ground.map_or(Rgb::WHITE, |ground| {
            let (color, alpha) = view::paint(ground, point);
            color.over(Rgb::WHITE, alpha)
        })],
    };
    for (color, alpha, conditional) in painted.iter().skip(base.map_or(0, |base| base + 1)) {
        let mixed: Vec<Rgb> = possible.iter().map(|below| color.over(*below, *alpha)).collect();
        if *conditional {
            possible.extend(mixed);
            possible.dedup();
            possible.truncate(POSSIBLE);
        } else {
            possible = mixed;
        }
    }
    possible
}

/// Large text in the sense of WCAG: 18 points, or 14 in bold. On a screen a point is what the canvas's size makes of it.
fn is_large(text: &SetText, scale: f64, unit: Unit, least: f64) -> bool {
    let (_, weight, _, _) = fonts::css(text.face);
    let point = if unit == Unit::Mm { 25.4 / 72.0 } else { least / 7.5 };
    text.size * scale >= point * if weight >= 600 { 14.0 } else { 18.0 }
}

impl Readable {
    /// The least contrast of the text, but for the few points that may fail, if it had this colour; its own without one.
    fn contrast(&self, color: Option<Rgb>, alpha: f64) -> f64 {
        let mut all: Vec<f64> = Vec::with_capacity(self.samples.len());
        for sample in &self.samples {
            let own = color.map(|color| (color, alpha)).or(sample.own);
            let Some((own, alpha)) = own else {
                all.push(1.0);
                continue;
            };
            all.push(sample.behind.iter().map(|behind| own.over(*behind, alpha).contrast(*behind)).fold(21.0, f64::min));
        }
        all.sort_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a small count")]
        let skipped = (all.len() as f64 * FAILING).floor() as usize;
        all.get(skipped).copied().unwrap_or(21.0)
    }
}

/// Makes a text readable: by its opacity, another colour of the palette, a lighter or darker one of its own, or a plate behind it,
/// which is returned.
fn improve(layer: &mut Layer, text: &Readable, palette: &[(Color, Rgb)], path: &str, notes: &mut Notes<'_>) -> Option<Layer> {
    let before = text.contrast(None, 1.0);
    if before >= text.needed || text.samples.is_empty() {
        return None;
    }
    let own = text.samples.iter().find_map(|sample| sample.own).map(|(color, _)| color);
    // Faded beyond reading.
    let around = (text.alpha / literal(&layer.opacity).max(0.001)).min(1.0);
    if let Some(own) = own
        && layer.opacity != Num::ONE
        && matches!(layer.opacity, Num::Literal(_))
        && text.contrast(Some(own), around) >= text.needed
    {
        layer.opacity = Num::ONE;
        notes.add("contrast", format!("{path}/opacity"), &[before, text.contrast(Some(own), around)]);
        return None;
    }
    let seen = |color: Rgb| text.contrast(Some(color), text.alpha);
    let (condition, turn) = (layer.when.clone(), layer.rotate.clone());
    let Kind::Text(content) = &mut layer.kind else { return None };
    if let Some((color, rgb)) = readable_color(own, palette, text.needed, &seen) {
        content.fill = Paint::Solid(color);
        notes.add("contrast", format!("{path}/fill"), &[before, seen(rgb)]);
        return None;
    }
    if around < 0.999 || condition.is_some() || text.conditional {
        // A plate would fade or vanish as well: the best there is.
        let all = palette.iter().cloned().chain([Rgb::WHITE, Rgb::BLACK].map(|rgb| (Color::Value(rgb), rgb)));
        let (color, rgb) = all.max_by(|a, b| seen(a.1).total_cmp(&seen(b.1)))?;
        if seen(rgb) > before + 0.1 {
            content.fill = Paint::Solid(color);
            notes.add("contrast", format!("{path}/fill"), &[before, seen(rgb)]);
        }
        return None;
    }
    // Nothing can be read on all that lies behind: a plate in one colour of the picture, and the text on it.
    let color = own.unwrap_or(Rgb::BLACK);
    let plates = palette.iter().cloned().chain([Rgb::WHITE, Rgb::BLACK].map(|rgb| (Color::Value(rgb), rgb)));
    let strange = |rgb: Rgb| text.samples.iter().flat_map(|sample| &sample.behind).map(|below| below.distance(rgb)).sum::<f64>();
    let good = plates.filter(|(_, rgb)| color.contrast(*rgb) >= text.needed.max(NORMAL));
    let (plate, rgb) = good.min_by(|a, b| strange(a.1).total_cmp(&strange(b.1)))?;
    if own.is_none() || matches!(content.fill, Paint::Gradient(_)) {
        content.fill = Paint::Solid(Color::Value(color));
    }
    notes.add("contrast", path.to_owned(), &[before, color.contrast(rgb)]);
    let edge = text.size * 0.35;
    let sides = [&content.frame.x, &content.frame.y, &content.frame.width, &content.frame.height];
    let frame = if turn == Num::ZERO && sides.iter().all(|num| matches!(num, Num::Literal(_))) {
        let [x, y, width, height] = text.ink;
        let [x, y, width, height] = [x - edge, y - edge, width + 2.0 * edge, height + 2.0 * edge].map(|n| Num::Literal(round(n)));
        Frame { x, y, width, height }
    } else {
        content.frame.clone()
    };
    let look = Look { fill: Paint::Solid(plate), stroke: None, shadow: None };
    let kind = Kind::Rectangle { frame, radius: Num::Literal(round(edge * 0.4)), look };
    // What fades the text would let through what lies behind the plate.
    layer.opacity = Num::ONE;
    Some(Layer { kind, opacity: Num::ONE, rotate: turn, when: None })
}

/// The colour nearest to a text's own that can be read: one of the palette, which belongs to the picture; else its own hue, lighter
/// or darker; white or black at last.
fn readable_color(own: Option<Rgb>, palette: &[(Color, Rgb)], needed: f64, with: &dyn Fn(Rgb) -> f64) -> Option<(Color, Rgb)> {
    let near = |color: Rgb| own.map_or(0.0, |own| own.distance(color));
    let good = palette.iter().filter(|(_, rgb)| with(*rgb) >= needed.max(NORMAL));
    if let Some(found) = good.min_by(|a, b| near(a.1).total_cmp(&near(b.1))) {
        return Some(found.clone());
    }
    let shades = own.into_iter().flat_map(|own| {
        [0.35, 0.5, 0.65, 0.8, 0.9].into_iter().flat_map(move |share| [Rgb::WHITE, Rgb::BLACK].map(|to| to.over(own, share)))
    });
    let mut all = shades.chain([Rgb::WHITE, Rgb::BLACK]);
    all.find(|rgb| with(*rgb) >= needed).map(|rgb| (Color::Value(rgb), rgb))
}

/// Puts a layer before the one at a path.
fn insert(layers: &mut Vec<Layer>, path: &str, layer: Layer) {
    let positions: Vec<usize> = path.split('/').filter_map(|part| part.parse().ok()).collect();
    let Some((last, parents)) = positions.split_last() else { return };
    let mut inside = layers;
    for position in parents {
        let Some(Layer { kind: Kind::Group { layers, .. } | Kind::Repeat { layers, .. }, .. }) = inside.get_mut(*position) else {
            return;
        };
        inside = layers;
    }
    inside.insert((*last).min(inside.len()), layer);
}
