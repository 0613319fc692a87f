//! From any JSON object to a file: what is missing gets a default, what is unknown is dropped, what is of another type is
//! converted. Each such change is a correction whose path is made of schema words and positions only (promise a14).

use serde_json::{Map, Value as Json};

use crate::{
    Correction,
    colour::Rgb,
    limits,
    model::{
        Align, Canvas, Color, Dash, File, Font, Frame, Gradient, GradientKind, Kind, Layer, Look, Num, Paint, Parameter, Pattern,
        Stop, Stroke, Swatch, Text, Value, Vertical, Weight,
    },
};

/// Reads a document, noting what it changed.
pub(crate) struct Reader {
    pub(crate) corrections: Vec<Correction>,
    layers: usize,
}

type Object = Map<String, Json>;

impl Reader {
    pub(crate) fn new() -> Self {
        Self { corrections: Vec::new(), layers: 0 }
    }

    fn note(&mut self, code: &'static str, path: &str) {
        self.corrections.push(Correction { code, path: path.to_owned(), numbers: Vec::new() });
    }

    pub(crate) fn file(&mut self, object: &Object) -> File {
        let empty = Map::new();
        let canvas = object.get("canvas").and_then(Json::as_object).unwrap_or(&empty);
        let width = self.plain(canvas, "width", 1080.0, "/canvas/width", limits::SIDE);
        let height = self.plain(canvas, "height", 1080.0, "/canvas/height", limits::SIDE);
        let (width, height) = ratio(width, height);
        let most = (width.min(height) * 0.2).floor();
        let margin = self.plain(canvas, "margin", (width.min(height) * 0.06).round(), "/canvas/margin", (0.0, most));
        let palette = self.palette(object.get("palette"));
        let mut background = self.paint(canvas.get("background"), "/canvas/background");
        if background == Paint::NONE {
            background =
                Paint::Solid(palette.first().map_or(Color::Value(Rgb::WHITE), |swatch| Color::Named(swatch.name.clone())));
        }
        let parameters = self.parameters(object.get("parameters"));
        let layers = self.layers(object.get("layers"), "/layers", 0);
        File {
            version: 1,
            title: clean(object.get("title").and_then(Json::as_str).unwrap_or_default(), limits::LABEL, false),
            canvas: Canvas { width, height, unit: "px", margin, background },
            palette,
            parameters,
            layers,
        }
    }

    /// A number that may not be an expression, within bounds.
    fn plain(&mut self, object: &Object, key: &str, default: f64, path: &str, (least, most): (f64, f64)) -> f64 {
        let found = object.get(key).and_then(number);
        let value = round(found.unwrap_or(default).clamp(least, most));
        match found {
            None if object.contains_key(key) => self.note("wrong-type", path),
            None => self.note("missing", path),
            Some(given) if (given - value).abs() > 0.005 => {
                self.corrections.push(Correction { code: "out-of-range", path: path.to_owned(), numbers: vec![given, value] });
            }
            Some(_) => {}
        }
        value
    }

