//! What the server makes of a JSON schema: llama.cpp turns it into a grammar, and an answer is a text of that grammar's language. For
//! tests and stand-ins; a component only sends schemas.
//!
//! Of its rules, those that a schema can be wrong by: repetitions are bounded, and fields come in one order. White space is not
//! looked at.

use regex::Regex;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A repetition that llama.cpp refuses (`MAX_REPETITION_THRESHOLD`), nested ones multiplied.
const TOO_MANY: u64 = 2_000;
/// What of JSON Schema llama.cpp reads as it is meant, but for bounds of numbers, which count for integers only.
const WORDS: [&str; 18] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
];
/// Words that say nothing about an answer.
const REMARKS: [&str; 4] = ["$schema", "$id", "description", "title"];

/// Why a schema makes no grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no JSON object.
    #[error("invalid JSON schema in format")]
    Invalid,
    /// A repetition is too long.
    #[error("number of repetitions exceeds sane defaults, please reduce the number of repetitions")]
    Repetitions(u64),
    /// It means something that the grammar would not say.
    #[error("the word {0} is not understood")]
    Word(String),
}

/// JSON with the order of its fields.
#[derive(Clone, Debug, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// A schema that makes a grammar.
#[derive(Clone, Debug)]
pub struct Grammar(Json);

impl Grammar {
    /// Reads a schema.
    ///
    /// # Errors
    /// [`Refused`] says why there is no grammar.
    pub fn of(schema: &str) -> Result<Self, Refused> {
        let schema: Json = serde_json::from_str(schema).map_err(|_| Refused::Invalid)?;
        if !matches!(schema, Json::Object(_)) {
            return Err(Refused::Invalid);
        }
        understood(&schema)?;
        repetitions(&schema)?;
        Ok(Self(schema))
    }

    /// Whether a text is one of the grammar's language.
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        serde_json::from_str(text).is_ok_and(|json| self.fits(&self.0, &json))
    }

    /// Whether a text is one that the definition of this name would take.
    #[must_use]
    pub fn accepts_as(&self, definition: &str, text: &str) -> bool {
        let schema = self.0.get("$defs").and_then(|definitions| definitions.get(definition));
        schema.is_some_and(|schema| serde_json::from_str(text).is_ok_and(|json| self.fits(schema, &json)))
    }

    fn fits(&self, schema: &Json, json: &Json) -> bool {
        if let Some(name) = schema.text("$ref") {
            let name = name.strip_prefix("#/$defs/").unwrap_or_default();
            return self.0.get("$defs").and_then(|all| all.get(name)).is_some_and(|schema| self.fits(schema, json));
        }
        if let Some(branches) = schema.list("anyOf").or_else(|| schema.list("oneOf")) {
            return branches.iter().any(|branch| self.fits(branch, json));
        }
        if let Some(value) = schema.get("const") {
            return value == json;
        }
        if let Some(values) = schema.list("enum") {
            return values.contains(json);
        }
        match (schema.text("type"), json) {
            (Some("object"), Json::Object(fields)) => self.fields_fit(schema, fields),
            (Some("array"), Json::List(items)) => {
                within(schema, "minItems", "maxItems", items.len())
                    && items.iter().all(|item| schema.get("items").is_none_or(|schema| self.fits(schema, item)))
            }
            (Some("string"), Json::Text(text)) => match schema.text("pattern") {
                Some(pattern) => Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text)),
                None => within(schema, "minLength", "maxLength", text.chars().count()),
            },
            (Some("integer"), Json::Number(number)) => {
                number.fract() == 0.0
                    && schema.number("minimum").is_none_or(|least| least <= *number)
                    && schema.number("maximum").is_none_or(|most| most >= *number)
            }
            (Some("number"), Json::Number(_)) | (Some("boolean"), Json::Bool(_)) | (Some("null"), Json::Null) | (None, _) => true,
            _ => false,
        }
    }

    /// The required fields, all of them, and then any of the others, each group in the schema's order.
    fn fields_fit(&self, schema: &Json, fields: &[(String, Json)]) -> bool {
        let Some(Json::Object(known)) = schema.get("properties") else { return fields.is_empty() };
        let names = schema.list("required").unwrap_or_default();
        let is_required = |name: &str| names.iter().any(|required| *required == Json::Text(name.to_owned()));
        let (required, optional): (Vec<_>, Vec<_>) = known.iter().partition(|(name, _)| is_required(name));
        let mut fields = fields.iter();
        let written = required
            .iter()
            .all(|(name, schema)| fields.next().is_some_and(|(field, value)| field == name && self.fits(schema, value)));
        let mut optional = optional.iter();
        written && fields.all(|(field, value)| optional.any(|(name, schema)| name == field && self.fits(schema, value)))
    }
}

fn within(schema: &Json, least: &str, most: &str, count: usize) -> bool {
    let bound = |word: &str| schema.whole(word).and_then(|bound| usize::try_from(bound).ok());
    bound(least).is_none_or(|least| least <= count) && bound(most).is_none_or(|most| most >= count)
}

/// The subschemas of a schema.
fn parts(schema: &Json) -> impl Iterator<Item = &Json> {
    let Json::Object(words) = schema else { return Vec::new().into_iter() };
    let parts = words.iter().flat_map(|(word, value)| match (word.as_str(), value) {
        ("properties" | "$defs", Json::Object(fields)) => fields.iter().map(|(_, schema)| schema).collect(),
        ("items", schema) => vec![schema],
        ("anyOf" | "oneOf", Json::List(branches)) => branches.iter().collect(),
        _ => Vec::new(),
    });
    parts.collect::<Vec<_>>().into_iter()
}

