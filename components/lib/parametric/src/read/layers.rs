//! Layers and their places.

use serde_json::Value as Json;

use super::{ACROSS, DOWN, ONE, Reader, fields::Fields, values};
use crate::{
    colour::Rgb,
    decimal::round,
    format::{Clip, ClipShape, Color, Dash, Frame, Kind, Layer, Num, Pattern, Stroke},
    limits,
    path::PathData,
    string::clean,
};

impl Reader {
    pub(super) fn layers(&mut self, json: Option<&Json>, path: &str, depth: usize) -> Vec<Layer> {
        let mut found = Vec::new();
        let items: Vec<&Json> = match json {
            Some(Json::Array(items)) => items.iter().collect(),
            // One layer alone, or layers by name.
            Some(Json::Object(object)) => {
                self.note("converted", path.to_owned());
                if object.contains_key("type") { json.into_iter().collect() } else { object.values().collect() }
            }
            _ => Vec::new(),
        };
        if depth > limits::NESTING {
            let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
            self.numbers("too-deep", path.to_owned(), &[f64::from(count)]);
            return found;
        }
        for (at, item) in items.iter().enumerate() {
            let path = format!("{path}/{at}");
            if self.layers >= limits::LAYERS {
                let left = u32::try_from(items.len() - at).unwrap_or(u32::MAX);
                self.numbers("too-many-layers", path, &[f64::from(left)]);
                break;
            }
            self.layers += 1;
            let before = self.corrections.len();
            if let Some(layer) = item.as_object().and_then(|object| self.layer(&Fields::new(object, &path), depth)) {
                found.push(layer);
                continue;
            }
            // What a layer lacks is told, since a model can do better next time; what was converted is not.
            let mut index = 0;
            self.corrections.retain(|correction| {
                index += 1;
                index <= before || correction.code == "missing" || correction.code == "too-deep"
            });
            self.note("dropped-layer", path);
        }
        found
    }

    fn layer(&mut self, fields: &Fields<'_>, depth: usize) -> Option<Layer> {
        let word = fields.text("type")?;
        let kind = word.trim().to_ascii_lowercase();
        let known = ["rectangle", "ellipse", "line", "polygon", "path", "text", "group", "repeat"];
        if !known.contains(&word) {
            fields.convert();
        }
        let kind = match kind.as_str() {
            "rectangle" | "rect" | "square" => {
                Kind::Rectangle { frame: self.frame(fields)?, radius: self.corner(fields), look: self.look(fields) }
            }
            "ellipse" | "circle" | "oval" => Kind::Ellipse { frame: self.ellipse(fields)?, look: self.look(fields) },
            "line" => {
                let ends = line_ends(fields).map_or([None, None, None, None], |ends| ends.map(Some));
                let mut points = ["x1", "y1", "x2", "y2"].into_iter().zip(ends).map(|(key, end)| {
                    let whole = if key.starts_with('x') { ACROSS } else { DOWN };
                    end.or_else(|| self.num_of(fields, key, whole)).or_else(|| {
                        self.note("missing", fields.at(key));
                        None
                    })
                });
                let points = [points.next()?, points.next()?, points.next()?, points.next()?];
                let stroke = self.stroke(fields).or_else(|| {
                    // Its colour and width beside its ends.
                    let color = self.color_of(fields, "color")?;
                    fields.convert();
                    Some(Stroke { color, width: self.num(fields, "width", 2.0, ACROSS), dash: Dash::Solid })
                });
                let stroke = stroke.unwrap_or_else(|| {
                    self.note("missing", fields.at("stroke"));
                    Stroke { color: Color::Value(Rgb::BLACK), width: Num::Literal(2.0), dash: Dash::Solid }
                });
                let [x1, y1, x2, y2] = points;
                Kind::Line { x1: x1?, y1: y1?, x2: x2?, y2: y2?, stroke }
            }
            "polygon" | "triangle" | "polyline" => Kind::Polygon { points: self.points(fields)?, look: self.look(fields) },
            "path" | "shape" | "svg" => self.path(fields)?,
            "text" | "label" | "title" | "heading" | "paragraph" => Kind::Text(Box::new(self.text(fields)?)),
            "group" | "g" | "frame" | "layer" => {
                let (x, y) = self.corner_of_group(fields);
                Kind::Group {
                    x,
                    y,
                    scale: self.num(fields, "scale", 1.0, ONE),
                    clip: self.clip(fields),
                    layers: self.children(fields, depth)?,
                }
            }
            "repeat" | "grid" | "pattern" | "array" => {
                let (x, y) = self.corner_of_group(fields);
                let usual = if kind == "grid" { Pattern::Grid } else { Pattern::Line };
                Kind::Repeat {
                    pattern: self.word(fields, "pattern", Pattern::from_word, usual, true),
                    x,
                    y,
                    count: self.num_of(fields, "count", ONE).unwrap_or_else(|| {
                        self.note("missing", fields.at("count"));
                        Num::ONE
                    }),
                    rows: self.num(fields, "rows", 1.0, ONE),
                    dx: self.gap(fields, "dx", ACROSS),
                    dy: self.gap(fields, "dy", DOWN),
                    radius: self.num(fields, "radius", 0.0, ACROSS),
                    layers: self.children(fields, depth)?,
                }
            }
            _ => return None,
        };
        let when = fields.text("when").map(|raw| (raw, clean(raw, limits::CONDITION, false)));
        if let Some((raw, when)) = &when
            && (raw != when || when.is_empty())
        {
            fields.convert();
        }
        let layer = Layer {
            kind,
            opacity: self.opacity(fields),
            rotate: self.num(fields, "rotate", 0.0, ONE),
            when: when.map(|(_, when)| when).filter(|when| !when.is_empty()),
        };
        self.done(fields);
        Some(layer)
    }

