//! Layers on the canvas; texts inside the margins, legible and fitting.

use std::collections::BTreeMap;

use kurbo::{Affine, Rect, Vec2};

use super::{Notes, each, view};
use crate::{
    decimal::round,
    env::Env,
    format::{Canvas, File, Frame, Kind, Layer, Num, Text},
    limits,
    scene::{self, Scene},
    text::{fonts, layout},
};

/// What is seen of one layer.
#[derive(Default)]
struct Seen {
    /// How often it is drawn.
    times: usize,
    /// Something of it is on the canvas.
    on_canvas: bool,
    /// The coordinates it is drawn in, of its first copy.
    around: Affine,
}

pub(crate) fn correct(file: &mut File, scene: &Scene, notes: &mut Notes<'_>) {
    let full = Rect::new(0.0, 0.0, scene.width, scene.height);
    let mut seen: BTreeMap<usize, Seen> = BTreeMap::new();
    for piece in view::pieces(scene) {
        let entry = seen.entry(piece.layer).or_insert_with(|| Seen { around: piece.around, ..Seen::default() });
        entry.times += 1;
        entry.on_canvas |=
            piece.bounds.x0 < full.x1 && piece.bounds.y0 < full.y1 && piece.bounds.x1 > 0.0 && piece.bounds.y1 > 0.0;
    }
    let mut placer = Placer { env: Env::of(file), canvas: file.canvas.clone(), least: scene::least_size(&file.canvas), notes };
    each(&mut file.layers, "/layers", &mut 0, &mut |layer, number, path| {
        if let Kind::Text(text) = &mut layer.kind {
            return seen.get(&number).is_none_or(|seen| seen.times != 1 || placer.text(text, &layer.rotate, path, seen.around));
        }
        // Parts of a pattern or of an ornament may well lie outside, as long as some of it is seen.
        let inside = path.matches("/layers/").count() > 1;
        let mut all = seen.range(number..number + scene::count(layer)).map(|(_, seen)| seen).peekable();
        // What follows a parameter may come into view.
        let kept = inside || follows(layer) || all.peek().is_none() || all.any(|seen| seen.on_canvas);
        if !kept {
            placer.notes.add("off-canvas", path.to_owned(), &[]);
        }
        kept
    });
}

/// Whether the place of a layer, or of something in it, follows an expression.
fn follows(layer: &Layer) -> bool {
    let any = |nums: &[&Num]| nums.iter().any(|num| matches!(num, Num::Expression(_)));
    let frame = |frame: &Frame| any(&[&frame.x, &frame.y, &frame.width, &frame.height]);
    any(&[&layer.rotate])
        || match &layer.kind {
            Kind::Rectangle { frame: place, .. } | Kind::Ellipse { frame: place, .. } | Kind::Path { frame: place, .. } => {
                frame(place)
            }
            Kind::Line { x1, y1, x2, y2, .. } => any(&[x1, y1, x2, y2]),
            Kind::Polygon { points, .. } => points.iter().any(|[x, y]| any(&[x, y])),
            Kind::Text(text) => frame(&text.frame),
            Kind::Group { x, y, scale, layers, .. } => any(&[x, y, scale]) || layers.iter().any(follows),
            Kind::Repeat { x, y, count, rows, dx, dy, radius, layers, .. } => {
                any(&[x, y, count, rows, dx, dy, radius]) || layers.iter().any(follows)
            }
        }
}

struct Placer<'a, 'b> {
    env: Env,
    canvas: Canvas,
    least: f64,
    notes: &'a mut Notes<'b>,
}

impl Placer<'_, '_> {
    fn text(&mut self, text: &mut Text, rotate: &Num, path: &str, around: Affine) -> bool {
        let scale = around.determinant().abs().sqrt();
        // Where the canvas has no place in the coordinates of a file, no text has one.
        let reach = self.canvas.width.max(self.canvas.height) / scale;
        if !(1e-3..limits::COORDINATE / 2.0).contains(&reach) {
            self.notes.add("off-canvas", path.to_owned(), &[]);
            return false;
        }
        self.legible(text, path, scale);
        self.roomy(text, path, scale);
        let angle = self.env.num(rotate).rem_euclid(360.0).to_radians();
        self.inside(&mut text.frame, path, around, angle);
        self.fit(text, path, scale);
        true
    }

    fn frame(&self, frame: &Frame) -> [f64; 4] {
        [&frame.x, &frame.y, &frame.width, &frame.height].map(|num| self.env.num(num))
    }

    fn legible(&mut self, text: &mut Text, path: &str, scale: f64) {
        let (size, least) = (self.env.num(&text.size), self.least / scale);
        // An expression follows a parameter: what is drawn is legible all the same.
        if matches!(text.size, Num::Literal(_)) && size < least - 0.01 {
            let after = (least * 100.0).ceil() / 100.0;
            text.size = Num::Literal(after);
            self.notes.add("illegible", format!("{path}/size"), &[size, after]);
        }
    }

