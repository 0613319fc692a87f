//! A file at one moment: every number computed, every repeat expanded, every text set. What is drawn and what is checked is this.

use std::collections::BTreeMap;

use kurbo::{Affine, BezPath, Point, Rect, Shape as _, Vec2};

use crate::{
    Correction,
    colour::Rgb,
    decimal::round,
    env::Env,
    format::{
        Align, Canvas, Clip, ClipShape, Dash, File, Frame, Gradient, GradientKind, Kind, Layer, Look, Paint, Pattern, Shadow,
        Stroke, Text, Unit, Vertical,
    },
    limits,
    text::{
        fonts,
        layout::{self, Wanted},
    },
};

/// The whole picture.
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) background: Option<Fill>,
    pub(crate) nodes: Vec<Node>,
    /// What it costs.
    pub(crate) cost: Cost,
    /// What was done to texts so that they fit, of a picture that is shown now.
    pub(crate) corrections: Vec<Correction>,
}

/// What is counted against the limits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) elements: usize,
    pub(crate) points: usize,
    pub(crate) glyphs: usize,
    /// Canvases painted.
    pub(crate) ink: f64,
}

impl Cost {
    /// Whether it is as much as a picture may cost.
    pub(crate) fn is_too_much(&self) -> bool {
        self.elements > limits::ELEMENTS || self.points > limits::POINTS || self.glyphs > limits::GLYPHS || self.ink > limits::INK
    }
}

/// One thing that is drawn.
pub(crate) struct Node {
    /// Which layer of the file it comes from, counted from the first in the order in which they are written.
    pub(crate) layer: usize,
    pub(crate) transform: Affine,
    /// 0 to 1.
    pub(crate) alpha: f64,
    /// Whether a condition decides that it is shown.
    pub(crate) conditional: bool,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Group { clip: Option<Outline>, nodes: Vec<Node> },
    Shape { outline: Outline, fill: Option<Fill>, stroke: Option<Line>, shadow: Option<Shade> },
    Text(Box<SetText>),
}

/// The edge of a shape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outline {
    Rectangle { frame: [f64; 4], radius: f64 },
    Ellipse { frame: [f64; 4] },
    Line([f64; 4]),
    Polygon(Vec<[f64; 2]>),
    Path(BezPath),
}

/// What fills it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fill {
    Solid(Rgb),
    /// From one point to another.
    Linear {
        from: [f64; 2],
        to: [f64; 2],
        stops: Vec<Blend>,
    },
    /// From the middle of a box to an ellipse through its corners.
    Radial {
        center: [f64; 2],
        radii: [f64; 2],
        stops: Vec<Blend>,
    },
}

/// A gradient's colour at a share of its way, with its opacity.
pub(crate) type Blend = (f64, Rgb, f64);

/// A drawn outline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) color: Rgb,
    pub(crate) width: f64,
    pub(crate) dash: Dash,
}

/// A drawn shadow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shade {
    pub(crate) color: Rgb,
    pub(crate) by: [f64; 2],
    pub(crate) blur: f64,
    pub(crate) alpha: f64,
}

/// A text with its lines.
pub(crate) struct SetText {
    pub(crate) face: usize,
    pub(crate) size: f64,
    /// Between letters, in units of the canvas.
    pub(crate) spacing: f64,
    pub(crate) align: Align,
    /// Where lines start, have their middle or end.
    pub(crate) x: f64,
    /// The baseline and text of each line.
    pub(crate) lines: Vec<(f64, String)>,
    /// What each line inks: left, top, width, height.
    pub(crate) inks: Vec<[f64; 4]>,
    /// Top and height of all lines together, their line heights counted.
    pub(crate) block: (f64, f64),
    pub(crate) fill: Option<Fill>,
    pub(crate) stroke: Option<Line>,
    pub(crate) shadow: Option<Shade>,
}