    fn palette(&mut self, json: Option<&Json>) -> Vec<Swatch> {
        let mut found: Vec<Swatch> = Vec::new();
        // `{"navy": "#0b1d3a"}` is as good as a list.
        let pairs: Vec<(Option<String>, Option<Rgb>)> = match json {
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Json::Object(o) => (
                        text_of(o, "name"),
                        ["color", "colour", "value", "hex"].iter().find_map(|key| Rgb::parse(o.get(*key)?.as_str()?)),
                    ),
                    Json::String(text) => (None, Rgb::parse(text)),
                    _ => (None, None),
                })
                .collect(),
            Some(Json::Object(map)) => {
                map.iter().map(|(name, value)| (Some(name.clone()), value.as_str().and_then(Rgb::parse))).collect()
            }
            _ => Vec::new(),
        };
        for (at, (name, color)) in pairs.into_iter().enumerate() {
            let path = format!("/palette/{at}");
            let Some(color) = color.filter(|_| found.len() < limits::PALETTE) else {
                self.note("dropped-colour", &path);
                continue;
            };
            let name = name.as_deref().and_then(identifier).unwrap_or_else(|| format!("colour_{}", at + 1));
            if found.iter().any(|swatch| swatch.name == name) {
                self.note("duplicate-name", &path);
            } else {
                found.push(Swatch { name, color });
            }
        }
        found
    }

    fn parameters(&mut self, json: Option<&Json>) -> Vec<Parameter> {
        let mut found: Vec<Parameter> = Vec::new();
        for (at, item) in json.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default().iter().enumerate() {
            let path = format!("/parameters/{at}");
            let read =
                item.as_object().and_then(|object| self.parameter(object, &path)).filter(|_| found.len() < limits::PARAMETERS);
            match read {
                Some(parameter) if found.iter().any(|known| known.name == parameter.name) => self.note("duplicate-name", &path),
                Some(parameter) => found.push(parameter),
                None => self.note("dropped-parameter", &path),
            }
        }
        found
    }

    fn parameter(&mut self, object: &Object, path: &str) -> Option<Parameter> {
        let name = text_of(object, "name").as_deref().and_then(identifier)?;
        let label = clean(&text_of(object, "label").unwrap_or_default(), limits::LABEL, false);
        let label = if label.is_empty() { name.replace('_', " ") } else { label };
        let default = object.get("default");
        let kind = text_of(object, "type").or_else(|| text_of(object, "kind"))?.to_ascii_lowercase();
        let value = match kind.as_str() {
            "number" | "slider" | "integer" => {
                let given = default.and_then(number).unwrap_or(0.0);
                let min = object.get("min").and_then(number).unwrap_or(given.min(0.0));
                let max = object.get("max").and_then(number).unwrap_or(given.abs().mul_add(2.0, 1.0));
                let (min, max) = (round(min.min(max)), round(max.max(min)));
                let step =
                    object.get("step").and_then(number).filter(|step| *step > 0.0).unwrap_or(((max - min) / 100.0).max(0.01));
                let value = given.clamp(min, max);
                if (value - given).abs() > 0.005 {
                    self.corrections.push(Correction {
                        code: "out-of-range",
                        path: format!("{path}/default"),
                        numbers: vec![given, value],
                    });
                }
                Value::Number { default: round(value), min, max, step: round(step).max(0.01) }
            }
            "color" | "colour" => Value::Color { default: color(default?.as_str()?)? },
            "text" | "string" => Value::Text { default: clean(default?.as_str()?, limits::TEXT, true) },
            "choice" | "select" | "enum" => {
                let options = ["options", "choices", "values"].iter().find_map(|key| object.get(*key)?.as_array())?;
                let options: Vec<String> = options
                    .iter()
                    .filter_map(|option| option.as_str().map(|text| clean(text, limits::LABEL, false)))
                    .filter(|option| !option.is_empty())
                    .take(limits::OPTIONS)
                    .collect();
                let default = default.and_then(Json::as_str).map(|text| clean(text, limits::LABEL, false));
                let default = default.filter(|text| options.contains(text)).or_else(|| options.first().cloned())?;
                Value::Choice { default, options }
            }
            "switch" | "boolean" | "bool" | "toggle" => {
                Value::Switch { default: default.is_none_or(|value| value != &Json::Bool(false)) }
            }
            _ => return None,
        };
        Some(Parameter { value, name, label })
    }

    fn layers(&mut self, json: Option<&Json>, path: &str, depth: usize) -> Vec<Layer> {
        let mut found = Vec::new();
        for (at, item) in json.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default().iter().enumerate() {
            let path = format!("{path}/{at}");
            self.layers += 1;
            if depth >= limits::NESTING || self.layers > limits::LAYERS {
                self.note("too-many-layers", &path);
                break;
            }
            match item.as_object().and_then(|object| self.layer(object, &path, depth)) {
                Some(layer) => found.push(layer),
                None => self.note("dropped-layer", &path),
            }
        }
        found
    }

    fn layer(&mut self, object: &Object, path: &str, depth: usize) -> Option<Layer> {
        let kind = text_of(object, "type").or_else(|| text_of(object, "kind"))?.to_ascii_lowercase();
        let kind = match kind.as_str() {
            "rectangle" | "rect" => Kind::Rectangle {
                frame: self.frame(object, path)?,
                radius: self.num(object, "radius", 0.0, path),
                look: self.look(object, path),
            },
            "ellipse" | "circle" => Kind::Ellipse { frame: self.ellipse(object, path)?, look: self.look(object, path) },
            "line" => {
                let stroke = self.stroke(object.get("stroke"), path).unwrap_or(Stroke {
                    color: Color::Value(Rgb::BLACK),
                    width: Num::Literal(2.0),
                    dash: Dash::Solid,
                });
                let [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map(|key| self.needed(object, key, path));
                Kind::Line { x1: x1?, y1: y1?, x2: x2?, y2: y2?, stroke }
            }
            "polygon" => {
                let points =
                    object.get("points")?.as_array()?.iter().take(limits::POLYGON_POINTS).filter_map(|point| match point {
                        Json::Array(pair) => Some([num(pair.first()?)?, num(pair.get(1)?)?]),
                        Json::Object(pair) => Some([num(pair.get("x")?)?, num(pair.get("y")?)?]),
                        _ => None,
                    });
                let points: Vec<[Num; 2]> = points.collect();
                if points.len() < 3 {
                    return None;
                }
                Kind::Polygon { points, look: self.look(object, path) }
            }
            "text" => Kind::Text(Box::new(self.text(object, path)?)),
            "group" => Kind::Group {
                x: self.num(object, "x", 0.0, path),
                y: self.num(object, "y", 0.0, path),
                scale: self.num(object, "scale", 1.0, path),
                layers: self.children(object, path, depth)?,
            },
            "repeat" => Kind::Repeat {
                pattern: text_of(object, "pattern").and_then(|word| Pattern::from_word(&word)).unwrap_or(Pattern::Line),
                x: self.num(object, "x", 0.0, path),
                y: self.num(object, "y", 0.0, path),
                count: self.num(object, "count", 1.0, path),
                rows: self.num(object, "rows", 1.0, path),
                dx: self.num(object, "dx", 0.0, path),
                dy: self.num(object, "dy", 0.0, path),
                radius: self.num(object, "radius", 0.0, path),
                layers: self.children(object, path, depth)?,
            },
            _ => return None,
        };
        Some(Layer {
            kind,
            opacity: self.num(object, "opacity", 1.0, path),
            rotate: self.num(object, "rotate", 0.0, path),
            when: object
                .get("when")
                .and_then(Json::as_str)
                .map(|text| clean(text, limits::LABEL, false))
                .filter(|text| !text.is_empty()),
        })
    }

    fn children(&mut self, object: &Object, path: &str, depth: usize) -> Option<Vec<Layer>> {
        let layers = self.layers(object.get("layers"), &format!("{path}/layers"), depth + 1);
        (!layers.is_empty()).then_some(layers)
    }

    fn text(&mut self, object: &Object, path: &str) -> Option<Text> {
        let text = text_of(object, "text").or_else(|| text_of(object, "content"))?;
        let text = clean(&text, limits::TEXT, true);
        if text.is_empty() {
            return None;
        }
        Some(Text {
            text,
            frame: self.frame(object, path)?,
            font: self.word(object, "font", Font::from_word, Font::Sans, path),
            weight: self.word(object, "weight", Weight::from_word, Weight::Regular, path),
            size: self.num(object, "size", 32.0, path),
            fill: self.paint(object.get("fill").or_else(|| object.get("color")), &format!("{path}/fill")),
            align: self.word(object, "align", Align::from_word, Align::Left, path),
            vertical: self.word(object, "vertical", Vertical::from_word, Vertical::Top, path),
            leading: self.num(object, "leading", 1.2, path),
            tracking: self.num(object, "tracking", 0.0, path),
            uppercase: object.get("uppercase") == Some(&Json::Bool(true)),
            italic: object.get("italic") == Some(&Json::Bool(true)),
        })
    }

    fn word<T>(&mut self, object: &Object, key: &str, read: fn(&str) -> Option<T>, default: T, path: &str) -> T {
        match object.get(key).and_then(Json::as_str) {
            Some(word) => read(word.trim()).unwrap_or_else(|| {
                self.note("unknown-value", &format!("{path}/{key}"));
                default
            }),
            None => default,
        }
    }

    fn frame(&mut self, object: &Object, path: &str) -> Option<Frame> {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|key| self.needed(object, key, path));
        Some(Frame { x: x?, y: y?, width: width?, height: height? })
    }

    /// By its box, or by centre and radius, as SVG has it.
    fn ellipse(&mut self, object: &Object, path: &str) -> Option<Frame> {
        let get = |key: &str| object.get(key).and_then(number);
        if let (Some(cx), Some(cy)) = (get("cx"), get("cy")) {
            let rx = get("rx").or_else(|| get("r"))?;
            let ry = get("ry").or_else(|| get("r"))?;
            self.note("converted", path);
            let [x, y, width, height] = [cx - rx, cy - ry, rx * 2.0, ry * 2.0].map(|n| Num::Literal(round(n)));
            return Some(Frame { x, y, width, height });
        }
        self.frame(object, path)
    }

    fn look(&mut self, object: &Object, path: &str) -> Look {
        let fill = self.paint(object.get("fill"), &format!("{path}/fill"));
        Look { fill, stroke: self.stroke(object.get("stroke"), path) }
    }

    fn stroke(&mut self, json: Option<&Json>, path: &str) -> Option<Stroke> {
        match json? {
            Json::Object(object) => Some(Stroke {
                color: object.get("color").and_then(Json::as_str).and_then(color)?,
                width: self.num(object, "width", 2.0, &format!("{path}/stroke")),
                dash: match text_of(object, "dash").as_deref() {
                    Some("dashed") => Dash::Dashed,
                    Some("dotted") => Dash::Dotted,
                    _ => Dash::Solid,
                },
            }),
            Json::String(text) if text != "none" => {
                Some(Stroke { color: color(text)?, width: Num::Literal(2.0), dash: Dash::Solid })
            }
            _ => None,
        }
    }

    fn paint(&mut self, json: Option<&Json>, path: &str) -> Paint {
        match json {
            Some(Json::String(text)) if text == "none" || text == "transparent" => Paint::NONE,
            Some(Json::String(text)) => color(text).map_or(Paint::NONE, Paint::Solid),
            Some(Json::Object(object)) => self.gradient(object).map_or_else(
                || {
                    self.note("wrong-type", path);
                    Paint::NONE
                },
                Paint::Gradient,
            ),
            _ => Paint::NONE,
        }
    }

    fn gradient(&mut self, object: &Object) -> Option<Gradient> {
        let gradient = match text_of(object, "gradient").as_deref() {
            Some("radial") => GradientKind::Radial,
            _ => GradientKind::Linear,
        };
        let stops: Vec<Stop> = object
            .get("stops")?
            .as_array()?
            .iter()
            .take(limits::STOPS)
            .filter_map(|stop| {
                let stop = stop.as_object()?;
                Some(Stop {
                    at: Num::Literal(stop.get("at").and_then(number)?.clamp(0.0, 1.0)),
                    color: color(stop.get("color")?.as_str()?)?,
                    opacity: Num::Literal(stop.get("opacity").and_then(number).unwrap_or(1.0).clamp(0.0, 1.0)),
                })
            })
            .collect();
        (stops.len() >= 2).then(|| Gradient { gradient, angle: self.num(object, "angle", 90.0, ""), stops })
    }

    fn needed(&mut self, object: &Object, key: &str, path: &str) -> Option<Num> {
        let found = object.get(key).and_then(num);
        if found.is_none() {
            self.note("missing", &format!("{path}/{key}"));
        }
        found
    }

    fn num(&mut self, object: &Object, key: &str, default: f64, path: &str) -> Num {
        match object.get(key) {
            None | Some(Json::Null) => Num::Literal(default),
            Some(json) => num(json).unwrap_or_else(|| {
                self.note("wrong-type", &format!("{path}/{key}"));
                Num::Literal(default)
            }),
        }
    }
}

