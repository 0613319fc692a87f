//! From any JSON object to a file: what is missing gets a default, what is unknown is dropped, what is of another type is
//! converted. Each such change is a correction whose path is made of schema words and positions only (promise a14).

mod canvas;
mod fields;
pub(crate) mod json;
mod layers;
mod paint;
mod parameters;
mod text;
mod values;

use serde_json::{Map, Value as Json};

use self::fields::Fields;
use crate::{
    Correction,
    decimal::round,
    format::{File, Kind, Layer, Num, Value},
    limits,
    string::clean,
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
            Some(version) => match values::number(version) {
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

    /// A number that may not be an expression; its absence is noted.
    fn given(&mut self, fields: &Fields<'_>, key: &str) -> Option<f64> {
        let json = fields.get(key);
        let found = json.and_then(values::number);
        let Some((number, plain)) = found else {
            self.note(if json.is_some() { "wrong-type" } else { "missing" }, fields.at(key));
            return None;
        };
        if !plain {
            fields.convert();
        }
        Some(number)
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

    /// A number or expression; nothing where it is absent or neither.
    fn num_of(&mut self, fields: &Fields<'_>, key: &str, whole: &str) -> Option<Num> {
        let json = fields.get(key)?;
        let found = values::num(json, whole);
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
