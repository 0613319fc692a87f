//! A file's values at one moment: parameters, colours, conditions, and numbers computed from them.

use std::collections::BTreeMap;

use crate::{
    colour::Rgb,
    decimal, expression,
    format::{Color, File, Num, Parameter, Value},
    limits,
    string::{clean, identifier},
};

/// What names stand for.
pub(crate) struct Env {
    numbers: BTreeMap<String, f64>,
    texts: BTreeMap<String, String>,
    colors: BTreeMap<String, Rgb>,
    switches: BTreeMap<String, bool>,
}

/// What says which copy of a repeat it is.
const PLACES: [&str; 3] = ["index", "row", "column"];

/// A value that does not fit its parameter, by a fixed sentence.
pub(crate) type Misfit = &'static str;

impl Env {
    /// The defaults.
    pub(crate) fn of(file: &File) -> Self {
        let mut env =
            Self { numbers: BTreeMap::new(), texts: BTreeMap::new(), colors: BTreeMap::new(), switches: BTreeMap::new() };
        for swatch in &file.palette {
            env.colors.insert(swatch.name.clone(), swatch.color);
        }
        for (name, value) in [
            ("canvas.width", file.canvas.width),
            ("canvas.height", file.canvas.height),
            ("canvas.margin", file.canvas.margin),
            ("width", file.canvas.width),
            ("height", file.canvas.height),
            ("margin", file.canvas.margin),
        ] {
            env.numbers.insert(name.to_owned(), value);
        }
        for parameter in &file.parameters {
            let name = parameter.name.clone();
            match &parameter.value {
                Value::Number { default, .. } => {
                    env.numbers.insert(name, *default);
                }
                Value::Color { default } => {
                    let rgb = env.color(default).unwrap_or(Rgb::BLACK);
                    env.colors.insert(name, rgb);
                }
                Value::Text { default } | Value::Choice { default, .. } => {
                    env.texts.insert(name, default.clone());
                }
                Value::Switch { default } => {
                    env.numbers.insert(name.clone(), f64::from(u8::from(*default)));
                    env.switches.insert(name, *default);
                }
            }
        }
        env
    }

    /// Sets a parameter from its text.
    pub(crate) fn set(&mut self, parameter: &Parameter, text: &str, allow_text: bool) -> Result<(), Misfit> {
        let name = parameter.name.clone();
        match &parameter.value {
            Value::Number { min, max, .. } => {
                let number = text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).ok_or("must be a number")?;
                if number < *min || number > *max {
                    return Err("must be within the parameter's range");
                }
                self.numbers.insert(name, number);
            }
            Value::Color { .. } => {
                let known = identifier(text).and_then(|word| self.colors.get(&word).copied());
                let rgb = Rgb::parse(text)
                    .filter(|_| text.trim().starts_with('#'))
                    .or(known)
                    .ok_or("must be #rrggbb or a palette colour")?;
                self.colors.insert(name, rgb);
            }
            Value::Text { .. } => {
                if !allow_text {
                    return Err("is a text: set it in the body of POST …/visual, not in a URL");
                }
                if text.chars().count() > limits::TEXT {
                    return Err("must have at most 2000 characters");
                }
                self.texts.insert(name, clean(text, limits::TEXT, true));
            }
            Value::Choice { options, .. } => {
                if !options.iter().any(|option| option == text) {
                    return Err("must be one of the parameter's options");
                }
                self.texts.insert(name, text.to_owned());
            }
            Value::Switch { .. } => {
                let on = match text {
                    "true" | "on" | "1" => true,
                    "false" | "off" | "0" => false,
                    _ => return Err("must be true or false"),
                };
                self.numbers.insert(name.clone(), f64::from(u8::from(on)));
                self.switches.insert(name, on);
            }
        }
        Ok(())
    }

    /// For the copies of a repeat: sets `index`, `row`, `column`, and returns what they were.
    pub(crate) fn place(&mut self, index: f64, row: f64, column: f64) -> [Option<f64>; 3] {
        let mut values = [index, row, column].into_iter();
        PLACES.map(|name| self.numbers.insert(name.to_owned(), values.next().unwrap_or(0.0)))
    }

    /// Gives them back what they were.
    pub(crate) fn restore(&mut self, before: [Option<f64>; 3]) {
        for (name, value) in PLACES.iter().zip(before) {
            match value {
                Some(value) => self.numbers.insert((*name).to_owned(), value),
                None => self.numbers.remove(*name),
            };
        }
    }

    /// Whether a text is an expression over names that exist.
    pub(crate) fn knows(&self, text: &str) -> bool {
        let value = |name: &str| {
            let here = self.numbers.get(name).copied();
            here.or_else(|| PLACES.contains(&name).then_some(0.0))
        };
        expression::evaluate(text, &value).is_ok()
    }

    pub(crate) fn num(&self, num: &Num) -> f64 {
        let value = match num {
            Num::Literal(value) => *value,
            Num::Expression(text) => {
                expression::evaluate(text, &|name| self.numbers.get(name).copied().or(Some(0.0))).unwrap_or(0.0)
            }
        };
        value.clamp(-limits::COORDINATE, limits::COORDINATE)
    }

    pub(crate) fn color(&self, color: &Color) -> Option<Rgb> {
        match color {
            Color::Value(rgb) => Some(*rgb),
            Color::Named(name) => self.colors.get(name).copied(),
        }
    }

    pub(crate) fn has_color(&self, name: &str) -> bool {
        self.colors.contains_key(name)
    }

    pub(crate) fn palette(&self) -> impl Iterator<Item = (&String, &Rgb)> {
        self.colors.iter()
    }

    pub(crate) fn shown(&self, when: Option<&str>) -> bool {
        let Some(text) = when else { return true };
        let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let holds = if let Some((name, value)) = text.split_once("!=") {
            self.text_is(name, value) == Some(false)
        } else if let Some((name, value)) = text.split_once("==") {
            self.text_is(name, value) == Some(true)
        } else {
            self.switches.get(text.trim()).copied().unwrap_or(true)
        };
        holds != negated
    }

    /// Whether a condition names parameters that exist.
    pub(crate) fn knows_condition(&self, when: &str) -> bool {
        let text = when.trim_start_matches('!');
        let name = text.split("!=").next().and_then(|part| part.split("==").next()).unwrap_or_default().trim();
        if text.contains("==") || text.contains("!=") { self.texts.contains_key(name) } else { self.switches.contains_key(name) }
    }

    fn text_is(&self, name: &str, value: &str) -> Option<bool> {
        let value = value.trim().trim_matches(['"', '\'']);
        self.texts.get(name.trim()).map(|text| text == value)
    }

    /// A text with its `{name}` filled in. A brace without a known name stays as it is.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            filled.push_str(before);
            let close = after.find('}');
            let name = close.and_then(|close| after.get(1..close)).unwrap_or_default().trim();
            let value = self.texts.get(name).cloned().or_else(|| self.numbers.get(name).map(|n| decimal::n(*n)));
            if let (Some(value), Some(close)) = (value, close) {
                filled.push_str(&value);
                rest = after.get(close + 1..).unwrap_or_default();
            } else {
                filled.push('{');
                rest = after.get(1..).unwrap_or_default();
            }
        }
        filled.push_str(rest);
        filled.chars().take(limits::TEXT).collect()
    }
}