impl Content {
    /// Whether it is drawn as several things, of which one may lie on another.
    pub(crate) fn is_several(&self) -> bool {
        match self {
            Self::Group { nodes, .. } => nodes.len() > 1,
            Self::Shape { fill, stroke, shadow, .. } => shadow.is_some() || (fill.is_some() && stroke.is_some()),
            Self::Text(text) => text.shadow.is_some() || (text.fill.is_some() && text.stroke.is_some()),
        }
    }

    /// What it inks, its outline and shadow counted, in its own coordinates; of a group, all that is in it.
    pub(crate) fn reach(&self) -> Rect {
        let (bounds, stroke, shadow) = match self {
            Self::Shape { outline, stroke, shadow, .. } => (rect(outline.bounds()), stroke, shadow),
            Self::Text(text) => (text.ink().unwrap_or_default(), &text.stroke, &text.shadow),
            Self::Group { nodes, .. } => {
                let parts = nodes.iter().map(|node| node.transform.transform_rect_bbox(node.content.reach()));
                return parts.reduce(|all, part| all.union(part)).unwrap_or_default();
            }
        };
        let edge = stroke.map_or(0.0, |line| line.width / 2.0);
        let bounds = bounds.inflate(edge, edge);
        shadow.map_or(bounds, |shade| {
            bounds.union((bounds + Vec2::from((shade.by[0], shade.by[1]))).inflate(shade.blur, shade.blur))
        })
    }
}

impl Fill {
    /// What painting with it costs, in plain colours.
    fn ink(&self) -> f64 {
        if matches!(self, Self::Solid(_)) { 1.0 } else { limits::GRADIENT_INK }
    }
}

impl SetText {
    /// All that it inks, in its own coordinates.
    pub(crate) fn ink(&self) -> Option<Rect> {
        let boxes = self.inks.iter().filter(|ink| ink[2] > 0.0 && ink[3] > 0.0).map(|ink| rect(*ink));
        boxes.reduce(|all, ink| all.union(ink))
    }
}

/// How soft edges are drawn: copies with ever wider outlines. No filter, which would be pixels in a PDF and unbounded memory.
pub(crate) const SOFT_STEPS: usize = 6;

/// The smallest legible type: about 6 points in print, 9 pixels on a screen, more on large canvases.
pub(crate) fn least_size(canvas: &Canvas) -> f64 {
    let floor = if canvas.unit == Unit::Mm { 2.1 } else { 9.0 };
    round((0.011 * (canvas.width * canvas.height).sqrt()).max(floor))
}

/// What a scene shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// What the conditions let through.
    Now,
    /// Everything, for the checker: what is hidden now may be shown later.
    Ever,
}

/// Computes a scene; it ends where it becomes more than a picture may cost.
pub(crate) fn build(file: &File, env: Env, shown: Shown) -> Scene {
    let canvas = &file.canvas;
    let full = [0.0, 0.0, canvas.width, canvas.height];
    let mut builder = Builder {
        env,
        shown,
        width: canvas.width,
        height: canvas.height,
        least: least_size(canvas),
        cost: Cost::default(),
        layer: 0,
        conditional: false,
        options: BTreeMap::new(),
        place: Vec::new(),
        corrections: Vec::new(),
    };
    let background = builder.fill(&canvas.background, full);
    let nodes = builder.layers(&file.layers, Affine::IDENTITY);
    Scene { width: canvas.width, height: canvas.height, background, nodes, cost: builder.cost, corrections: builder.corrections }
}

struct Builder {
    env: Env,
    shown: Shown,
    width: f64,
    height: f64,
    least: f64,
    cost: Cost,
    layer: usize,
    conditional: bool,
    /// What each option of a choice costs, of which only one is shown at a time.
    options: BTreeMap<String, BTreeMap<String, f64>>,
    /// The positions of the layer at hand and of those that it is in.
    place: Vec<usize>,
    corrections: Vec<Correction>,
}

