//! The canvas and the palette.

use serde_json::{Map, Value as Json};

use super::{Reader, fields::Fields};
use crate::{
    colour::Rgb,
    decimal::round,
    format::{Canvas, Color, Paint, Swatch, Unit},
    limits,
    string::identifier,
};

impl Reader {
    /// The canvas, and by how much its layers have to be scaled to fit it.
    pub(super) fn canvas(&mut self, file: &Fields<'_>, palette: &[Swatch]) -> (Canvas, f64) {
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

    pub(super) fn palette(&mut self, json: Option<&Json>) -> Vec<Swatch> {
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
}
