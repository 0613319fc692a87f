//! What the owner of a visual can change.

use serde_json::Value as Json;

use super::{Reader, fields::Fields, text::drawable, values};
use crate::{
    decimal::round,
    format::{Parameter, Value},
    limits,
    string::{clean, identifier},
};

impl Reader {
    pub(super) fn parameters(&mut self, json: Option<&Json>) -> Vec<Parameter> {
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
                let (default, plain) = values::color(fields.text("default")?)?;
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
}