impl Builder {
    /// `to_canvas` leads from the layers' coordinates to the canvas's.
    fn layers(&mut self, layers: &[Layer], to_canvas: Affine) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (position, layer) in layers.iter().enumerate() {
            let number = self.layer;
            self.place.push(position);
            let shows = self.env.shown(layer.when.as_deref());
            if (shows || self.shown == Shown::Ever) && !self.cost.is_too_much() {
                let outer = self.conditional;
                self.conditional |= layer.when.is_some();
                self.cost.elements += 1;
                let option = if outer { None } else { self.option(layer.when.as_deref()) };
                if let Some(mut node) = self.layer(layer, to_canvas) {
                    node.layer = number;
                    node.conditional = self.conditional;
                    nodes.push(node);
                }
                if let Some((name, value, before)) = option {
                    self.shared(&name, value, before);
                }
                self.conditional = outer;
            }
            self.layer = number + count(layer);
            self.place.pop();
        }
        nodes
    }

    /// The choice and option that a condition asks for, and the ink without what that choice's dearest option costs: until the layer
    /// is counted, it is left out.
    fn option(&mut self, when: Option<&str>) -> Option<(String, String, f64)> {
        let (name, value) = when.filter(|when| !when.starts_with('!'))?.split_once("==")?;
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        self.cost.ink -= self.dearest(&name);
        Some((name, value, self.cost.ink))
    }

    /// Counts what came on top of that ink as the option's, and of all options the dearest.
    fn shared(&mut self, name: &str, value: String, before: f64) {
        let own = self.cost.ink - before;
        *self.options.entry(name.to_owned()).or_default().entry(value).or_insert(0.0) += own;
        self.cost.ink = before + self.dearest(name);
    }

    fn dearest(&self, name: &str) -> f64 {
        self.options.get(name).map_or(0.0, |options| options.values().copied().fold(0.0, f64::max))
    }

    fn layer(&mut self, layer: &Layer, to_canvas: Affine) -> Option<Node> {
        let alpha = self.env.num(&layer.opacity).clamp(0.0, 1.0);
        let angle = self.env.num(&layer.rotate).rem_euclid(360.0).to_radians();
        let about = |frame: [f64; 4]| {
            if angle == 0.0 {
                Affine::IDENTITY
            } else {
                Affine::rotate_about(angle, Point::new(frame[0] + frame[2] / 2.0, frame[1] + frame[3] / 2.0))
            }
        };
        let (transform, content) = match &layer.kind {
            Kind::Rectangle { frame, radius, look } => {
                let frame = self.frame(frame);
                let radius = self.env.num(radius).clamp(0.0, frame[2].min(frame[3]) / 2.0);
                (about(frame), self.shape(Outline::Rectangle { frame, radius }, look, to_canvas))
            }
            Kind::Ellipse { frame, look } => {
                let frame = self.frame(frame);
                (about(frame), self.shape(Outline::Ellipse { frame }, look, to_canvas))
            }
            Kind::Line { x1, y1, x2, y2, stroke } => {
                let points = [x1, y1, x2, y2].map(|num| self.env.num(num));
                let outline = Outline::Line(points);
                let transform = about(outline.bounds());
                let stroke = self.line(stroke).map(|line| drawn(line, outline.length()));
                self.paid(&outline, None, stroke, None, to_canvas);
                (transform, Content::Shape { outline, fill: None, stroke, shadow: None })
            }
            Kind::Polygon { points, look } => {
                let points = points.iter().map(|[x, y]| [self.env.num(x), self.env.num(y)]).collect();
                let outline = Outline::Polygon(points);
                (about(outline.bounds()), self.shape(outline, look, to_canvas))
            }
            Kind::Path { d, view, frame, look } => {
                let [x, y, width, height] = self.frame(frame);
                let outline = Outline::Path(d.placed([width / view, height / view], [x, y]));
                (about([x, y, width, height]), self.shape(outline, look, to_canvas))
            }
            Kind::Text(text) => return self.text(text, to_canvas, alpha, &about),
            Kind::Group { x, y, scale, clip, layers } => {
                let [x, y, scale] = [x, y, scale].map(|num| self.env.num(num));
                let transform = Affine::translate((x, y)) * Affine::rotate(angle) * Affine::scale(scale);
                let clip = clip.as_ref().map(|clip| self.clip(clip));
                self.layer += 1;
                let nodes = self.layers(layers, to_canvas * transform);
                let clipped = clip.is_some();
                let content = Content::Group { clip, nodes };
                if clipped {
                    self.together(&content, to_canvas * transform);
                }
                (transform, content)
            }
            Kind::Repeat { pattern, x, y, count, rows, dx, dy, radius, layers } => {
                let [x, y, dx, dy, radius] = [x, y, dx, dy, radius].map(|num| self.env.num(num));
                let [columns, rows] = [count, rows].map(|num| whole(self.env.num(num)));
                let rows = if *pattern == Pattern::Grid { rows } else { 1 };
                let transform = Affine::translate((x, y)) * Affine::rotate(angle);
                let first = self.layer + 1;
                let mut nodes = Vec::new();
                'copies: for row in 0..rows {
                    for column in 0..columns {
                        if self.cost.is_too_much() {
                            break 'copies;
                        }
                        self.cost.elements += 1;
                        let (r, c) = (f64::from(row), f64::from(column));
                        let place = match pattern {
                            Pattern::Grid => Affine::translate((c * dx, r * dy)),
                            Pattern::Line => Affine::translate((c * dx, c * dy)),
                            Pattern::Circle => {
                                let turn = std::f64::consts::TAU * c / f64::from(columns);
                                Affine::rotate(turn) * Affine::translate((radius, 0.0))
                            }
                        };
                        let outer = self.env.place(r * f64::from(columns) + c, r, c);
                        self.layer = first;
                        let copy = self.layers(layers, to_canvas * transform * place);
                        self.env.restore(outer);
                        let content = Content::Group { clip: None, nodes: copy };
                        nodes.push(Node {
                            layer: first - 1,
                            transform: place,
                            alpha: 1.0,
                            conditional: self.conditional,
                            content,
                        });
                    }
                }
                (transform, Content::Group { clip: None, nodes })
            }
        };
        if alpha < 1.0 && (content.is_several() || matches!(content, Content::Group { .. })) {
            self.together(&content, to_canvas * transform);
        }
        Some(Node { layer: 0, transform, alpha, conditional: false, content })
    }

    fn shape(&mut self, outline: Outline, look: &Look, to_canvas: Affine) -> Content {
        let fill = self.fill(&look.fill, outline.bounds());
        let stroke = look.stroke.as_ref().and_then(|stroke| self.line(stroke)).map(|line| drawn(line, outline.length()));
        let shadow = look.shadow.as_ref().and_then(|shadow| self.shade(shadow));
        self.paid(&outline, fill.as_ref(), stroke, shadow, to_canvas);
        Content::Shape { outline, fill, stroke, shadow }
    }

    /// Counts what a shape costs, and each of its copies for a soft edge.
    fn paid(&mut self, outline: &Outline, fill: Option<&Fill>, stroke: Option<Line>, shadow: Option<Shade>, to_canvas: Affine) {
        let points = match outline {
            Outline::Polygon(points) => points.len(),
            Outline::Path(path) => path.elements().len(),
            _ => 4,
        };
        let copies = copies(shadow);
        self.cost.points += points * (copies + 1);
        if let Some(line) = stroke {
            self.cost.points += whole_number(dashes(line, outline.length())) * 4;
        }
        self.cost.elements += copies;
        let bounds = rect(outline.bounds());
        let scale = to_canvas.determinant().abs().sqrt();
        let [wide, high] = self.seen(to_canvas.transform_rect_bbox(bounds));
        let around = self.width * self.height * 0.01;
        let line = stroke.map_or(0.0, |line| (2.0 * (wide + high) * line.width * scale).min(wide * high + around));
        // An ellipse is smaller than its box.
        let share = if matches!(outline, Outline::Ellipse { .. }) { std::f64::consts::FRAC_PI_4 } else { 1.0 };
        // An outline that winds to and fro has more edges in each row of pixels.
        let dense = match outline {
            Outline::Polygon(_) | Outline::Path(_) => 1.0 + f64::from(u32::try_from(points).unwrap_or(u32::MAX)) / 80.0,
            _ => 1.0,
        };
        self.ink((fill.map_or(0.0, |fill| wide * high * share * fill.ink()) + line) * dense);
        self.soft(bounds, stroke, shadow, to_canvas, dense);
        // Even what is not seen has to be looked at.
        self.cost.ink += 0.000_5 * (f64::from(u32::try_from(copies).unwrap_or(0)) + 1.0);
    }

    /// Counts the copies that a shadow is drawn as, each wider than the one before it; `dense` is what its outline costs more than a
    /// plain one.
    fn soft(&mut self, bounds: Rect, stroke: Option<Line>, shadow: Option<Shade>, to_canvas: Affine, dense: f64) {
        let Some(shade) = shadow else { return };
        let edge = stroke.map_or(0.0, |line| line.width / 2.0);
        for share in spreads(shade) {
            let spread = edge + share * shade.blur;
            let moved = bounds.inflate(spread, spread) + Vec2::from((shade.by[0], shade.by[1]));
            let [wide, high] = self.seen(to_canvas.transform_rect_bbox(moved));
            self.ink(wide * high * dense);
        }
    }

    /// Counts putting something together before it fades or is clipped.
    fn together(&mut self, content: &Content, to_canvas: Affine) {
        let [wide, high] = self.seen(to_canvas.transform_rect_bbox(content.reach()));
        self.ink(wide * high * limits::TOGETHER_INK);
    }

    /// The sides of what is seen of a box on the canvas.
    fn seen(&self, bounds: Rect) -> [f64; 2] {
        let seen = bounds.intersect(Rect::new(0.0, 0.0, self.width, self.height));
        [seen.width().max(0.0), seen.height().max(0.0)]
    }

    fn ink(&mut self, area: f64) {
        self.cost.ink += area / (self.width * self.height).max(1.0);
    }

    fn text(&mut self, text: &Text, to_canvas: Affine, alpha: f64, about: &dyn Fn([f64; 4]) -> Affine) -> Option<Node> {
        let frame = self.frame(&text.frame);
        let filled = self.env.fill(&text.text);
        let content = if text.uppercase { filled.to_uppercase() } else { filled };
        let content = fonts::covered(fonts::index(text.font, text.weight, text.italic), &content);
        let shadow = text.shadow.as_ref().and_then(|shadow| self.shade(shadow));
        self.cost.glyphs += content.chars().count() * (copies(shadow) + 1);
        if self.cost.glyphs > limits::GLYPHS {
            return None;
        }
        let scale = to_canvas.determinant().abs().sqrt();
        if scale < 1e-6 {
            return None;
        }
        // Legible on the canvas, whatever scales it.
        let wanted = wanted(&self.env, text, &content, [frame[2], frame[3]], self.least / scale);
        let (set, shortened) = set(text, frame, &wanted);
        self.fitted(text, &content, &set, shortened);
        // A letter's outline is about four sizes long.
        let length = 4.0 * set.size * f64::from(u32::try_from(content.chars().count()).unwrap_or(u32::MAX));
        let stroke = text.stroke.as_ref().and_then(|stroke| self.line(stroke)).map(|line| drawn(line, length));
        self.cost.points += stroke.map_or(0, |line| whole_number(dashes(line, length)) * 4);
        let set = SetText { fill: self.fill(&text.fill, frame), stroke, shadow, ..set };
        if let Some(ink) = set.ink() {
            let [wide, high] = self.seen(to_canvas.transform_rect_bbox(ink));
            self.ink(set.fill.as_ref().map_or(1.0, Fill::ink) * wide * high);
            self.soft(ink, stroke, shadow, to_canvas, 1.0);
        }
        let transform = about(frame);
        // The checker looks at texts where the file puts them.
        let transform = if self.shown == Shown::Now {
            let inside = self.inside(&set, to_canvas, transform);
            if inside != transform {
                self.note("outside-margin", "", &[]);
            }
            inside
        } else {
            transform
        };
        let content = Content::Text(Box::new(set));
        if alpha < 1.0 && content.is_several() {
            self.together(&content, to_canvas * transform);
        }
        Some(Node { layer: 0, transform, alpha, conditional: false, content })
    }

    /// Notes what had to be done to a text so that it fits its box.
    fn fitted(&mut self, text: &Text, content: &str, set: &SetText, shortened: bool) {
        let size = self.env.num(&text.size);
        if set.size > size + 0.01 {
            self.note("illegible", "/size", &[size, set.size]);
        } else if set.size < size - 0.02 {
            self.note("does-not-fit", "/size", &[size, set.size]);
        }
        if shortened {
            let shown = set.lines.iter().map(|(_, line)| line.chars().count()).sum();
            let [before, after] = [content.chars().count(), shown].map(|n| f64::from(u32::try_from(n).unwrap_or(u32::MAX)));
            self.note("shortened", "/text", &[before, after]);
        }
    }

    /// Notes once what was done to a layer, however often it is repeated. Paths are positions in the file.
    fn note(&mut self, code: &'static str, field: &str, numbers: &[f64]) {
        if self.shown != Shown::Now {
            return;
        }
        let place: Vec<String> = self.place.iter().map(ToString::to_string).collect();
        let path = format!("/layers/{}{field}", place.join("/layers/"));
        if !self.corrections.iter().any(|known| known.code == code && known.path == path) {
            let numbers = numbers.iter().copied().map(round).collect();
            self.corrections.push(Correction { code, path, numbers });
        }
    }

    /// A transform that keeps what a text inks inside the canvas, whatever its parameters have become.
    fn inside(&self, text: &SetText, to_canvas: Affine, own: Affine) -> Affine {
        let Some(ink) = text.ink() else { return own };
        let edge = text.stroke.map_or(0.0, |line| line.width / 2.0);
        let seen = (to_canvas * own).transform_rect_bbox(ink.inflate(edge, edge));
        let (wide, high) = (seen.width(), seen.height());
        if !(seen.x0.is_finite() && seen.y0.is_finite() && wide.is_finite() && high.is_finite()) {
            return Affine::scale(0.0);
        }
        let scale = (self.width / wide.max(1e-9)).min(self.height / high.max(1e-9)).min(1.0);
        let shift = |low: f64, side: f64, whole: f64| {
            let side = side * scale;
            low.clamp(0.0, (whole - side).max(0.0)) - low * scale
        };
        let moved = Vec2::new(shift(seen.x0, wide, self.width), shift(seen.y0, high, self.height));
        if scale >= 1.0 && moved.hypot() < 1e-6 {
            return own;
        }
        let correction = Affine::translate(moved) * Affine::scale(scale);
        to_canvas.inverse() * correction * to_canvas * own
    }

    fn clip(&self, clip: &Clip) -> Outline {
        let frame = self.frame(&clip.frame);
        match clip.shape {
            ClipShape::Rectangle => Outline::Rectangle { frame, radius: 0.0 },
            ClipShape::Ellipse => Outline::Ellipse { frame },
        }
    }

    fn frame(&self, frame: &Frame) -> [f64; 4] {
        let [x, y, w, h] = [&frame.x, &frame.y, &frame.width, &frame.height].map(|num| self.env.num(num));
        [x, y, w.max(0.0), h.max(0.0)]
    }

    fn line(&self, stroke: &Stroke) -> Option<Line> {
        let width = self.env.num(&stroke.width).clamp(0.0, self.width.max(self.height) / 2.0);
        let color = self.env.color(&stroke.color).unwrap_or(Rgb::BLACK);
        (width > 0.0).then_some(Line { color, width, dash: stroke.dash })
    }

    fn shade(&self, shadow: &Shadow) -> Option<Shade> {
        let color = self.env.color(&shadow.color).unwrap_or(Rgb::BLACK);
        let most = self.width.max(self.height) / 4.0;
        let [dx, dy, blur] = [&shadow.dx, &shadow.dy, &shadow.blur].map(|num| self.env.num(num).clamp(-most, most));
        let alpha = self.env.num(&shadow.opacity).clamp(0.0, 1.0);
        (alpha > 0.0).then_some(Shade { color, by: [dx, dy], blur: blur.max(0.0), alpha })
    }

    fn fill(&self, paint: &Paint, bounds: [f64; 4]) -> Option<Fill> {
        match paint {
            Paint::None(_) => None,
            Paint::Solid(color) => Some(Fill::Solid(self.env.color(color).unwrap_or(Rgb::BLACK))),
            Paint::Gradient(gradient) => Some(self.gradient(gradient, bounds)),
        }
    }

    fn gradient(&self, gradient: &Gradient, [x, y, width, height]: [f64; 4]) -> Fill {
        let stops = gradient
            .stops
            .iter()
            .map(|stop| (stop.at, self.env.color(&stop.color).unwrap_or(Rgb::BLACK), stop.opacity))
            .collect();
        let center = [x + width / 2.0, y + height / 2.0];
        match gradient.gradient {
            GradientKind::Linear => {
                // As long as the box is wide in that direction, so that its corners get the last colours.
                let (sin, cos) = self.env.num(&gradient.angle).to_radians().sin_cos();
                let half = f64::midpoint((width * cos).abs(), (height * sin).abs());
                let [dx, dy] = [cos * half, sin * half];
                Fill::Linear { from: [center[0] - dx, center[1] - dy], to: [center[0] + dx, center[1] + dy], stops }
            }
            GradientKind::Radial => {
                let to_corner = std::f64::consts::FRAC_1_SQRT_2;
                Fill::Radial { center, radii: [width * to_corner, height * to_corner], stops }
            }
        }
    }
}

