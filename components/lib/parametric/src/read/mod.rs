//! From any JSON object to a file: what is missing gets a default, what is unknown is dropped, what is of another type is
//! converted. Each such change is a correction whose path is made of schema words and positions only (promise a14).

mod fields;
pub(crate) mod json;
mod values;

use serde_json::{Map, Value as Json};

use self::fields::Fields;
pub(crate) use self::values::{clean, identifier, round};
use crate::{
    Correction,
    colour::Rgb,
    format::{
        Align, Canvas, Clip, ClipShape, Color, Dash, File, Font, Frame, Gradient, GradientKind, Kind, Layer, Look, Num, Paint,
        Parameter, Pattern, Shadow, Stop, Stroke, Swatch, Text, Unit, Value, Vertical, Weight,
    },
    limits,
    path::PathData,
    text::fonts,
};

/// Reads a document, noting what it changed.
pub(crate) struct Reader {
    pub(crate) corrections: Vec<Correction>,
    layers: usize,
    /// Of the parameters, with whether each is a text.
    names: Vec<(String, bool)>,
}

type Object = Map<String, Json>;

/// What a percentage is a share of.
const ACROSS: &str = "canvas.width";
const DOWN: &str = "canvas.height";
const ONE: &str = "1";

impl Reader {
    pub(crate) fn new() -> Self {
        Self { corrections: Vec::new(), layers: 0, names: Vec::new() }
    }

    fn note(&mut self, code: &'static str, path: String) {
        self.numbers(code, path, &[]);
    }

    fn numbers(&mut self, code: &'static str, path: String, numbers: &[f64]) {
        self.corrections.push(Correction { code, path, numbers: numbers.iter().copied().map(round).collect() });
    }