    /// A layer's opacity: its own, in hundredths too, else that of its colour, as CSS has it.
    fn opacity(&mut self, fields: &Fields<'_>) -> Num {
        let faded = fields.text("fill").or_else(|| fields.text("color")).and_then(Rgb::opacity).filter(|opacity| *opacity < 1.0);
        if let (Some(opacity), false) = (faded, fields.has("opacity")) {
            return Num::Literal(round(opacity));
        }
        match self.num(fields, "opacity", 1.0, ONE) {
            Num::Literal(given) if given > 1.0 && given <= 100.0 => {
                let after = round(given / 100.0);
                self.numbers("out-of-range", fields.at("opacity"), &[given, after]);
                Num::Literal(after)
            }
            given => given,
        }
    }

    fn corner_of_group(&mut self, fields: &Fields<'_>) -> (Num, Num) {
        (self.num(fields, "x", 0.0, ACROSS), self.num(fields, "y", 0.0, DOWN))
    }

    /// From one copy to the next: along both ways of a grid as `spacing` too, along a line to the right.
    fn gap(&mut self, fields: &Fields<'_>, key: &str, whole: &str) -> Num {
        let other = ["spacing", "gap"].into_iter().find(|other| fields.has(other));
        match other {
            Some(other) if !fields.has("dx") && !fields.has("dy") && (key == "dx" || fields.has("rows")) => {
                fields.convert();
                self.num(fields, other, 0.0, whole)
            }
            _ => self.num(fields, key, 0.0, whole),
        }
    }

    fn children(&mut self, fields: &Fields<'_>, depth: usize) -> Option<Vec<Layer>> {
        let layers = self.layers(fields.get("layers"), &fields.at("layers"), depth + 1);
        (!layers.is_empty()).then_some(layers)
    }

    fn corner(&mut self, fields: &Fields<'_>) -> Num {
        if !fields.has("radius") && fields.has("rx") {
            fields.convert();
            let _ = fields.get("ry");
            return self.num(fields, "rx", 0.0, ACROSS);
        }
        self.num(fields, "radius", 0.0, ACROSS)
    }

    fn points(&mut self, fields: &Fields<'_>) -> Option<Vec<[Num; 2]>> {
        let pair = |x: &Json, y: &Json| Some([values::num(x, ACROSS)?.0, values::num(y, DOWN)?.0]);
        let points: Vec<[Num; 2]> = match fields.get("points") {
            Some(Json::Array(items)) => items
                .iter()
                .filter_map(|point| match point {
                    Json::Array(both) => pair(both.first()?, both.get(1)?),
                    Json::Object(both) => {
                        fields.convert();
                        pair(both.get("x")?, both.get("y")?)
                    }
                    _ => None,
                })
                .take(limits::POLYGON_POINTS)
                .collect(),
            // As SVG writes it: "0,0 10,0 10,10".
            Some(Json::String(text)) => {
                fields.convert();
                let numbers: Vec<f64> = text
                    .split(|c: char| c.is_whitespace() || c == ',')
                    .filter_map(|n| n.parse().ok())
                    .filter(|n: &f64| n.is_finite())
                    .take(2 * limits::POLYGON_POINTS)
                    .collect();
                let literal = |n: f64| Num::Literal(round(n.clamp(-limits::COORDINATE, limits::COORDINATE)));
                numbers.chunks_exact(2).map(|both| [literal(both[0]), literal(both[1])]).collect()
            }
            _ => Vec::new(),
        };
        let given = fields.get("points").and_then(Json::as_array).map_or(points.len(), Vec::len);
        if points.is_empty() && ["width", "height"].iter().all(|key| fields.has(key)) {
            // A triangle in its box.
            let side = |key: &str| fields.get(key).and_then(values::number).map(|(number, _)| number);
            if let [Some(x), Some(y), Some(width), Some(height)] = ["x", "y", "width", "height"].map(side) {
                fields.convert();
                let at = |x: f64, y: f64| [x, y].map(|n| Num::Literal(round(n.clamp(-limits::COORDINATE, limits::COORDINATE))));
                return Some(vec![at(x + width / 2.0, y), at(x + width, y + height), at(x, y + height)]);
            }
        }
        if points.len() < 3 {
            self.note("missing", fields.at("points"));
            return None;
        }
        if given != points.len() {
            let [given, kept] = [given, points.len()].map(|n| f64::from(u32::try_from(n).unwrap_or(u32::MAX)));
            self.numbers("out-of-range", fields.at("points"), &[given, kept]);
        }
        Some(points)
    }