/// How many copies a shadow is drawn as.
fn copies(shadow: Option<Shade>) -> usize {
    shadow.map_or(0, |shade| if shade.blur > 0.0 { SOFT_STEPS } else { 1 })
}

/// By which shares of its blur each of these copies is wider than the shape, the widest first.
pub(crate) fn spreads(shade: Shade) -> impl Iterator<Item = f64> {
    let steps = copies(Some(shade));
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    (0..steps).rev().map(move |step| step as f64 / steps as f64)
}

/// How many dashes or dots a line of that length has.
fn dashes(line: Line, length: f64) -> f64 {
    match line.dash {
        Dash::Solid => 0.0,
        Dash::Dashed => length / (line.width * 5.0),
        Dash::Dotted => length / (line.width * 2.0),
    }
}

/// A line as it can be drawn: one of more dashes than can be told from each other is solid.
fn drawn(line: Line, length: f64) -> Line {
    if dashes(line, length) <= limits::DASHES { line } else { Line { dash: Dash::Solid, ..line } }
}

fn whole_number(count: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a few thousand")]
    let count = count.clamp(0.0, limits::DASHES) as usize;
    count
}

/// A layer and all inside it.
pub(crate) fn count(layer: &Layer) -> usize {
    match &layer.kind {
        Kind::Group { layers, .. } | Kind::Repeat { layers, .. } => 1 + layers.iter().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// What the layout of a text depends on, at the moment's values.
pub(crate) fn wanted<'a>(env: &Env, text: &Text, content: &'a str, [width, height]: [f64; 2], least: f64) -> Wanted<'a> {
    Wanted {
        text: content,
        face: fonts::index(text.font, text.weight, text.italic),
        size: env.num(&text.size).clamp(least, limits::SIDE.1.max(least)),
        least,
        leading: env.num(&text.leading).clamp(0.8, 3.0),
        tracking: env.num(&text.tracking).clamp(-0.1, 1.0),
        width,
        height,
    }
}

