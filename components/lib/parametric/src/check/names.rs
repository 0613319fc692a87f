//! Names that exist, numbers within their ranges, and layers that show something.

use super::{Notes, each};
use crate::{
    colour::{self, Rgb},
    decimal::round,
    env::Env,
    format::{Color, File, Frame, Kind, Layer, Look, Num, Paint, Shadow, Stroke, Text, Value},
    limits,
};

/// Up to here two colours are meant to be the same (distance in Oklab).
const ALIKE: f64 = 0.02;
/// Up to here a palette's colour does for one that was only named.
const LIKE: f64 = 0.2;

pub(crate) fn correct(file: &mut File, notes: &mut Notes<'_>) {
    let mut names = Names { env: Env::of(file), notes };
    let palette: Vec<String> = file.palette.iter().map(|swatch| swatch.name.clone()).collect();
    for (at, parameter) in file.parameters.iter_mut().enumerate() {
        if let Value::Color { default } = &mut parameter.value {
            // A parameter's default may not be a parameter: which of them would come first?
            if matches!(default, Color::Named(name) if !palette.contains(name)) {
                names.color_among(default, &format!("/parameters/{at}/default"), Some(&palette));
            }
        }
    }
    names.env = Env::of(file);
    names.paint(&mut file.canvas.background, "/canvas/background");
    let mut clips = Vec::new();
    each(&mut file.layers, "/layers", &mut 0, &mut |layer, _, path| names.layer(layer, path, &mut clips));
}

struct Names<'a, 'b> {
    env: Env,
    notes: &'a mut Notes<'b>,
}

impl Names<'_, '_> {
    /// False where nothing of the layer can ever be seen.
    fn layer(&mut self, layer: &mut Layer, path: &str, clips: &mut Vec<String>) -> bool {
        if let Some(when) = &layer.when
            && !self.env.knows_condition(when)
        {
            layer.when = None;
            self.notes.add("dangling-reference", format!("{path}/when"), &[]);
        }
        self.known(&mut layer.opacity, 1.0, path, "opacity");
        self.known(&mut layer.rotate, 0.0, path, "rotate");
        if let Num::Literal(opacity) = layer.opacity
            && !(0.0..=1.0).contains(&opacity)
        {
            let share = if opacity > 1.0 && opacity <= 100.0 { opacity / 100.0 } else { opacity.clamp(0.0, 1.0) };
            layer.opacity = Num::Literal(round(share));
            self.notes.add("out-of-range", format!("{path}/opacity"), &[opacity, share]);
        }
        let mut seen = layer.opacity != Num::ZERO;
        match &mut layer.kind {
            Kind::Rectangle { frame, radius, look } => {
                self.known(radius, 0.0, path, "radius");
                self.bound(radius, 0.0, limits::COORDINATE, path, "radius");
                seen &= self.shape(frame, look, path);
            }
            Kind::Ellipse { frame, look } | Kind::Path { frame, look, .. } => seen &= self.shape(frame, look, path),
            Kind::Line { x1, y1, x2, y2, stroke } => {
                for (num, key) in [(x1, "x1"), (y1, "y1"), (x2, "x2"), (y2, "y2")] {
                    self.known(num, 0.0, path, key);
                }
                self.stroke(stroke, path);
                seen &= stroke.width != Num::ZERO;
            }
            Kind::Polygon { points, look } => {
                for (at, point) in points.iter_mut().enumerate() {
                    for num in point {
                        self.known(num, 0.0, path, &format!("points/{at}"));
                    }
                }
                seen &= self.look(look, path);
            }
            Kind::Text(text) => self.text(text, path),
            Kind::Group { x, y, scale, clip, .. } => {
                for (num, default, key) in [(x, 0.0, "x"), (y, 0.0, "y"), (&mut *scale, 1.0, "scale")] {
                    self.known(num, default, path, key);
                }
                self.bound(scale, 0.01, 100.0, path, "scale");
                // Each clip inside another needs a picture of its own while it is drawn.
                clips.retain(|outer| path.starts_with(outer.as_str()));
                if clip.is_some() && clips.len() >= limits::CLIPS {
                    *clip = None;
                    self.notes.add("too-deep", format!("{path}/clip"), &[]);
                }
                if let Some(clip) = clip {
                    self.frame(&mut clip.frame, &format!("{path}/clip"));
                    clips.push(format!("{path}/"));
                }
            }
            Kind::Repeat { x, y, count, rows, dx, dy, radius, .. } => {
                for (num, key) in [(x, "x"), (y, "y"), (dx, "dx"), (dy, "dy"), (radius, "radius")] {
                    self.known(num, 0.0, path, key);
                }
                for (num, key) in [(count, "count"), (rows, "rows")] {
                    self.known(num, 1.0, path, key);
                    self.bound(num, 0.0, limits::COPIES, path, key);
                    seen &= *num != Num::ZERO;
                }
            }
        }
        if !seen {
            self.notes.add("empty-layer", path.to_owned(), &[]);
        }
        seen
    }