    /// A box that has not even room for one line of the least size gets it.
    fn roomy(&mut self, text: &mut Text, path: &str, scale: f64) {
        let [x, y, width, height] = self.frame(&text.frame);
        let [wide, high] = [self.least / scale * 4.0, self.least / scale * 1.5];
        let free = [self.canvas.width / scale - x, self.canvas.height / scale - y];
        if width < wide.min(free[0].abs()).min(self.canvas.width / scale * 0.05).max(0.01) {
            let after = round(wide.max(free[0] - self.canvas.margin / scale));
            text.frame.width = Num::Literal(after);
            self.notes.add("no-room", format!("{path}/width"), &[width, after]);
        }
        if height < high {
            let after = (high * 100.0).ceil() / 100.0;
            text.frame.height = Num::Literal(after);
            self.notes.add("no-room", format!("{path}/height"), &[height, after]);
        }
    }

    /// Moves a text's box inside the margins, and makes it smaller where it is larger than they leave.
    fn inside(&mut self, frame: &mut Frame, path: &str, around: Affine, angle: f64) {
        let margin = self.canvas.margin;
        let safe = Rect::new(margin, margin, self.canvas.width - margin, self.canvas.height - margin);
        let slack = 0.000_6 * self.canvas.width.max(self.canvas.height);
        let before = self.frame(frame);
        let [x, y, width, height] = before;
        let own = Affine::rotate_about(angle, kurbo::Point::new(x + width / 2.0, y + height / 2.0));
        let on = (around * own).transform_rect_bbox(scene::rect(before));
        let outside = (safe.x0 - on.x0).max(safe.y0 - on.y0).max(on.x1 - safe.x1).max(on.y1 - safe.y1);
        if outside <= slack {
            return;
        }
        let turned = around.as_coeffs()[1].abs() > 1e-6 || angle != 0.0;
        let (wide, high) = (on.width(), on.height());
        let fit = |side: f64, room: f64| (room / side.max(1e-9)).min(1.0);
        // A straight box keeps the side that has room; a turned one its proportions.
        let (fit_x, fit_y) = if turned {
            let both = fit(wide, safe.width()).min(fit(high, safe.height()));
            (both, both)
        } else {
            (fit(wide, safe.width()), fit(high, safe.height()))
        };
        let (new_width, new_height) = ((width * fit_x * 100.0).floor() / 100.0, (height * fit_y * 100.0).floor() / 100.0);
        // About its middle, which then moves as little as it must.
        let middle = on.center();
        let half = Vec2::new(wide * fit_x / 2.0, high * fit_y / 2.0);
        let keep =
            |at: f64, half: f64, low: f64, high: f64| at.clamp((low + half).min(high - half), (high - half).max(low + half));
        let target = kurbo::Point::new(keep(middle.x, half.x, safe.x0, safe.x1), keep(middle.y, half.y, safe.y0, safe.y1));
        let local = around.inverse() * target;
        let after = [round(local.x - new_width / 2.0), round(local.y - new_height / 2.0), new_width, new_height];
        for ((num, before), (after, key)) in [&mut frame.x, &mut frame.y, &mut frame.width, &mut frame.height]
            .into_iter()
            .zip(before)
            .zip(after.into_iter().zip(["x", "y", "width", "height"]))
        {
            if (after - before).abs() > 0.005 {
                *num = Num::Literal(after);
                self.notes.add("outside-margin", format!("{path}/{key}"), &[before, after]);
            }
        }
    }

    /// Shrinks or shortens a text that does not fit its box.
    fn fit(&mut self, text: &mut Text, path: &str, scale: f64) {
        let [_, _, width, height] = self.frame(&text.frame);
        let filled = self.env.fill(&text.text);
        let content = if text.uppercase { filled.to_uppercase() } else { filled };
        let content = fonts::covered(fonts::index(text.font, text.weight, text.italic), &content);
        let wanted = scene::wanted(&self.env, text, &content, [width, height], self.least / scale);
        let set = layout::layout(&wanted);
        if set.shortened && !text.text.contains('{') {
            let shorter = set.lines.join(" ");
            let shorter = if text.uppercase { beginning(&text.text, &shorter) } else { shorter };
            if shorter != text.text && !shorter.is_empty() {
                let count = |text: &str| f64::from(u32::try_from(text.chars().count()).unwrap_or(0));
                self.notes.add("shortened", format!("{path}/text"), &[count(&text.text), count(&shorter)]);
                text.text = shorter;
            }
        }
        let size = self.env.num(&text.size);
        if matches!(text.size, Num::Literal(_)) && set.size < size - 0.02 {
            let after = (set.size * 100.0).floor() / 100.0;
            if after < size - 0.005 {
                text.size = Num::Literal(after);
                self.notes.add("does-not-fit", format!("{path}/size"), &[size, after]);
            }
        }
    }
}

/// As much of a text as its shortened form in capitals shows, in its own letters.
fn beginning(text: &str, shown: &str) -> String {
    let length = shown.chars().count().saturating_sub(1);
    let kept: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(length).collect();
    format!("{}…", kept.trim_end_matches(['…', ' ']))
}