fn understood(schema: &Json) -> Result<(), Refused> {
    let Json::Object(words) = schema else { return Ok(()) };
    match words.iter().find(|(word, _)| !WORDS.contains(&word.as_str()) && !REMARKS.contains(&word.as_str())) {
        Some((word, _)) => Err(Refused::Word(word.clone())),
        None => parts(schema).try_for_each(understood),
    }
}

/// The longest repetition of a schema, nested ones multiplied, up to the next reference.
fn repetitions(schema: &Json) -> Result<u64, Refused> {
    let bound = ["maxItems", "minItems", "maxLength", "minLength"].into_iter().filter_map(|word| schema.whole(word)).max();
    let own = bound.unwrap_or(1).max(schema.text("pattern").map_or(1, in_pattern)).max(1);
    let inner = parts(schema).map(repetitions).try_fold(1, |most, inner| inner.map(|inner| inner.max(most)))?;
    let all = own.saturating_mul(inner);
    if all >= TOO_MANY { Err(Refused::Repetitions(all)) } else { Ok(all) }
}

/// All bounds of a pattern multiplied.
fn in_pattern(pattern: &str) -> u64 {
    let bounds = pattern.split('{').skip(1).filter_map(|rest| {
        let (bounds, _) = rest.split_once('}')?;
        bounds.split(',').filter_map(|bound| bound.trim().parse().ok()).max()
    });
    bounds.fold(1, |product: u64, bound: u64| product.saturating_mul(bound.max(1)))
}

impl Json {
    fn get(&self, word: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(name, _)| name == word).map(|(_, value)| value)
    }

    fn text(&self, word: &str) -> Option<&str> {
        if let Some(Self::Text(text)) = self.get(word) { Some(text) } else { None }
    }

    fn list(&self, word: &str) -> Option<&[Self]> {
        if let Some(Self::List(items)) = self.get(word) { Some(items) } else { None }
    }

    fn number(&self, word: &str) -> Option<f64> {
        if let Some(Self::Number(number)) = self.get(word) { Some(*number) } else { None }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked, and a bound is small")]
    fn whole(&self, word: &str) -> Option<u64> {
        self.number(word).filter(|number| *number >= 0.0 && *number < 1e15).map(|number| number as u64)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Json;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Json, E> {
                i32::try_from(value).map(|value| Json::Number(value.into())).map_err(|_| E::custom("a number too large"))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Json, E> {
                u32::try_from(value).map(|value| Json::Number(value.into())).map_err(|_| E::custom("a number too large"))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Number(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Json::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
                let mut object: Vec<(String, Json)> = Vec::new();
                while let Some((name, value)) = fields.next_entry::<String, Json>()? {
                    if object.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom("a field twice"));
                    }
                    object.push((name, value));
                }
                Ok(Json::Object(object))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{"type": "object", "additionalProperties": false,
        "properties": {"late": {"type": "number", "maximum": 3}, "kind": {"const": "a"}, "side": {"type": "integer", "minimum": 2},
            "names": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "#/$defs/Name"}}, "last": {"type": "boolean"}},
        "required": ["kind", "names", "side"],
        "$defs": {"Name": {"anyOf": [{"type": "string", "pattern": "^[a-z]{1,4}$"}, {"type": "string", "maxLength": 2}]}}}"##;

    #[test]
    fn required_fields_come_first_and_all_in_their_order() {
        let grammar = Grammar::of(SCHEMA).expect("a grammar");
        for text in [
            r#"{"kind": "a", "side": 2, "names": ["ab"]}"#,
            r#"{"kind": "a", "side": 2, "names": ["abcd", "A!"], "late": 9.5, "last": true}"#,
            r#"{"kind": "a", "side": 2, "names": ["ab"], "last": false}"#,
        ] {
            assert!(grammar.accepts(text), "{text}");
        }
        for text in [
            r#"{"late": 1, "kind": "a", "side": 2, "names": ["ab"]}"#,
            r#"{"kind": "a", "names": ["ab"], "side": 2}"#,
            r#"{"kind": "a", "side": 2}"#,
            r#"{"kind": "a", "side": 1, "names": ["ab"]}"#,
            r#"{"kind": "a", "side": 2, "names": []}"#,
            r#"{"kind": "a", "side": 2, "names": ["ABC"]}"#,
            r#"{"kind": "a", "side": 2, "names": ["ab"], "last": true, "late": 1}"#,
            r#"{"kind": "a", "side": 2, "names": ["ab"], "more": 1}"#,
            "[]",
            "{",
        ] {
            assert!(!grammar.accepts(text), "{text}");
        }
        assert!(grammar.accepts_as("Name", "\"ab\"") && !grammar.accepts_as("Name", "7") && !grammar.accepts_as("None", "7"));
    }

    #[test]
    fn repetitions_are_bounded_alone_and_multiplied() {
        let strings = |most: u64| format!(r#"{{"type": "string", "maxLength": {most}}}"#);
        let lists = |most: u64, of: &str| format!(r#"{{"type": "array", "maxItems": {most}, "items": {of}}}"#);
        assert!(Grammar::of(&strings(1_999)).is_ok());
        assert_eq!(Grammar::of(&strings(2_000)).err(), Some(Refused::Repetitions(2_000)));
        assert!(Grammar::of(&lists(50, &strings(39))).is_ok());
        assert_eq!(Grammar::of(&lists(50, &strings(40))).err(), Some(Refused::Repetitions(2_000)));
        assert!(Grammar::of(r#"{"type": "string", "pattern": "^([a-z]{1,50}){2,40}$"}"#).is_err());
        assert_eq!(Grammar::of(r#"{"allOf": []}"#).err(), Some(Refused::Word("allOf".to_owned())));
        assert_eq!(Grammar::of("[]").err(), Some(Refused::Invalid));
    }
}