    fn shape(&mut self, frame: &mut Frame, look: &mut Look, path: &str) -> bool {
        self.frame(frame, path);
        let seen = self.look(look, path);
        // A negative side goes the other way.
        for (start, side, key) in [(&mut frame.x, &mut frame.width, "width"), (&mut frame.y, &mut frame.height, "height")] {
            if let (Num::Literal(at), Num::Literal(long)) = (&start, &side)
                && *long < 0.0
            {
                self.notes.add("out-of-range", format!("{path}/{key}"), &[*long, -long]);
                let moved = (at + long).clamp(-limits::COORDINATE, limits::COORDINATE);
                (*start, *side) = (Num::Literal(round(moved)), Num::Literal(-long));
            }
        }
        seen && frame.width != Num::ZERO && frame.height != Num::ZERO
    }

    fn text(&mut self, text: &mut Text, path: &str) {
        self.frame(&mut text.frame, path);
        for (num, default, key) in
            [(&mut text.size, 32.0, "size"), (&mut text.leading, 1.2, "leading"), (&mut text.tracking, 0.0, "tracking")]
        {
            self.known(num, default, path, key);
        }
        // A leading in units of the canvas is one in sizes, once it is divided by the size.
        if let (Num::Literal(leading), Num::Literal(size)) = (&text.leading, &text.size)
            && *leading > 5.0
            && (0.8..=3.0).contains(&(leading / size.max(0.01)))
        {
            let (before, after) = (*leading, round(leading / size));
            text.leading = Num::Literal(after);
            self.notes.add("converted", format!("{path}/leading"), &[before, after]);
        }
        self.bound(&mut text.leading, 0.8, 3.0, path, "leading");
        self.bound(&mut text.tracking, -0.1, 1.0, path, "tracking");
        self.bound(&mut text.size, 0.0, limits::SIDE.1, path, "size");
        self.paint(&mut text.fill, &format!("{path}/fill"));
        if let Some(stroke) = &mut text.stroke {
            self.stroke(stroke, path);
        }
        self.shadow(text.shadow.as_mut(), path);
    }

    /// False where there is neither a fill nor an outline.
    fn look(&mut self, look: &mut Look, path: &str) -> bool {
        self.paint(&mut look.fill, &format!("{path}/fill"));
        if let Some(stroke) = &mut look.stroke {
            self.stroke(stroke, path);
        }
        self.shadow(look.shadow.as_mut(), path);
        look.fill != Paint::NONE || look.stroke.as_ref().is_some_and(|stroke| stroke.width != Num::ZERO)
    }

    fn stroke(&mut self, stroke: &mut Stroke, path: &str) {
        self.color(&mut stroke.color, &format!("{path}/stroke/color"));
        self.known(&mut stroke.width, 2.0, path, "stroke/width");
        self.bound(&mut stroke.width, 0.0, limits::SIDE.1, path, "stroke/width");
    }

