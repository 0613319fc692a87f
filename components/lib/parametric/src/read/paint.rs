//! Colours, gradients, outlines and shadows.

use serde_json::Value as Json;

use super::{ACROSS, DOWN, ONE, Reader, fields::Fields, values};
use crate::{
    colour::Rgb,
    decimal::round,
    format::{Color, Dash, Gradient, GradientKind, Look, Num, Paint, Shadow, Stop, Stroke},
    limits,
};

impl Reader {
    pub(super) fn look(&mut self, fields: &Fields<'_>) -> Look {
        let json = fields.get("fill").or_else(|| fields.get("color"));
        let stroke = self.stroke(fields);
        if json.is_none() && stroke.is_none() {
            self.note("missing", fields.at("fill"));
        }
        Look { fill: self.paint(json, &fields.at("fill"), fields), stroke, shadow: self.shadow(fields) }
    }

    pub(super) fn stroke(&mut self, fields: &Fields<'_>) -> Option<Stroke> {
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
                let (color, _) = values::color(text)?;
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

    pub(super) fn shadow(&mut self, fields: &Fields<'_>) -> Option<Shadow> {
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

    pub(super) fn color_of(&mut self, fields: &Fields<'_>, key: &str) -> Option<Color> {
        let json = fields.get(key)?;
        let found = json.as_str().and_then(values::color);
        let Some((color, plain)) = found else {
            self.note("wrong-type", fields.at(key));
            return None;
        };
        if !plain {
            fields.convert();
        }
        Some(color)
    }

    pub(super) fn paint(&mut self, json: Option<&Json>, path: &str, fields: &Fields<'_>) -> Paint {
        match json {
            None => Paint::NONE,
            Some(Json::String(text)) if text == "none" => Paint::NONE,
            Some(Json::String(text)) if text == "transparent" || text.is_empty() => {
                fields.convert();
                Paint::NONE
            }
            Some(Json::String(text)) => {
                let Some((color, plain)) = values::color(text) else {
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
                    let Some((color, _)) = values::color(text) else { continue };
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
        let found = values::num(json, ONE).and_then(|(num, plain)| match num {
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
}