    fn path(&mut self, fields: &Fields<'_>) -> Option<Kind> {
        let Some(mut d) = fields.text("d").or_else(|| fields.text("data")).and_then(PathData::parse) else {
            self.note("missing", fields.at("d"));
            return None;
        };
        let [left, top, width, height] = d.bounds();
        let boxed = ["width", "height"].iter().all(|key| fields.has(key));
        let mut view = fields.get("view").and_then(values::number).map_or(100.0, |(view, _)| view);
        let frame = if boxed {
            self.frame(fields)?
        } else {
            // In the canvas's own coordinates, as in an SVG: its box is where it is drawn.
            self.note("converted", fields.at("d"));
            let moved = ["x", "y"].map(|key| fields.get(key).and_then(values::number).map_or(0.0, |(n, _)| n));
            let [width, height] = [width, height].map(|side| side.max(1.0));
            view = 100.0;
            d = d.rescaled([100.0 / width, 100.0 / height], [-left * 100.0 / width, -top * 100.0 / height])?;
            let [x, y, width, height] = [left + moved[0], top + moved[1], width, height].map(|n| Num::Literal(round(n)));
            return Some(Kind::Path { d, view, frame: Frame { x, y, width, height }, look: self.look(fields) });
        };
        if !(1.0..=4096.0).contains(&view) {
            self.numbers("out-of-range", fields.at("view"), &[view, 100.0]);
            view = 100.0;
        }
        // What is drawn beside its square is drawn for another one: fit it in.
        let reach = (left.abs()).max(top.abs()).max(left + width).max(top + height);
        if left < -0.01 * view || top < -0.01 * view || left + width > 1.01 * view || top + height > 1.01 * view {
            let scale = view / width.max(height).max(1.0);
            d = d.rescaled([scale, scale], [-left * scale, -top * scale])?;
            self.numbers("out-of-range", fields.at("d"), &[reach, view]);
        }
        Some(Kind::Path { d, view: round(view), frame, look: self.look(fields) })
    }

    /// A shape's box. Without sides there is none; without a place it is at the start.
    fn frame(&mut self, fields: &Fields<'_>) -> Option<Frame> {
        let square = fields.has("size") && !fields.has("width");
        let [x, y, width, height] = [("x", ACROSS), ("y", DOWN), ("width", ACROSS), ("height", DOWN)].map(|(key, whole)| {
            let found = if square && whole != ONE && (key == "width" || key == "height") {
                fields.convert();
                self.num_of(fields, "size", whole)
            } else {
                self.num_of(fields, key, whole)
            };
            if found.is_none() {
                self.note("missing", fields.at(key));
            }
            found
        });
        Some(Frame { x: x.unwrap_or(Num::ZERO), y: y.unwrap_or(Num::ZERO), width: width?, height: height? })
    }

    /// By its box, or by centre and radius, as SVG has it.
    fn ellipse(&mut self, fields: &Fields<'_>) -> Option<Frame> {
        let get = |key: &str| fields.get(key).and_then(values::number).map(|(number, _)| number);
        let boxed = fields.has("width") || fields.has("size");
        let radius = get("r").or_else(|| if boxed { None } else { get("radius") });
        let (rx, ry) = (get("rx").or(radius), get("ry").or(radius));
        if let (Some(rx), Some(ry), false) = (rx, ry, boxed) {
            let (cx, cy) = (get("cx").or_else(|| get("x")), get("cy").or_else(|| get("y")));
            fields.convert();
            let limit = |n: f64| Num::Literal(round(n.clamp(-limits::COORDINATE, limits::COORDINATE)));
            let (cx, cy) = (cx?, cy?);
            let [x, y, width, height] = [cx - rx, cy - ry, rx * 2.0, ry * 2.0].map(limit);
            return Some(Frame { x, y, width, height });
        }
        self.frame(fields)
    }

    fn clip(&mut self, fields: &Fields<'_>) -> Option<Clip> {
        let json = fields.get("clip")?;
        let Some(object) = json.as_object() else {
            self.note("wrong-type", fields.at("clip"));
            return None;
        };
        let inner = Fields::new(object, &fields.at("clip"));
        // `{"type": "ellipse"}` means the shape.
        let key = if inner.has("shape") { "shape" } else { "type" };
        let shape = self.word(&inner, key, ClipShape::from_word, ClipShape::Rectangle, true);
        let frame = self.frame(&inner);
        self.done(&inner);
        frame.map(|frame| Clip { shape, frame })
    }
}

/// A line's ends, of a list of two points too.
fn line_ends(fields: &Fields<'_>) -> Option<[Num; 4]> {
    let points = fields.get("points")?.as_array()?;
    let [Json::Array(from), Json::Array(to)] = points.as_slice() else { return None };
    let at = |point: &[Json], axis: usize, whole: &str| Some(values::num(point.get(axis)?, whole)?.0);
    fields.convert();
    Some([at(from, 0, ACROSS)?, at(from, 1, DOWN)?, at(to, 0, ACROSS)?, at(to, 1, DOWN)?])
}