/// A canvas is at most ten times longer than wide.
fn ratio(width: f64, height: f64) -> (f64, f64) {
    (width.max(height / 10.0), height.max(width / 10.0))
}

fn num(json: &Json) -> Option<Num> {
    if let Some(found) = number(json) {
        return Some(Num::Literal(round(found.clamp(-limits::COORDINATE, limits::COORDINATE))));
    }
    let text = json.as_str()?.trim();
    let known = crate::expression::evaluate(text, &|_| Some(1.0)).is_ok();
    known.then(|| Num::Expression(text.to_owned()))
}

fn number(json: &Json) -> Option<f64> {
    let found = match json {
        Json::Number(n) => n.as_f64(),
        Json::String(text) => text.trim().trim_end_matches("px").trim().parse().ok(),
        _ => None,
    };
    found.filter(|n| n.is_finite())
}

/// Two decimals are what a picture can show.
pub(crate) fn round(n: f64) -> f64 {
    let rounded = (n * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

fn text_of(object: &Object, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

fn color(text: &str) -> Option<Color> {
    let text = text.trim().trim_start_matches('$');
    if let Some(rgb) = text.starts_with('#').then(|| Rgb::parse(text)).flatten() {
        return Some(Color::Value(rgb));
    }
    identifier(text).map(Color::Named)
}

/// A lower-case name of letters, digits and `_`.
pub(crate) fn identifier(text: &str) -> Option<String> {
    let name: String = text
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .take(limits::NAME)
        .collect();
    let name = name.trim_matches('_').to_owned();
    (name.starts_with(|c: char| c.is_ascii_lowercase()) && name != "none" && name != "canvas").then_some(name)
}

/// Text without control and direction-changing characters, within a length.
pub(crate) fn clean(text: &str, most: usize, lines: bool) -> String {
    let kept = text.chars().filter_map(|c| match c {
        '\n' if lines => Some('\n'),
        '\n' | '\t' => Some(' '),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff0}'..='\u{ffff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    });
    kept.take(most).collect::<String>().trim().to_owned()
}
