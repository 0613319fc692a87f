//! Corrections on a file that was read: colours that exist, texts inside the margins, legible, fitting and readable.
//!
//! Each pass works on the values at the parameters' defaults; the renderer fits texts again to the values of the moment.

use crate::{
    Correction,
    colour::{self, Rgb},
    env::Env,
    format::{Canvas, Color, File, Frame, Kind, Layer, Look, Num, Paint, Pattern, Text},
    read::round,
    scene,
    text::{fonts, layout},
};

/// WCAG 2.2, 1.4.3: normal and large text.
const CONTRAST: f64 = 4.5;
const CONTRAST_LARGE: f64 = 3.0;

/// Up to here two colours are meant to be the same (distance in Oklab).
const ALIKE: f64 = 0.02;
/// Up to here a palette's colour does for one that was only named.
const LIKE: f64 = 0.2;

/// Something behind a text: its box on the canvas and its colours.
struct Behind {
    bounds: [f64; 4],
    colors: Vec<Rgb>,
    opaque: bool,
}

/// One pass. Corrections are added to the list.
pub(crate) fn pass(file: &mut File, corrections: &mut Vec<Correction>) {
    let env = Env::of(file);
    let mut checker = Checker {
        env,
        canvas: file.canvas.clone(),
        behind: Vec::new(),
        alpha: 1.0,
        corrections,
        least: scene::least_size(&file.canvas),
    };
    checker.colors_of_paint(&mut file.canvas.background, "/canvas/background");
    checker.canvas.background = file.canvas.background.clone();
    checker.layers(&mut file.layers, "/layers", [0.0, 0.0, 1.0], true);
}

struct Checker<'a> {
    env: Env,
    canvas: Canvas,
    behind: Vec<Behind>,
    /// The opacity of what is being looked at, groups around it counted.
    alpha: f64,
    corrections: &'a mut Vec<Correction>,
    least: f64,
}