    fn shadow(&mut self, shadow: Option<&mut Shadow>, path: &str) {
        let Some(shadow) = shadow else { return };
        self.color(&mut shadow.color, &format!("{path}/shadow/color"));
        let Shadow { dx, dy, blur, opacity, .. } = shadow;
        for (num, key) in [(dx, "shadow/dx"), (dy, "shadow/dy"), (&mut *blur, "shadow/blur")] {
            self.known(num, 0.0, path, key);
        }
        self.known(opacity, 0.35, path, "shadow/opacity");
        self.bound(blur, 0.0, limits::SIDE.1, path, "shadow/blur");
        self.bound(opacity, 0.0, 1.0, path, "shadow/opacity");
    }

    fn frame(&mut self, frame: &mut Frame, path: &str) {
        for (num, key) in [(&mut frame.x, "x"), (&mut frame.y, "y"), (&mut frame.width, "width"), (&mut frame.height, "height")] {
            self.known(num, 0.0, path, key);
        }
    }

    fn paint(&mut self, paint: &mut Paint, path: &str) {
        match paint {
            Paint::None(_) => {}
            Paint::Solid(color) => self.color(color, path),
            Paint::Gradient(gradient) => {
                self.known(&mut gradient.angle, 90.0, path, "angle");
                for (at, stop) in gradient.stops.iter_mut().enumerate() {
                    self.color(&mut stop.color, &format!("{path}/stops/{at}/color"));
                }
            }
        }
    }

    fn color(&mut self, color: &mut Color, path: &str) {
        self.color_among(color, path, None);
    }

    /// Colours are those of the palette: others that look like one of them become it, names that nothing has become the nearest,
    /// or what they say.
    fn color_among(&mut self, color: &mut Color, path: &str, among: Option<&[String]>) {
        let may = |name: &str| among.is_none_or(|among| among.iter().any(|known| known == name));
        let (wanted, reach) = match &*color {
            Color::Value(rgb) => (Some(*rgb), ALIKE),
            Color::Named(name) if self.env.has_color(name) && may(name) => return,
            // `navy_dark` is probably meant to be the palette's `navy`.
            Color::Named(name) => {
                let alike =
                    self.env.palette().find(|(known, _)| may(known) && (name.contains(*known) || known.contains(name.as_str())));
                (alike.map(|(_, rgb)| *rgb).or_else(|| colour::named_within(name)), LIKE)
            }
        };
        let nearest = wanted.and_then(|rgb| {
            let all = self.env.palette().filter(|(name, _)| may(name)).map(|(name, own)| (name.clone(), rgb.distance(*own)));
            all.min_by(|a, b| a.1.total_cmp(&b.1))
        });
        match (wanted, nearest) {
            // The very colour is as good as its name.
            (Some(_), Some((_, distance))) if distance < 0.001 && matches!(color, Color::Value(_)) => {}
            (Some(_), Some((name, distance))) if distance <= reach => {
                let code = if matches!(color, Color::Value(_)) { "snapped" } else { "dangling-reference" };
                self.notes.add(code, path.to_owned(), &[distance]);
                *color = Color::Named(name);
            }
            (Some(rgb), _) => {
                if matches!(color, Color::Named(_)) {
                    self.notes.add("dangling-reference", path.to_owned(), &[]);
                    *color = Color::Value(rgb);
                }
            }
            (None, _) => {
                self.notes.add("dangling-reference", path.to_owned(), &[]);
                let first = self.env.palette().find(|(name, _)| may(name));
                *color = first.map_or(Color::Value(Rgb::BLACK), |(name, _)| Color::Named(name.clone()));
            }
        }
    }

    /// Replaces an expression over names that nothing has.
    fn known(&mut self, num: &mut Num, default: f64, path: &str, key: &str) {
        if let Num::Expression(text) = &*num
            && !self.env.knows(text)
        {
            *num = Num::Literal(default);
            self.notes.add("dangling-reference", format!("{path}/{key}"), &[]);
        }
    }

    fn bound(&mut self, num: &mut Num, least: f64, most: f64, path: &str, key: &str) {
        if let Num::Literal(value) = *num
            && !(least..=most).contains(&value)
        {
            let after = value.clamp(least, most);
            *num = Num::Literal(after);
            self.notes.add("out-of-range", format!("{path}/{key}"), &[value, after]);
        }
    }
}