    /// Tells of an object what was written otherwise and what nothing knows.
    fn done(&mut self, fields: &Fields<'_>) {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        if fields.converted.get() > 0 {
            self.numbers("converted", fields.path.clone(), &[f64::from(fields.converted.get())]);
        }
        if fields.unknown() > 0 {
            self.numbers("unknown-field", fields.path.clone(), &[count(fields.unknown())]);
        }
    }

    pub(crate) fn file(&mut self, object: &Object) -> File {
        let fields = Fields::new(object, "");
        match fields.get("version") {
            Some(version) => match self::values::number(version) {
                Some((number, plain)) if (number - 1.0).abs() < f64::EPSILON => {
                    if !plain {
                        fields.convert();
                    }
                }
                _ => self.note("unknown-value", fields.at("version")),
            },
            None => self.note("missing", fields.at("version")),
        }
        let title = fields.text("title").map(|title| clean(title, limits::LABEL, false)).filter(|title| !title.is_empty());
        if title.is_none() {
            self.note("missing", fields.at("title"));
        }
        let palette = self.palette(fields.get("palette"));
        let (canvas, scale) = self.canvas(&fields, &palette);
        let parameters = self.parameters(fields.get("parameters"));
        self.names =
            parameters.iter().map(|parameter| (parameter.name.clone(), matches!(parameter.value, Value::Text { .. }))).collect();
        let mut layers = self.layers(fields.get("layers"), "/layers", 0);
        if (scale - 1.0).abs() > 1e-9 {
            // What was drawn for the canvas as it was keeps its place on the one that it became.
            let kind = Kind::Group { x: Num::ZERO, y: Num::ZERO, scale: Num::Literal(scale), clip: None, layers };
            layers = vec![Layer { kind, opacity: Num::ONE, rotate: Num::ZERO, when: None }];
        }
        self.done(&fields);
        File { version: 1, title: title.unwrap_or_else(|| "Visual".to_owned()), canvas, palette, parameters, layers }
    }

    /// The canvas, and by how much its layers have to be scaled to fit it.
    fn canvas(&mut self, file: &Fields<'_>, palette: &[Swatch]) -> (Canvas, f64) {
        let empty = Map::new();
        let object = file.get("canvas").and_then(Json::as_object);
        let fields = Fields::new(object.unwrap_or(&empty), "/canvas");
        let word = fields.text("unit").map(|word| word.trim().to_ascii_lowercase());
        // Other units of length are millimetres in other numbers.
        let (unit, factor) = match word.as_deref() {
            Some("cm") => (Unit::Mm, 10.0),
            Some("in" | "inch" | "inches") => (Unit::Mm, 25.4),
            Some("pt") => (Unit::Mm, 25.4 / 72.0),
            word => (word.and_then(Unit::from_word).unwrap_or(Unit::Px), 1.0),
        };
        match word.as_deref() {
            Some("px" | "mm") => {}
            None => self.note("missing", fields.at("unit")),
            Some("cm" | "in" | "inch" | "inches" | "pt") => self.numbers("converted", fields.at("unit"), &[factor]),
            Some(_) => self.note("unknown-value", fields.at("unit")),
        }
        let bounds = if unit == Unit::Mm { limits::SIDE_MM } else { limits::SIDE };
        let standard = if unit == Unit::Mm { 210.0 } else { 1080.0 };
        let [given_width, given_height] =
            ["width", "height"].map(|key| self.given(&fields, key).filter(|side| *side > 0.0).map(|side| side * factor));
        let wide = given_width.or(given_height).unwrap_or(standard);
        let high = given_height.or(given_width).unwrap_or(standard);
        // Both sides by the same factor, as far as that goes.
        let fit = (bounds.1 / wide.max(high)).min(1.0).max((bounds.0 / wide.min(high)).max(1.0).min(bounds.1 / wide.max(high)));
        let [width, height] = [wide, high].map(|side| (side * fit).clamp(bounds.0, bounds.1));
        let (width, height) = (round(width.max(height / 10.0)), round(height.max(width / 10.0)));
        for (key, given, side) in [("width", given_width, width), ("height", given_height, height)] {
            if let Some(given) = given
                && (given - side).abs() > 0.005
            {
                self.numbers("out-of-range", fields.at(key), &[given, side]);
            }
        }
        let scale = round(factor * fit);
        let most = (width.min(height) * 0.2 * 100.0).floor() / 100.0;
        let usual = round(width.min(height) * 0.06);
        let margin = self.given(&fields, "margin").map(|margin| margin * scale);
        let inside = round(margin.unwrap_or(usual).clamp(0.0, most));
        if let Some(margin) = margin
            && (margin - inside).abs() > 0.005
        {
            self.numbers("out-of-range", fields.at("margin"), &[margin, inside]);
        }
        // Some write the background beside the canvas.
        let (json, path) = match file.get("background") {
            Some(json) if !fields.has("background") => (Some(json), fields.at("background")),
            _ => (fields.get("background").or_else(|| fields.get("fill")), fields.at("background")),
        };
        let mut background = self.paint(json, &path, &fields);
        if background == Paint::NONE {
            if json.is_none() {
                self.note("missing", path);
            } else {
                self.note("unknown-value", path);
            }
            background =
                Paint::Solid(palette.first().map_or(Color::Value(Rgb::WHITE), |swatch| Color::Named(swatch.name.clone())));
        }
        self.done(&fields);
        (Canvas { width, height, unit, margin: inside, background }, scale)
    }

    /// A number that may not be an expression; its absence is noted.
    fn given(&mut self, fields: &Fields<'_>, key: &str) -> Option<f64> {
        let json = fields.get(key);
        let found = json.and_then(self::values::number);
        let Some((number, plain)) = found else {
            self.note(if json.is_some() { "wrong-type" } else { "missing" }, fields.at(key));
            return None;
        };
        if !plain {
            fields.convert();
        }
        Some(number)
    }

    fn palette(&mut self, json: Option<&Json>) -> Vec<Swatch> {
        let mut found: Vec<Swatch> = Vec::new();
        // `{"navy": "#0b1d3a"}` is as good as a list.
        let pairs: Vec<(Option<&str>, Option<Rgb>, bool)> = match json {
            Some(Json::Array(items)) => items.iter().enumerate().map(|(at, item)| self.swatch(item, at)).collect(),
            Some(Json::Object(map)) => {
                self.note("converted", "/palette".to_owned());
                map.iter().map(|(name, value)| (Some(name.as_str()), value.as_str().and_then(Rgb::any), true)).collect()
            }
            Some(_) => {
                self.note("wrong-type", "/palette".to_owned());
                Vec::new()
            }
            None => {
                self.note("missing", "/palette".to_owned());
                Vec::new()
            }
        };
        for (at, (given, color, plain)) in pairs.into_iter().enumerate() {
            let path = format!("/palette/{at}");
            let Some(color) = color.filter(|_| found.len() < limits::PALETTE) else {
                self.note("dropped-color", path);
                continue;
            };
            let name = given.and_then(identifier);
            if !plain || name.as_deref() != given {
                self.note("converted", path.clone());
            }
            let name = name.unwrap_or_else(|| format!("color_{}", at + 1));
            if found.iter().any(|swatch| swatch.name == name) {
                self.note("duplicate-name", path);
            } else {
                found.push(Swatch { name, color });
            }
        }
        found
    }

    /// Name and colour of a palette's entry, and whether it is written as it should be.
    fn swatch<'a>(&mut self, item: &'a Json, at: usize) -> (Option<&'a str>, Option<Rgb>, bool) {
        match item {
            Json::Object(object) => {
                let fields = Fields::new(object, &format!("/palette/{at}"));
                let text = fields.text("color").or_else(|| fields.text("value"));
                let color = text.and_then(Rgb::any);
                let plain = color.map(Rgb::hex).as_deref() == text;
                let name = fields.text("name");
                self.done(&fields);
                (name, color, plain)
            }
            Json::String(text) => (None, Rgb::any(text), false),
            _ => (None, None, false),
        }
    }

    fn parameters(&mut self, json: Option<&Json>) -> Vec<Parameter> {
        let mut found: Vec<Parameter> = Vec::new();
        if json.is_none() {
            self.note("missing", "/parameters".to_owned());
        }
        // `{"size": {…}}` is as good as a list of named ones.
        let named: Vec<(Option<&str>, &Json)> = match json {
            Some(Json::Array(items)) => items.iter().map(|item| (None, item)).collect(),
            Some(Json::Object(map)) => {
                self.note("converted", "/parameters".to_owned());
                map.iter().map(|(name, item)| (Some(name.as_str()), item)).collect()
            }
            _ => Vec::new(),
        };
        for (at, (name, item)) in named.into_iter().enumerate() {
            let path = format!("/parameters/{at}");
            let before = self.corrections.len();
            let read = item
                .as_object()
                .and_then(|object| self.parameter(&Fields::new(object, &path), name))
                .filter(|_| found.len() < limits::PARAMETERS);
            match read {
                Some(parameter) if found.iter().any(|known| known.name == parameter.name) => {
                    self.note("duplicate-name", path);
                }
                Some(parameter) => found.push(parameter),
                None => {
                    // What was wrong inside does not matter any more.
                    self.corrections.truncate(before);
                    self.note("dropped-parameter", path);
                }
            }
        }
        found
    }

    fn parameter(&mut self, fields: &Fields<'_>, key: Option<&str>) -> Option<Parameter> {
        let given = fields.text("name").or(key)?;
        let name = identifier(given)?;
        if name != given {
            fields.convert();
        }
        let raw = fields.text("label");
        let label = clean(raw.unwrap_or_default(), limits::LABEL, false);
        if label.is_empty() {
            self.note("missing", fields.at("label"));
        } else if raw != Some(label.as_str()) {
            fields.convert();
        }
        let label = if label.is_empty() { name.replace('_', " ") } else { label };
        let word = fields.text("type")?;
        let kind = word.trim().to_ascii_lowercase();
        if !["number", "color", "text", "choice", "switch"].contains(&word) {
            fields.convert();
        }
        let value = match kind.as_str() {
            "number" | "slider" | "integer" | "float" | "range" => self.number_parameter(fields)?,
            "color" | "colour" => {
                let (default, plain) = self::values::color(fields.text("default")?)?;
                if !plain {
                    fields.convert();
                }
                Value::Color { default }
            }
            "text" | "string" => {
                let raw = fields.text("default")?;
                let default = drawable(&clean(raw, limits::TEXT, true));
                self.cut(raw, &default, fields.at("default"));
                Value::Text { default }
            }
            "choice" | "select" | "enum" | "dropdown" => self.choice_parameter(fields)?,
            "switch" | "boolean" | "bool" | "toggle" | "checkbox" => {
                let default = fields.get("default");
                if !matches!(default, Some(Json::Bool(_))) {
                    fields.convert();
                }
                let off = |json: &Json| matches!(json.as_str().map(str::trim), Some("false" | "off" | "no" | "0")) || *json == 0;
                Value::Switch { default: default.is_none_or(|value| value != &Json::Bool(false) && !off(value)) }
            }
            _ => return None,
        };
        self.done(fields);
        Some(Parameter { value, name, label })
    }

    fn number_parameter(&mut self, fields: &Fields<'_>) -> Option<Value> {
        let limit = |n: f64| n.clamp(-limits::COORDINATE, limits::COORDINATE);
        let given = limit(self.given(fields, "default")?);
        let [min, max] = ["min", "max"].map(|key| self.given(fields, key).map(limit));
        let min = min.unwrap_or_else(|| (given * 0.5).min(given * 1.5));
        let max = max.unwrap_or_else(|| (given * 0.5).max(given * 1.5).max(min + 1.0));
        let (low, high) = (round(min.min(max)), round(max.max(min)));
        if min > max {
            self.numbers("out-of-range", fields.at("min"), &[min, low]);
        }
        let step = self.given(fields, "step").filter(|step| *step > 0.0);
        let finest = round(((high - low) / 100.0).max(0.01));
        let step = round(step.unwrap_or(finest).clamp(0.01, (high - low).max(0.01)));
        let value = round(given.clamp(low, high));
        if (value - given).abs() > 0.005 {
            self.numbers("out-of-range", fields.at("default"), &[given, value]);
        }
        Some(Value::Number { default: value, min: low, max: high, step })
    }

    fn choice_parameter(&mut self, fields: &Fields<'_>) -> Option<Value> {
        let given = fields.get("options").or_else(|| fields.get("values"))?.as_array()?;
        let mut options: Vec<String> = Vec::new();
        for option in given {
            let text = option.as_str().or_else(|| option.as_object()?.get("value")?.as_str());
            let text = text.map(|text| clean(text, limits::LABEL, false)).filter(|text| !text.is_empty());
            match text {
                Some(text) if !options.contains(&text) && options.len() < limits::OPTIONS => options.push(text),
                _ => fields.convert(),
            }
        }
        if options.len() < 2 {
            return None;
        }
        let default = fields.text("default").map(|text| clean(text, limits::LABEL, false));
        let default = default.filter(|text| options.contains(text)).or_else(|| {
            self.note("unknown-value", fields.at("default"));
            options.first().cloned()
        })?;
        Some(Value::Choice { default, options })
    }

    fn layers(&mut self, json: Option<&Json>, path: &str, depth: usize) -> Vec<Layer> {
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
        let pair = |x: &Json, y: &Json| Some([self::values::num(x, ACROSS)?.0, self::values::num(y, DOWN)?.0]);
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
            let side = |key: &str| fields.get(key).and_then(self::values::number).map(|(number, _)| number);
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
        let mut view = fields.get("view").and_then(self::values::number).map_or(100.0, |(view, _)| view);
        let frame = if boxed {
            self.frame(fields)?
        } else {
            // In the canvas's own coordinates, as in an SVG: its box is where it is drawn.
            self.note("converted", fields.at("d"));
            let moved = ["x", "y"].map(|key| fields.get(key).and_then(self::values::number).map_or(0.0, |(n, _)| n));
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

    fn text(&mut self, fields: &Fields<'_>) -> Option<Text> {
        let json = fields.get("text").or_else(|| fields.get("value"));
        let raw = match json {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Number(number)) => {
                fields.convert();
                number.to_string()
            }
            // Lines as a list.
            Some(Json::Array(lines)) => {
                fields.convert();
                lines.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("\n")
            }
            _ => String::new(),
        };
        // A template with two braces is one with one.
        let single = raw.replace("{{", "{").replace("}}", "}").replace("${", "{").replace("\\n", "\n");
        let single = self.references(&single);
        let text = drawable(&clean(&single, limits::TEXT, true));
        if text.is_empty() {
            self.note(if json.is_some() { "empty-layer" } else { "missing" }, fields.at("text"));
            return None;
        }
        self.cut(&raw, &text, fields.at("text"));
        let font = fields.text("font").and_then(family);
        let font = match (font, fields.has("font")) {
            (Some((font, plain)), _) => {
                if !plain {
                    fields.convert();
                }
                font
            }
            (None, given) => {
                self.note(if given { "unknown-value" } else { "missing" }, fields.at("font"));
                Font::Sans
            }
        };
        let size = self.num_of(fields, "size", DOWN).unwrap_or_else(|| {
            self.note("missing", fields.at("size"));
            Num::Expression("canvas.width * 0.04".to_owned())
        });
        let fill = fields.get("fill").or_else(|| fields.get("color"));
        if fill.is_none() {
            self.note("missing", fields.at("fill"));
        }
        Some(Text {
            text,
            frame: self.text_frame(fields),
            font,
            weight: self.weight(fields),
            size,
            fill: self.paint(fill, &fields.at("fill"), fields),
            align: self.word(fields, "align", align, Align::Left, true),
            vertical: self.word(fields, "vertical", vertical, Vertical::Top, false),
            leading: self.num(fields, "leading", 1.2, ONE),
            tracking: self.num(fields, "tracking", 0.0, ONE),
            uppercase: self.flag(fields, "uppercase") || transform(fields),
            italic: self.flag(fields, "italic") || style(fields),
            stroke: self.stroke(fields),
            shadow: self.shadow(fields),
        })
    }

    /// A text whose `{Some Name}` and `{parameters.some_name}` are those of parameters; one that is but the name of a text parameter
    /// stands for it.
    fn references(&self, text: &str) -> String {
        if self.names.iter().any(|(name, is_text)| *is_text && name == text.trim()) {
            return format!("{{{}}}", text.trim());
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            filled.push('{');
            rest = after;
            let Some((inside, after)) = after.split_once('}') else { continue };
            let name = inside.rsplit('.').next().and_then(identifier);
            if let Some(name) = name.filter(|name| self.names.iter().any(|(known, _)| known == name)) {
                filled.push_str(&name);
                filled.push('}');
                rest = after;
            }
        }
        filled.push_str(rest);
        filled
    }

    /// Notes a text that was cleaned or cut.
    fn cut(&mut self, raw: &str, text: &str, path: String) {
        if raw == text {
            return;
        }
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        if count(raw) > count(text) && count(text) >= u32::try_from(limits::TEXT).unwrap_or(u32::MAX) {
            self.numbers("shortened", path, &[f64::from(count(raw)), f64::from(count(text))]);
        } else {
            self.note("cleaned", path);
        }
    }

    fn weight(&mut self, fields: &Fields<'_>) -> Weight {
        if let Some((number, _)) = fields.get("weight").and_then(self::values::number) {
            fields.convert();
            return if number < 550.0 {
                Weight::Regular
            } else if number < 750.0 {
                Weight::Bold
            } else {
                Weight::Black
            };
        }
        let named = |word: &str| {
            Weight::from_word(word).or(match word.to_ascii_lowercase().as_str() {
                "normal" | "light" | "medium" | "thin" | "book" => Some(Weight::Regular),
                "semibold" | "semi-bold" | "demibold" | "strong" => Some(Weight::Bold),
                "heavy" | "extrabold" | "extra-bold" | "ultra" => Some(Weight::Black),
                _ => None,
            })
        };
        self.word(fields, "weight", named, Weight::Regular, true)
    }

    fn flag(&mut self, fields: &Fields<'_>, key: &str) -> bool {
        match fields.get(key) {
            None | Some(Json::Bool(false)) => false,
            Some(Json::Bool(true)) => true,
            Some(Json::String(text)) => {
                fields.convert();
                text.trim().eq_ignore_ascii_case("true")
            }
            Some(_) => {
                self.note("wrong-type", fields.at(key));
                false
            }
        }
    }

    fn word<T>(&mut self, fields: &Fields<'_>, key: &str, read: impl Fn(&str) -> Option<T>, default: T, needed: bool) -> T {
        match fields.get(key) {
            Some(Json::String(word)) => {
                let plain = word.trim();
                if word.chars().any(|c| !c.is_ascii_lowercase()) {
                    fields.convert();
                }
                read(plain).unwrap_or_else(|| {
                    self.note("unknown-value", fields.at(key));
                    default
                })
            }
            Some(_) => {
                self.note("wrong-type", fields.at(key));
                default
            }
            None => {
                if needed {
                    self.note("missing", fields.at(key));
                }
                default
            }
        }
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

    /// A text's box: what is missing is what the margins leave.
    fn text_frame(&mut self, fields: &Fields<'_>) -> Frame {
        let [x, y, width, height] = [("x", ACROSS), ("y", DOWN), ("width", ACROSS), ("height", DOWN)].map(|(key, whole)| {
            let found = self.num_of(fields, key, whole);
            if found.is_none() {
                self.note("missing", fields.at(key));
            }
            found
        });
        let rest = |side: &str, start: &Option<Num>| match start {
            Some(Num::Literal(at)) => format!("max({side} - canvas.margin - {}, {side} * 0.2)", crate::n(at.max(0.0))),
            _ => format!("{side} - 2 * canvas.margin"),
        };
        Frame {
            width: width.unwrap_or_else(|| Num::Expression(rest(ACROSS, &x))),
            height: height.unwrap_or_else(|| Num::Expression("canvas.height * 0.2".to_owned())),
            x: x.unwrap_or_else(|| Num::Expression("canvas.margin".to_owned())),
            y: y.unwrap_or_else(|| Num::Expression("canvas.margin".to_owned())),
        }
    }

    /// By its box, or by centre and radius, as SVG has it.
    fn ellipse(&mut self, fields: &Fields<'_>) -> Option<Frame> {
        let get = |key: &str| fields.get(key).and_then(self::values::number).map(|(number, _)| number);
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

    fn look(&mut self, fields: &Fields<'_>) -> Look {
        let json = fields.get("fill").or_else(|| fields.get("color"));
        let stroke = self.stroke(fields);
        if json.is_none() && stroke.is_none() {
            self.note("missing", fields.at("fill"));
        }
        Look { fill: self.paint(json, &fields.at("fill"), fields), stroke, shadow: self.shadow(fields) }
    }

    fn stroke(&mut self, fields: &Fields<'_>) -> Option<Stroke> {
        let json = fields.get("stroke");
        match json {
            Some(Json::Object(object)) => {
                let inner = Fields::new(object, &fields.at("stroke"));
                let color = self.color_of(&inner, "color")?;
                let width = self.num(&inner, "width", 2.0, ACROSS);
                let dash = self.word(&inner, "dash", Dash::from_word, Dash::Solid, false);
                self.done(&inner);
                Some(Stroke { color, width, dash })
            }
            // As SVG has it: a colour, and a width beside it.
            Some(Json::String(text)) => {
                fields.convert();
                if matches!(text.trim(), "none" | "transparent" | "") {
                    return None;
                }
                let (color, _) = self::values::color(text)?;
                Some(Stroke { color, width: self.num(fields, "strokewidth", 2.0, ACROSS), dash: Dash::Solid })
            }
            Some(Json::Bool(false)) => {
                fields.convert();
                None
            }
            Some(_) => {
                self.note("wrong-type", fields.at("stroke"));
                None
            }
            None => {
                let color = self.color_of(fields, "strokecolor")?;
                Some(Stroke { color, width: self.num(fields, "strokewidth", 2.0, ACROSS), dash: Dash::Solid })
            }
        }
    }

    fn shadow(&mut self, fields: &Fields<'_>) -> Option<Shadow> {
        let object = match fields.get("shadow")? {
            // One of no colour is none.
            Json::Object(object)
                if object.is_empty() || object.get("color").is_some_and(|color| color == "none" || color == "") =>
            {
                fields.convert();
                return None;
            }
            Json::Object(object) => object,
            json => {
                // `true` asks for some shadow; anything else for none.
                if json != &Json::Bool(true) {
                    self.note("wrong-type", fields.at("shadow"));
                    return None;
                }
                fields.convert();
                let [dy, blur] = [0.006, 0.012].map(|share| Num::Expression(format!("canvas.width * {share}")));
                let color = Color::Value(Rgb::BLACK);
                return Some(Shadow { color, dx: Num::ZERO, dy, blur, opacity: Num::Literal(0.35) });
            }
        };
        let inner = Fields::new(object, &fields.at("shadow"));
        let [dx, dy] = [("dx", "x", ACROSS), ("dy", "y", DOWN)].map(|(key, other, whole)| {
            if inner.has(other) && !inner.has(key) {
                inner.convert();
                return self.num(&inner, other, 0.0, whole);
            }
            self.num(&inner, key, 0.0, whole)
        });
        let color = if inner.has("color") { self.color_of(&inner, "color") } else { None };
        let shadow = Shadow {
            color: color.unwrap_or_else(|| {
                self.note("missing", inner.at("color"));
                Color::Value(Rgb::BLACK)
            }),
            dx,
            dy,
            blur: self.num(&inner, "blur", 0.0, ACROSS),
            opacity: self.num(&inner, "opacity", 0.35, ONE),
        };
        self.done(&inner);
        Some(shadow)
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

    fn color_of(&mut self, fields: &Fields<'_>, key: &str) -> Option<Color> {
        let json = fields.get(key)?;
        let found = json.as_str().and_then(self::values::color);
        let Some((color, plain)) = found else {
            self.note("wrong-type", fields.at(key));
            return None;
        };
        if !plain {
            fields.convert();
        }
        Some(color)
    }

    fn paint(&mut self, json: Option<&Json>, path: &str, fields: &Fields<'_>) -> Paint {
        match json {
            None => Paint::NONE,
            Some(Json::String(text)) if text == "none" => Paint::NONE,
            Some(Json::String(text)) if text == "transparent" || text.is_empty() => {
                fields.convert();
                Paint::NONE
            }
            Some(Json::String(text)) => {
                let Some((color, plain)) = self::values::color(text) else {
                    self.note("unknown-value", path.to_owned());
                    return Paint::NONE;
                };
                if !plain {
                    fields.convert();
                }
                Paint::Solid(color)
            }
            Some(Json::Object(object)) => {
                let inner = Fields::new(object, path);
                let painted = self.gradient(&inner).map(Paint::Gradient).or_else(|| {
                    // `{"type": "solid", "color": …}`.
                    let color = self.color_of(&inner, "color")?;
                    inner.convert();
                    Some(Paint::Solid(color))
                });
                self.done(&inner);
                painted.unwrap_or_else(|| {
                    self.note("wrong-type", path.to_owned());
                    Paint::NONE
                })
            }
            Some(_) => {
                self.note("wrong-type", path.to_owned());
                Paint::NONE
            }
        }
    }

    fn gradient(&mut self, fields: &Fields<'_>) -> Option<Gradient> {
        let items = fields.get("stops").or_else(|| fields.get("palette"))?.as_array()?;
        let key = if fields.has("gradient") { "gradient" } else { "type" };
        let word = |word: &str| GradientKind::from_word(word.trim_end_matches("-gradient").trim_end_matches("gradient"));
        let gradient = self.word(fields, key, word, GradientKind::Linear, true);
        let even = 1.0 / f64::from(u32::try_from(items.len().max(2) - 1).unwrap_or(1));
        let mut stops: Vec<Stop> = Vec::new();
        for (index, item) in items.iter().take(limits::STOPS).enumerate() {
            let usual = f64::from(u32::try_from(index).unwrap_or(0)) * even;
            match item {
                Json::Object(object) => {
                    let inner = Fields::new(object, &format!("{}/stops/{index}", fields.path));
                    let Some(color) = self.color_of(&inner, "color") else { continue };
                    let at = self.share(&inner, "at", usual);
                    let opacity = self.share(&inner, "opacity", 1.0);
                    self.done(&inner);
                    stops.push(Stop { at, color, opacity });
                }
                // Colours alone are spread evenly.
                Json::String(text) => {
                    fields.convert();
                    let Some((color, _)) = self::values::color(text) else { continue };
                    stops.push(Stop { at: round(usual), color, opacity: 1.0 });
                }
                _ => {}
            }
        }
        if stops.len() < 2 {
            return None;
        }
        if items.len() != stops.len() {
            let [before, after] = [items.len(), stops.len()].map(|n| f64::from(u32::try_from(n).unwrap_or(u32::MAX)));
            self.numbers("out-of-range", fields.at("stops"), &[before, after]);
        }
        if stops.windows(2).any(|pair| pair[0].at > pair[1].at) {
            stops.sort_by(|a, b| a.at.total_cmp(&b.at));
            fields.convert();
        }
        Some(Gradient { gradient, angle: self.num(fields, "angle", 90.0, ONE), stops })
    }

    /// A plain number from 0 to 1; percentages too.
    fn share(&mut self, fields: &Fields<'_>, key: &str, usual: f64) -> f64 {
        let Some(json) = fields.get(key) else {
            if key == "at" {
                self.note("missing", fields.at(key));
            }
            return round(usual);
        };
        let found = self::values::num(json, ONE).and_then(|(num, plain)| match num {
            Num::Literal(value) => Some((value, plain)),
            Num::Expression(_) => None,
        });
        let Some((given, plain)) = found else {
            self.note("wrong-type", fields.at(key));
            return round(usual);
        };
        if !plain {
            fields.convert();
        }
        // 50 means 50 %.
        let value = if given > 1.0 { (given / 100.0).min(1.0) } else { given.max(0.0) };
        if (value - given).abs() > 0.005 {
            self.numbers("out-of-range", fields.at(key), &[given, value]);
        }
        round(value)
    }

    /// A number or expression; nothing where it is absent or neither.
    fn num_of(&mut self, fields: &Fields<'_>, key: &str, whole: &str) -> Option<Num> {
        let json = fields.get(key)?;
        let found = self::values::num(json, whole);
        let Some((num, plain)) = found else {
            let code = if json.is_string() { "invalid-expression" } else { "wrong-type" };
            self.note(code, fields.at(key));
            return None;
        };
        if !plain {
            fields.convert();
        }
        Some(num)
    }

    fn num(&mut self, fields: &Fields<'_>, key: &str, default: f64, whole: &str) -> Num {
        self.num_of(fields, key, whole).unwrap_or(Num::Literal(default))
    }
}

/// A line's ends, of a list of two points too.
fn line_ends(fields: &Fields<'_>) -> Option<[Num; 4]> {
    let points = fields.get("points")?.as_array()?;
    let [Json::Array(from), Json::Array(to)] = points.as_slice() else { return None };
    let at = |point: &[Json], axis: usize, whole: &str| Some(self::values::num(point.get(axis)?, whole)?.0);
    fields.convert();
    Some([at(from, 0, ACROSS)?, at(from, 1, DOWN)?, at(to, 0, ACROSS)?, at(to, 1, DOWN)?])
}

/// A text without what no font has: all bundled ones have the same letters.
fn drawable(text: &str) -> String {
    let covered = fonts::covered(fonts::index(Font::Sans, Weight::Regular, false), text);
    covered.trim().to_owned()
}

/// A family, and whether it was named as here.
fn family(word: &str) -> Option<(Font, bool)> {
    if let Some(font) = Font::from_word(word.trim()) {
        return Some((font, word.chars().all(|c| c.is_ascii_lowercase())));
    }
    let word = word.to_ascii_lowercase();
    let is = |names: &[&str]| names.iter().any(|name| word.contains(name));
    if is(&["oswald", "condensed", "bebas", "anton", "impact", "league", "narrow"]) {
        Some((Font::Condensed, false))
    } else if is(&["sans", "inter", "arial", "helvetica", "roboto", "montserrat", "open", "lato", "poppins", "verdana", "futura"])
    {
        Some((Font::Sans, false))
    } else if is(&["serif", "playfair", "georgia", "times", "garamond", "merriweather", "didot", "bodoni", "baskerville", "lora"])
    {
        Some((Font::Serif, false))
    } else {
        None
    }
}

fn align(word: &str) -> Option<Align> {
    Align::from_word(word).or(match word.to_ascii_lowercase().as_str() {
        "start" | "justify" => Some(Align::Left),
        "middle" | "centre" | "centered" => Some(Align::Center),
        "end" => Some(Align::Right),
        _ => None,
    })
}

fn vertical(word: &str) -> Option<Vertical> {
    Vertical::from_word(word).or(match word.to_ascii_lowercase().as_str() {
        "center" | "centre" => Some(Vertical::Middle),
        "start" => Some(Vertical::Top),
        "end" => Some(Vertical::Bottom),
        _ => None,
    })
}

/// CSS's `text-transform: uppercase`.
fn transform(fields: &Fields<'_>) -> bool {
    let on = fields.text("texttransform").is_some_and(|word| word.eq_ignore_ascii_case("uppercase"));
    if on {
        fields.convert();
    }
    on
}

/// CSS's `font-style: italic`.
fn style(fields: &Fields<'_>) -> bool {
    let on = fields.text("fontstyle").or_else(|| fields.text("style")).is_some_and(|word| word.eq_ignore_ascii_case("italic"));
    if on {
        fields.convert();
    }
    on
}