impl Checker<'_> {
    fn note(&mut self, code: &'static str, path: String, numbers: Vec<f64>) {
        self.corrections.push(Correction { code, path, numbers: numbers.into_iter().map(round).collect() });
    }

    /// `place` is where the layers' 0, 0 is on the canvas and their scale; `free` is false inside repeats, whose copies are elsewhere.
    fn layers(&mut self, layers: &mut Vec<Layer>, path: &str, place: [f64; 3], free: bool) {
        let mut at = 0;
        while let Some(layer) = layers.get_mut(at) {
            let here = format!("{path}/{at}");
            if self.layer(layer, &here, place, free) {
                at += 1;
            } else {
                layers.remove(at);
            }
        }
    }

    /// False where nothing of the layer can be seen, so that it goes.
    fn layer(&mut self, layer: &mut Layer, path: &str, place: [f64; 3], free: bool) -> bool {
        if layer.when.as_deref().is_some_and(|when| !self.env.knows_condition(when)) {
            layer.when = None;
            self.note("dangling-reference", format!("{path}/when"), vec![]);
        }
        for (key, num, default) in [("opacity", &mut layer.opacity, 1.0), ("rotate", &mut layer.rotate, 0.0)] {
            self.known(num, default, &format!("{path}/{key}"));
        }
        if let Num::Literal(opacity) = layer.opacity
            && !(0.0..=1.0).contains(&opacity)
        {
            let share = if opacity > 1.0 && opacity <= 100.0 { opacity / 100.0 } else { opacity.clamp(0.0, 1.0) };
            layer.opacity = Num::Literal(round(share));
            self.note("out-of-range", format!("{path}/opacity"), vec![opacity, share]);
        }
        let outer = self.alpha;
        self.alpha *= self.env.num(&layer.opacity).clamp(0.0, 1.0);
        let opaque = self.alpha >= 0.99 && layer.when.is_none();
        let straight = self.env.num(&layer.rotate) == 0.0;
        let seen = self.kind(&mut layer.kind, path, place, free, opaque, straight);
        self.alpha = outer;
        seen
    }

    fn kind(&mut self, kind: &mut Kind, path: &str, place: [f64; 3], free: bool, opaque: bool, straight: bool) -> bool {
        match kind {
            Kind::Rectangle { frame, radius, look } => {
                self.known(radius, 0.0, &format!("{path}/radius"));
                self.shape(frame, look, path, place, free, opaque && straight)
            }
            Kind::Path { frame, look, .. } | Kind::Ellipse { frame, look } => self.shape(frame, look, path, place, free, false),
            Kind::Line { x1, y1, x2, y2, stroke } => {
                for num in [x1, y1, x2, y2] {
                    self.known(num, 0.0, path);
                }
                self.colors_of(&mut stroke.color, &format!("{path}/stroke/color"));
                self.known(&mut stroke.width, 2.0, &format!("{path}/stroke/width"));
                true
            }
            Kind::Polygon { points, look } => {
                for num in points.iter_mut().flatten() {
                    self.known(num, 0.0, &format!("{path}/points"));
                }
                self.look(look, path);
                let [xs, ys] = [0, 1].map(|axis| points.iter().map(|point| self.env.num(&point[axis])).collect::<Vec<f64>>());
                let least = |all: &[f64]| all.iter().copied().fold(f64::INFINITY, f64::min);
                let most = |all: &[f64]| all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let bounds = [least(&xs), least(&ys), most(&xs) - least(&xs), most(&ys) - least(&ys)];
                self.lay(bounds, &look.fill, place, false);
                true
            }
            Kind::Text(text) => self.text(text, path, place, free),
            Kind::Group { x, y, scale, layers, .. } => {
                for (num, default) in [(&mut *x, 0.0), (&mut *y, 0.0), (&mut *scale, 1.0)] {
                    self.known(num, default, path);
                }
                let inner = [
                    place[0] + self.env.num(x) * place[2],
                    place[1] + self.env.num(y) * place[2],
                    place[2] * self.env.num(scale),
                ];
                self.layers(layers, &format!("{path}/layers"), inner, free && straight);
                !layers.is_empty()
            }
            Kind::Repeat { pattern, x, y, count, rows, dx, dy, radius, layers } => {
                for num in [&mut *x, &mut *y, &mut *count, &mut *rows, &mut *dx, &mut *dy, &mut *radius] {
                    self.known(num, 0.0, path);
                }
                let [x, y, dx, dy, radius] = [x, y, dx, dy, radius].map(|num| self.env.num(num));
                let [columns, rows] = [count, rows].map(|num| (self.env.num(num).round() - 1.0).clamp(0.0, 499.0));
                let rows = if *pattern == Pattern::Grid { rows } else { 0.0 };
                let scale = place[2];
                let first = [place[0] + x * scale, place[1] + y * scale, scale];
                let down = if *pattern == Pattern::Grid { rows } else { columns };
                let last = [first[0] + columns * dx * scale, first[1] + down * dy * scale, scale];
                let before = self.behind.len();
                // The first and the last copy bound all of them; those of a circle are all around its centre.
                for (at, row, column) in [(first, 0.0, 0.0), (last, rows, columns)] {
                    self.env.place(row * (columns + 1.0) + column, row, column);
                    self.layers(layers, &format!("{path}/layers"), at, false);
                }
                self.spread(before, (*pattern == Pattern::Circle).then_some((first, radius * scale)));
                !layers.is_empty()
            }
        }
    }

    /// Makes the shapes of a repeat's copies cover all that lies between them.
    fn spread(&mut self, before: usize, circle: Option<([f64; 3], f64)>) {
        let added = self.behind.split_off(before.min(self.behind.len()));
        let mut colors: Vec<Rgb> = added.iter().flat_map(|behind| behind.colors.iter().copied()).collect();
        colors.sort_by_key(|color| color.0);
        colors.dedup();
        let least = |axis: usize| added.iter().map(|behind| behind.bounds[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| {
            added.iter().map(|behind| behind.bounds[axis] + behind.bounds[axis + 2]).fold(f64::NEG_INFINITY, f64::max)
        };
        if colors.is_empty() {
            return;
        }
        let mut bounds = [least(0), least(1), most(0) - least(0), most(1) - least(1)];
        if let Some((center, radius)) = circle {
            let reach = radius + (most(0) - center[0]).abs().max((least(0) - center[0]).abs()).max((most(1) - center[1]).abs());
            bounds = [center[0] - reach, center[1] - reach, reach * 2.0, reach * 2.0];
        }
        self.behind.push(Behind { bounds, colors, opaque: false });
    }

    fn shape(&mut self, frame: &mut Frame, look: &mut Look, path: &str, place: [f64; 3], free: bool, opaque: bool) -> bool {
        self.frame(frame, path);
        self.look(look, path);
        let bounds = self.bounds(frame);
        let on = on_canvas(bounds, place);
        let outside = on[0] >= self.canvas.width || on[1] >= self.canvas.height || on[0] + on[2] <= 0.0 || on[1] + on[3] <= 0.0;
        if free && (outside || bounds[2] <= 0.0 || bounds[3] <= 0.0) {
            self.note("off-canvas", path.to_owned(), vec![]);
            return false;
        }
        self.lay(bounds, &look.fill, place, opaque);
        true
    }

    fn lay(&mut self, bounds: [f64; 4], fill: &Paint, place: [f64; 3], opaque: bool) {
        let mut colors = self.paint_colors(fill);
        if self.alpha < 0.99 {
            let ground = self.paint_colors(&self.canvas.background);
            colors = colors.iter().flat_map(|color| ground.iter().map(|below| color.over(*below, self.alpha))).collect();
        }
        if !colors.is_empty() {
            self.behind.push(Behind { bounds: on_canvas(bounds, place), colors, opaque });
        }
    }

    fn text(&mut self, text: &mut Text, path: &str, place: [f64; 3], free: bool) -> bool {
        self.frame(&mut text.frame, path);
        for (key, num, default) in
            [("size", &mut text.size, 32.0), ("leading", &mut text.leading, 1.2), ("tracking", &mut text.tracking, 0.0)]
        {
            self.known(num, default, &format!("{path}/{key}"));
        }
        self.bound(&mut text.leading, 0.8, 3.0, &format!("{path}/leading"));
        self.bound(&mut text.tracking, -0.1, 1.0, &format!("{path}/tracking"));
        if free && place[2] > 0.0 {
            self.keep_inside(&mut text.frame, path, place);
        }
        let [_, _, width, height] = self.bounds(&text.frame);
        if width < 1.0 || height < 1.0 {
            self.note("off-canvas", path.to_owned(), vec![]);
            return false;
        }
        let size = self.env.num(&text.size);
        if size < self.least - 0.01 {
            text.size = Num::Literal(self.least);
            self.note("illegible", format!("{path}/size"), vec![size, self.least]);
        }
        self.fit(text, path, [width, height]);
        self.colors_of_paint(&mut text.fill, &format!("{path}/fill"));
        self.contrast(text, path, place);
        true
    }

    /// Moves a text's box inside the margins, and makes it smaller where it is larger than they leave.
    fn keep_inside(&mut self, frame: &mut Frame, path: &str, [left, top, scale]: [f64; 3]) {
        let margin = self.canvas.margin;
        let [x, y, width, height] = self.bounds(frame);
        let w = width.min((self.canvas.width - 2.0 * margin) / scale);
        let h = height.min((self.canvas.height - 2.0 * margin) / scale);
        let low = [(margin - left) / scale, (margin - top) / scale];
        let high = [(self.canvas.width - margin - left) / scale - w, (self.canvas.height - margin - top) / scale - h];
        let moved = [x.clamp(low[0].min(high[0]), high[0].max(low[0])), y.clamp(low[1].min(high[1]), high[1].max(low[1])), w, h];
        for ((num, before), (after, key)) in [&mut frame.x, &mut frame.y, &mut frame.width, &mut frame.height]
            .into_iter()
            .zip([x, y, width, height])
            .zip(moved.into_iter().zip(["x", "y", "width", "height"]))
        {
            if (after - before).abs() > 0.5 {
                *num = Num::Literal(round(after));
                self.note("outside-margin", format!("{path}/{key}"), vec![before, after]);
            }
        }
    }

    /// Shrinks or shortens a text that does not fit its box at the defaults.
    fn fit(&mut self, text: &mut Text, path: &str, bounds: [f64; 2]) {
        let filled = self.env.fill(&text.text);
        let content = if text.uppercase { filled.to_uppercase() } else { filled.clone() };
        let wanted = scene::wanted(&self.env, text, &content, bounds, self.least);
        let before = wanted.size;
        let set = layout::layout(&wanted);
        if set.shortened && !text.text.contains('{') {
            let shorter = set.lines.join(" ");
            if shorter != text.text {
                let count = |text: &str| f64::from(u32::try_from(text.chars().count()).unwrap_or(0));
                self.note("shortened", format!("{path}/text"), vec![count(&text.text), count(&shorter)]);
                text.text = shorter;
            }
        }
        if set.size < before - 0.01 {
            text.size = Num::Literal((set.size * 100.0).floor() / 100.0);
            self.note("does-not-fit", format!("{path}/size"), vec![before, set.size]);
        }
    }

    fn contrast(&mut self, text: &mut Text, path: &str, place: [f64; 3]) {
        let bounds = on_canvas(self.bounds(&text.frame), place);
        let behind = self.behind_of(bounds);
        let own = self.paint_colors(&text.fill);
        let size = self.env.num(&text.size) * place[2];
        let (_, weight, _, _) = fonts::css(fonts::index(text.font, text.weight, text.italic));
        let large = size >= if weight >= 600 { self.least * 2.0 } else { self.least * 2.4 };
        let needed = if large { CONTRAST_LARGE } else { CONTRAST };
        let before = own.iter().map(|color| color.least_contrast(&behind)).fold(21.0, f64::min);
        if !own.is_empty() && before >= needed {
            return;
        }
        // A palette colour first: it belongs to the picture.
        let candidates: Vec<(Color, Rgb)> = self
            .env
            .palette()
            .map(|(name, rgb)| (Color::Named(name.clone()), *rgb))
            .chain([Rgb::WHITE, Rgb::BLACK].map(|rgb| (Color::Value(rgb), rgb)))
            .collect();
        let found = candidates.iter().find(|(_, rgb)| rgb.least_contrast(&behind) >= needed.max(4.5));
        let best = found
            .or_else(|| candidates.iter().max_by(|a, b| a.1.least_contrast(&behind).total_cmp(&b.1.least_contrast(&behind))));
        if let Some((color, rgb)) = best {
            let after = rgb.least_contrast(&behind);
            let same = text.fill == Paint::Solid(color.clone());
            if !same && (own.is_empty() || after > before + 0.01) {
                text.fill = Paint::Solid(color.clone());
                self.note("contrast", format!("{path}/fill"), vec![if own.is_empty() { 1.0 } else { before }, after]);
            }
        }
    }

    /// Every colour that may lie behind a box: from the last opaque shape that covers it on.
    fn behind_of(&self, bounds: [f64; 4]) -> Vec<Rgb> {
        let covers = |outer: [f64; 4]| {
            outer[0] <= bounds[0] + 1.0
                && outer[1] <= bounds[1] + 1.0
                && outer[0] + outer[2] >= bounds[0] + bounds[2] - 1.0
                && outer[1] + outer[3] >= bounds[1] + bounds[3] - 1.0
        };
        let touches = |other: [f64; 4]| {
            other[0] < bounds[0] + bounds[2]
                && other[0] + other[2] > bounds[0]
                && other[1] < bounds[1] + bounds[3]
                && other[1] + other[3] > bounds[1]
        };
        let base = self.behind.iter().rposition(|behind| behind.opaque && covers(behind.bounds));
        let mut colors: Vec<Rgb> = match base {
            Some(_) => Vec::new(),
            None => self.paint_colors(&self.canvas.background),
        };
        for behind in self.behind.iter().skip(base.unwrap_or(0)).filter(|behind| touches(behind.bounds)) {
            colors.extend(&behind.colors);
        }
        colors
    }

    fn paint_colors(&self, paint: &Paint) -> Vec<Rgb> {
        match paint {
            Paint::None(_) => Vec::new(),
            Paint::Solid(color) => self.env.color(color).into_iter().collect(),
            Paint::Gradient(gradient) => gradient.stops.iter().filter_map(|stop| self.env.color(&stop.color)).collect(),
        }
    }

    fn look(&mut self, look: &mut Look, path: &str) {
        self.colors_of_paint(&mut look.fill, &format!("{path}/fill"));
        if let Some(stroke) = &mut look.stroke {
            self.colors_of(&mut stroke.color, &format!("{path}/stroke/color"));
            self.known(&mut stroke.width, 2.0, &format!("{path}/stroke/width"));
        }
    }

    fn colors_of_paint(&mut self, paint: &mut Paint, path: &str) {
        match paint {
            Paint::None(_) => {}
            Paint::Solid(color) => self.colors_of(color, path),
            Paint::Gradient(gradient) => {
                self.known(&mut gradient.angle, 90.0, &format!("{path}/angle"));
                for (at, stop) in gradient.stops.iter_mut().enumerate() {
                    self.colors_of(&mut stop.color, &format!("{path}/stops/{at}/color"));
                }
            }
        }
    }

    /// Colours are those of the palette: others that look like one of them become it, names that nothing has the nearest.
    fn colors_of(&mut self, color: &mut Color, path: &str) {
        let (wanted, reach) = match &*color {
            Color::Value(rgb) => (Some(*rgb), ALIKE),
            Color::Named(name) if self.env.has_color(name) => return,
            Color::Named(name) => (colour::named_within(name), LIKE),
        };
        let of = |rgb: Rgb| {
            let all = self.env.palette().map(|(name, own)| (name.clone(), rgb.distance(*own)));
            all.min_by(|a, b| a.1.total_cmp(&b.1))
        };
        match (wanted, wanted.and_then(of)) {
            // The very colour is as good as its name.
            (Some(_), Some((_, distance))) if distance < 0.001 && matches!(color, Color::Value(_)) => {}
            (Some(_), Some((name, distance))) if distance <= reach => {
                self.note("snapped", path.to_owned(), vec![distance]);
                *color = Color::Named(name);
            }
            (Some(rgb), _) => {
                if matches!(color, Color::Named(_)) {
                    self.note("converted", path.to_owned(), vec![]);
                    *color = Color::Value(rgb);
                }
            }
            (None, _) => {
                self.note("dangling-reference", path.to_owned(), vec![]);
                *color = self.env.palette().next().map_or(Color::Value(Rgb::BLACK), |(name, _)| Color::Named(name.clone()));
            }
        }
    }

    fn frame(&mut self, frame: &mut Frame, path: &str) {
        for (key, num) in [("x", &mut frame.x), ("y", &mut frame.y), ("width", &mut frame.width), ("height", &mut frame.height)] {
            self.known(num, 0.0, &format!("{path}/{key}"));
        }
    }

    /// Replaces an expression over names that nothing has.
    fn known(&mut self, num: &mut Num, default: f64, path: &str) {
        let Num::Expression(text) = &*num else { return };
        if !self.env.knows(text) {
            *num = Num::Literal(default);
            self.note("dangling-reference", path.to_owned(), vec![]);
        }
    }

    fn bound(&mut self, num: &mut Num, least: f64, most: f64, path: &str) {
        if let Num::Literal(value) = *num
            && !(least..=most).contains(&value)
        {
            let after = value.clamp(least, most);
            *num = Num::Literal(after);
            self.note("out-of-range", path.to_owned(), vec![value, after]);
        }
    }

    fn bounds(&self, frame: &Frame) -> [f64; 4] {
        [&frame.x, &frame.y, &frame.width, &frame.height].map(|num| self.env.num(num))
    }
}

fn on_canvas([x, y, width, height]: [f64; 4], [left, top, scale]: [f64; 3]) -> [f64; 4] {
    [left + x * scale, top + y * scale, width * scale, height * scale]
}