/// Sets a text in its box, without its colours; the second value is whether it had to be shortened.
fn set(text: &Text, frame: [f64; 4], wanted: &Wanted<'_>) -> (SetText, bool) {
    let [x, y, width, height] = frame;
    let set = layout::layout(wanted);
    let (above, below) = fonts::vertical(wanted.face);
    let total = layout::height(wanted, set.lines.len(), set.size);
    let top = match text.vertical {
        Vertical::Top => y,
        Vertical::Middle => y + (height - total) / 2.0,
        Vertical::Bottom => y + height - total,
    };
    let at = match text.align {
        Align::Left => x,
        Align::Center => x + width / 2.0,
        Align::Right => x + width,
    };
    let mut baseline = top + set.size * (above + below) * 0.9 - set.size * below * 0.8;
    let mut lines = Vec::with_capacity(set.lines.len());
    let mut inks = Vec::with_capacity(set.lines.len());
    let shortened = set.shortened;
    for line in set.lines {
        let run = fonts::run(wanted.face, &line, wanted.tracking);
        let start = match text.align {
            Align::Left => at,
            Align::Center => at - run.advance * set.size / 2.0,
            Align::Right => at - run.advance * set.size,
        };
        let [left, right, low, high] = run.ink.map(|n| n * set.size);
        inks.push([start + left, baseline - high, right - left, high - low]);
        lines.push((baseline, line));
        baseline += set.size * wanted.leading;
    }
    let text = SetText {
        face: wanted.face,
        size: set.size,
        spacing: wanted.tracking * set.size,
        align: text.align,
        x: at,
        lines,
        inks,
        block: (top, total),
        fill: None,
        stroke: None,
        shadow: None,
    };
    (text, shortened)
}

