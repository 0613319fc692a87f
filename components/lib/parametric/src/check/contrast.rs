//! Texts that can be read on what really lies behind them: WCAG 2.2, success criterion 1.4.3, level AA.

use std::collections::{BTreeMap, BTreeSet};

use kurbo::Point;

use super::{Notes, each, view};
use crate::{
    colour::Rgb,
    decimal::round,
    env::Env,
    format::{Color, File, Frame, Kind, Layer, Look, Num, Paint, Unit},
    limits,
    scene::{self, Scene, SetText},
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

/// A point of a text: its own colour and opacity there, and every way in which what lies behind may look.
struct Sample {
    own: Option<(Rgb, f64)>,
    behind: Vec<Behind>,
}

/// What lies behind a point of a text, in one of the states that conditions allow.
#[derive(Clone, Copy, PartialEq)]
struct Behind {
    /// What is seen there without the text.
    color: Rgb,
    /// What is seen there besides the text where that is opaque: what the faded groups around it let through.
    through: [f64; 3],
    /// What these groups leave of an opaque text.
    left: f64,
}

impl Behind {
    /// The contrast of a text of that colour and opacity with what is seen beside it.
    fn contrast(&self, color: Rgb, alpha: f64) -> f64 {
        let opaque = color.plus(self.left, self.through);
        opaque.over(self.color, alpha).contrast(self.color)
    }
}

/// What is known of a text layer.
struct Readable {
    samples: Vec<Sample>,
    needed: f64,
    /// Its own opacity.
    alpha: f64,
    /// The opacity of all groups around it.
    around: f64,
    /// Whether it is only sometimes shown.
    conditional: bool,
    /// What its lines ink, in its own coordinates.
    ink: [f64; 4],
    size: f64,
}

pub(crate) fn correct(file: &mut File, scene: &Scene, notes: &mut Notes<'_>) {
    let env = Env::of(file);
    let palette: Vec<(Color, Rgb)> = env.palette().map(|(name, rgb)| (Color::Named(name.clone()), *rgb)).collect();
    let texts = readable(file, scene);
    let mut faded = BTreeSet::new();
    in_faded(&file.layers, false, &mut 0, &mut faded);
    let mut plates: Vec<(String, Layer)> = Vec::new();
    let mut unreadable: BTreeMap<usize, f64> = BTreeMap::new();
    each(&mut file.layers, "/layers", &mut 0, &mut |layer, number, path| {
        if let Some(text) = texts.get(&number) {
            match improve(layer, text, &palette, faded.contains(&number), path, notes) {
                Outcome::Done => {}
                Outcome::Plate(plate) => plates.push((path.to_owned(), *plate)),
                Outcome::Faded => {
                    unreadable.insert(number, text.contrast(None, 1.0));
                }
            }
        }
        true
    });
    if !unreadable.is_empty() {
        // What fades them gives way; what they need besides is seen in the next round.
        each(&mut file.layers, "/layers", &mut 0, &mut |layer, number, path| {
            let inside = number + 1..number + scene::count(layer);
            let first = unreadable.range(inside).next();
            if let (Some((_, before)), Num::Literal(opacity)) = (first, &layer.opacity)
                && *opacity < 1.0
            {
                layer.opacity = Num::ONE;
                notes.add("contrast", format!("{path}/opacity"), &[*before]);
            }
            true
        });
    }
    // From the last to the first, so that the positions before stay right.
    let room = limits::LAYERS.saturating_sub(file.layers.iter().map(scene::count).sum());
    for (path, plate) in plates.into_iter().rev().take(room) {
        insert(&mut file.layers, &path, plate);
    }
}

/// The texts inside a group or repeat whose opacity is a number below 1.
fn in_faded(layers: &[Layer], inside: bool, number: &mut usize, found: &mut BTreeSet<usize>) {
    for layer in layers {
        if inside && matches!(layer.kind, Kind::Text(_)) {
            found.insert(*number);
        }
        *number += 1;
        if let Kind::Group { layers, .. } | Kind::Repeat { layers, .. } = &layer.kind {
            let fades = matches!(layer.opacity, Num::Literal(opacity) if opacity < 1.0);
            in_faded(layers, inside || fades, number, found);
        }
    }
}

/// Every text layer that is drawn, with what lies behind it.
fn readable(file: &File, picture: &Scene) -> BTreeMap<usize, Readable> {
    let pieces = view::pieces(picture);
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
            alpha: piece.own,
            around: piece.faded.iter().map(|(_, opacity)| opacity).product(),
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
            let own = own.map(|(color, opacity)| (color, opacity * piece.own));
            entry.samples.push(Sample { own, behind: behind(&below, &piece.faded, ground, on) });
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

/// Every way in which what lies behind a text may look at a point of the canvas. `around`: the faded groups that the text is in.
fn behind(below: &[&view::Piece<'_>], around: &[(usize, f64)], ground: Option<&scene::Fill>, point: Point) -> Vec<Behind> {
    let painted: Vec<(Rgb, f64, &view::Piece<'_>)> =
        below.iter().filter_map(|piece| piece.color_at(point).map(|(color, alpha)| (color, alpha, *piece))).collect();
    // What is below something opaque on the canvas itself is not seen.
    let base = painted.iter().rposition(|(_, alpha, piece)| *alpha >= 0.999 && !piece.conditional && piece.faded.is_empty());
    let first = match base.and_then(|base| painted.get(base)) {
        Some((color, ..)) => *color,
        None => ground.map_or(Rgb::WHITE, |ground| {
            let (color, alpha) = view::paint(ground, point);
            color.over(Rgb::WHITE, alpha)
        }),
    };
    let mut possible = vec![Sheets::on(first)];
    for (color, alpha, piece) in painted.iter().skip(base.map_or(0, |base| base + 1)) {
        let mut mixed = possible.clone();
        for sheets in &mut mixed {
            sheets.enter(&piece.faded);
            sheets.paint(*color, *alpha);
        }
        if piece.conditional {
            possible.append(&mut mixed);
            possible.dedup();
            possible.truncate(POSSIBLE);
        } else {
            possible = mixed;
        }
    }
    let seen = possible.into_iter().map(|mut sheets| {
        sheets.enter(around);
        sheets.seen()
    });
    let mut seen: Vec<Behind> = seen.collect();
    seen.dedup();
    seen
}

/// A colour in the making: the canvas, and on it the faded groups that are open, each put together before it fades.
#[derive(Clone, PartialEq)]
struct Sheets {
    canvas: [f64; 3],
    /// Of each group its number and opacity, and what is painted on it: its colour times how much of it there is, and that.
    open: Vec<(usize, f64, [f64; 3], f64)>,
}

impl Sheets {
    fn on(canvas: Rgb) -> Self {
        Self { canvas: canvas.channels(), open: Vec::new() }
    }

    /// Closes the groups that what comes next is not in, and opens those that it is in.
    fn enter(&mut self, groups: &[(usize, f64)]) {
        let shared = self.open.iter().zip(groups).take_while(|((open, ..), (group, _))| open == group).count();
        while self.open.len() > shared {
            self.close();
        }
        self.open.extend(groups.iter().skip(shared).map(|(group, opacity)| (*group, *opacity, [0.0; 3], 0.0)));
    }

    /// Fades the innermost group and puts it on what it is in.
    fn close(&mut self) {
        if let Some((_, opacity, painted, covered)) = self.open.pop() {
            self.put(painted.map(|channel| channel * opacity), covered * opacity);
        }
    }

    fn paint(&mut self, color: Rgb, alpha: f64) {
        self.put(color.channels().map(|channel| channel * alpha), alpha);
    }

    fn put(&mut self, painted: [f64; 3], alpha: f64) {
        let under = match self.open.last_mut() {
            Some((_, _, under, covered)) => {
                *covered = alpha + *covered * (1.0 - alpha);
                under
            }
            None => &mut self.canvas,
        };
        for (below, above) in under.iter_mut().zip(painted) {
            *below = above + *below * (1.0 - alpha);
        }
    }

    /// The colour once everything is closed.
    fn closed(mut self) -> [f64; 3] {
        while !self.open.is_empty() {
            self.close();
        }
        self.canvas
    }

    /// How it looks, without and with something opaque on the innermost sheet.
    fn seen(self) -> Behind {
        let left: f64 = self.open.iter().map(|(_, opacity, ..)| opacity).product();
        let mut covered = self.clone();
        covered.put([0.0; 3], 1.0);
        Behind { color: Rgb::of(self.closed()), through: covered.closed(), left }
    }
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
            all.push(sample.behind.iter().map(|behind| behind.contrast(own, alpha)).fold(21.0, f64::min));
        }
        all.sort_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a small count")]
        let skipped = (all.len() as f64 * FAILING).floor() as usize;
        all.get(skipped).copied().unwrap_or(21.0)
    }
}

/// What became of a text.
enum Outcome {
    /// It can be read, or nothing helps.
    Done,
    /// It needs this behind it.
    Plate(Box<Layer>),
    /// What fades the groups around it must go first.
    Faded,
}

/// Makes a text readable: by its opacity, another colour of the palette, a lighter or darker one of its own, or a plate behind it.
/// `in_faded`: groups around it can be made to fade no more.
fn improve(
    layer: &mut Layer,
    text: &Readable,
    palette: &[(Color, Rgb)],
    in_faded: bool,
    path: &str,
    notes: &mut Notes<'_>,
) -> Outcome {
    let before = text.contrast(None, 1.0);
    if before >= text.needed || text.samples.is_empty() {
        return Outcome::Done;
    }
    let own = text.samples.iter().find_map(|sample| sample.own).map(|(color, _)| color);
    // Faded beyond reading.
    if let Some(own) = own
        && layer.opacity != Num::ONE
        && matches!(layer.opacity, Num::Literal(_))
        && text.contrast(Some(own), 1.0) >= text.needed
    {
        layer.opacity = Num::ONE;
        notes.add("contrast", format!("{path}/opacity"), &[before, text.contrast(Some(own), 1.0)]);
        return Outcome::Done;
    }
    let seen = |color: Rgb| text.contrast(Some(color), text.alpha);
    let fades = text.around < 0.999 || (text.alpha < 0.999 && matches!(layer.opacity, Num::Expression(_)));
    let (condition, turn) = (layer.when.clone(), layer.rotate.clone());
    let Kind::Text(content) = &mut layer.kind else { return Outcome::Done };
    if let Some((color, rgb)) = readable_color(own, palette, text.needed, &seen) {
        content.fill = Paint::Solid(color);
        notes.add("contrast", format!("{path}/fill"), &[before, seen(rgb)]);
        return Outcome::Done;
    }
    if in_faded {
        return Outcome::Faded;
    }
    if fades || condition.is_some() || text.conditional {
        // A plate would fade or vanish as well: the best there is.
        let all = palette.iter().cloned().chain([Rgb::WHITE, Rgb::BLACK].map(|rgb| (Color::Value(rgb), rgb)));
        if let Some((color, rgb)) = all.max_by(|a, b| seen(a.1).total_cmp(&seen(b.1)))
            && seen(rgb) > before + 0.1
        {
            content.fill = Paint::Solid(color);
            notes.add("contrast", format!("{path}/fill"), &[before, seen(rgb)]);
        }
        return Outcome::Done;
    }
    // Nothing can be read on all that lies behind: a plate in one colour of the picture, and the text on it.
    let color = own.unwrap_or(Rgb::BLACK);
    let plates = palette.iter().cloned().chain([Rgb::WHITE, Rgb::BLACK].map(|rgb| (Color::Value(rgb), rgb)));
    let strange =
        |rgb: Rgb| text.samples.iter().flat_map(|sample| &sample.behind).map(|below| below.color.distance(rgb)).sum::<f64>();
    let good = plates.filter(|(_, rgb)| color.contrast(*rgb) >= text.needed.max(NORMAL));
    let Some((plate, rgb)) = good.min_by(|a, b| strange(a.1).total_cmp(&strange(b.1))) else { return Outcome::Done };
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
    Outcome::Plate(Box::new(Layer { kind, opacity: Num::ONE, rotate: turn, when: None }))
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
