//! Text layers: their words, fonts and boxes.

use serde_json::Value as Json;

use super::{ACROSS, DOWN, ONE, Reader, fields::Fields, values};
use crate::{
    decimal,
    format::{Align, Font, Frame, Num, Text, Vertical, Weight},
    limits,
    string::{clean, identifier},
    text::fonts,
};

impl Reader {
    pub(super) fn text(&mut self, fields: &Fields<'_>) -> Option<Text> {
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
    pub(super) fn cut(&mut self, raw: &str, text: &str, path: String) {
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
        if let Some((number, _)) = fields.get("weight").and_then(values::number) {
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
            Some(Num::Literal(at)) => format!("max({side} - canvas.margin - {}, {side} * 0.2)", decimal::n(at.max(0.0))),
            _ => format!("{side} - 2 * canvas.margin"),
        };
        Frame {
            width: width.unwrap_or_else(|| Num::Expression(rest(ACROSS, &x))),
            height: height.unwrap_or_else(|| Num::Expression("canvas.height * 0.2".to_owned())),
            x: x.unwrap_or_else(|| Num::Expression("canvas.margin".to_owned())),
            y: y.unwrap_or_else(|| Num::Expression("canvas.margin".to_owned())),
        }
    }
}

/// A text without what no font has: all bundled ones have the same letters.
pub(super) fn drawable(text: &str) -> String {
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