impl Outline {
    /// How long it is, about.
    fn length(&self) -> f64 {
        match self {
            Self::Rectangle { frame: [.., width, height], .. } | Self::Ellipse { frame: [.., width, height] } => {
                2.0 * (width + height)
            }
            Self::Line([x1, y1, x2, y2]) => (x2 - x1).hypot(y2 - y1),
            Self::Polygon(points) => {
                points.iter().zip(points.iter().cycle().skip(1)).map(|([x1, y1], [x2, y2])| (x2 - x1).hypot(y2 - y1)).sum()
            }
            Self::Path(path) => path.perimeter(1.0),
        }
    }

    /// Left, top, width and height.
    pub(crate) fn bounds(&self) -> [f64; 4] {
        match self {
            Self::Rectangle { frame, .. } | Self::Ellipse { frame } => *frame,
            Self::Line([x1, y1, x2, y2]) => [x1.min(*x2), y1.min(*y2), (x2 - x1).abs(), (y2 - y1).abs()],
            Self::Polygon(points) => {
                let of =
                    |axis: usize, start: f64, pick: fn(f64, f64) -> f64| points.iter().map(|point| point[axis]).fold(start, pick);
                let [left, top] = [0, 1].map(|axis| of(axis, f64::INFINITY, f64::min));
                let [right, bottom] = [0, 1].map(|axis| of(axis, f64::NEG_INFINITY, f64::max));
                [left, top, right - left, bottom - top]
            }
            Self::Path(path) => {
                let bounds = path.bounding_box();
                [bounds.x0, bounds.y0, bounds.width(), bounds.height()]
            }
        }
    }
}

/// A box as kurbo has it.
pub(crate) fn rect([x, y, width, height]: [f64; 4]) -> Rect {
    Rect::new(x, y, x + width, y + height)
}

fn whole(count: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=500")]
    let count = count.round().clamp(0.0, limits::COPIES) as u32;
    count
}
