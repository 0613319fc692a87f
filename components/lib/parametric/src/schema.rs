//! The JSON Schema of the format, generated from its types and committed as `schema/parametric-1.json`, and the narrower one that a
//! model's answer is held to ([`model`]). Components embed those files; only this test carries the generator. After a change of the
//! types: `UPDATE_SCHEMA=1 cargo test -p parametric schema`.
//!
//! Every kind of layer is one flat object (no `allOf`, no fields beside a `oneOf`), and fields stand in the order in which they are
//! best decided.

mod model;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value as Json};

use crate::{
    colour::Rgb,
    format::{Color, File, Num, Paint},
    path::PathData,
};

/// The committed schemas: the file's, and the model's.
const COMMITTED: [(&str, &str); 2] = [
    ("parametric-1.json", include_str!("../schema/parametric-1.json")),
    ("model-1.json", include_str!("../schema/model-1.json")),
];
/// Fields in the order in which a model should decide them; others follow by name.
const ORDER: [&str; 54] = [
    "$schema",
    "$id",
    "title",
    "description",
    "type",
    "version",
    "canvas",
    "palette",
    "parameters",
    "layers",
    "name",
    "label",
    "text",
    "default",
    "min",
    "max",
    "step",
    "options",
    "shape",
    "pattern",
    "x",
    "y",
    "width",
    "height",
    "unit",
    "margin",
    "background",
    "x1",
    "y1",
    "x2",
    "y2",
    "points",
    "view",
    "d",
    "count",
    "rows",
    "dx",
    "dy",
    "scale",
    "font",
    "weight",
    "size",
    "radius",
    "fill",
    "color",
    "align",
    "gradient",
    "angle",
    "at",
    "stops",
    "stroke",
    "shadow",
    "dash",
    "blur",
];

pub(crate) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": 1 })
}

macro_rules! schema {
    ($($name:ident: $schema:tt)*) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                stringify!($name) != "Paint" && stringify!($name) != "Num"
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

schema! {
    Rgb: { "type": "string", "pattern": "^#[0-9a-f]{6}$" }
    Color: { "type": "string", "pattern": "^(#[0-9a-f]{6}|[a-z][a-z0-9_]{0,31})$" }
    Num: { "anyOf": [{ "type": "number" }, { "type": "string", "maxLength": 200, "description": "An expression such as canvas.width * 0.5 - canvas.margin" }] }
    PathData: { "type": "string", "maxLength": 8000 }
}

impl JsonSchema for Paint {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Paint".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let gradient = generator.subschema_for::<crate::format::Gradient>();
        json_schema!({ "description": "A colour, none, or a gradient", "anyOf": [Color::json_schema(generator), gradient] })
    }
}

/// The schemas as they should be committed, in the order of [`COMMITTED`].
fn generated() -> [String; 2] {
    let root = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<File>();
    let mut file = root.to_value();
    flatten(&mut file);
    let model = model::of(&file);
    if let Some(object) = file.as_object_mut() {
        object.insert("title".to_owned(), "Parametric file, version 1".into());
    }
    [(file, false), (model, true)].map(|(json, required_first)| {
        let mut writer = Writer { required_first, out: String::new() };
        writer.write(&json, 0, Keys::Words);
        writer.out.push('\n');
        writer.out
    })
}

/// Gives fields that stand beside a `oneOf` to each of its branches, closes every object, and drops what says nothing.
fn flatten(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(flatten),
        Json::Object(object) => {
            let shared = object.contains_key("oneOf").then(|| (object.remove("properties"), object.remove("required")));
            if let Some((properties, required)) = shared {
                object.remove("type");
                for branch in object.get_mut("oneOf").and_then(Json::as_array_mut).into_iter().flatten() {
                    merge(branch, properties.as_ref(), required.as_ref());
                }
            }
            if object.contains_key("properties") {
                object.insert("additionalProperties".to_owned(), false.into());
            }
            // "default" is a field of parameters as well as a word of schemas: values only.
            object.retain(|key, value| (key != "default" || value.is_object()) && key != "format");
            object.values_mut().for_each(flatten);
        }
        _ => {}
    }
}

fn merge(branch: &mut Json, properties: Option<&Json>, required: Option<&Json>) {
    let Some(branch) = branch.as_object_mut() else { return };
    let own = branch.entry("properties").or_insert_with(|| Json::Object(Map::new()));
    if let (Some(own), Some(shared)) = (own.as_object_mut(), properties.and_then(Json::as_object)) {
        own.extend(shared.clone());
    }
    let own = branch.entry("required").or_insert_with(|| Json::Array(Vec::new()));
    if let (Some(own), Some(shared)) = (own.as_array_mut(), required.and_then(Json::as_array)) {
        own.extend(shared.clone());
    }
}

/// What the keys of an object are.
#[derive(Clone, Copy)]
enum Keys<'a> {
    /// Words of JSON Schema.
    Words,
    /// Fields of a file; of these, some are required.
    Fields(Option<&'a Json>),
}

/// Writes indented JSON, its keys in the order of [`ORDER`].
struct Writer {
    /// Whether required fields stand before the others, as llama.cpp writes them.
    required_first: bool,
    out: String,
}

impl Writer {
    fn write(&mut self, json: &Json, depth: usize, keys: Keys<'_>) {
        match json {
            Json::Object(object) if !object.is_empty() => {
                let mut entries: Vec<_> = object.iter().collect();
                entries.sort_by_key(|(key, _)| (self.place(key, depth, keys), (*key).clone()));
                let written = entries.into_iter().map(|(key, value)| {
                    let fields = Keys::Fields(object.get("required"));
                    (Some(key.as_str()), value, if key == "properties" { fields } else { Keys::Words })
                });
                self.enclose("{}", depth, written.collect());
            }
            Json::Array(items) if items.iter().any(Json::is_object) => {
                self.enclose("[]", depth, items.iter().map(|item| (None, item, Keys::Words)).collect());
            }
            other => self.out.push_str(&other.to_string()),
        }
    }

    fn enclose(&mut self, brackets: &str, depth: usize, items: Vec<(Option<&str>, &Json, Keys<'_>)>) {
        let (open, close) = brackets.split_at(1);
        self.out.push_str(open);
        for (at, (key, value, keys)) in items.into_iter().enumerate() {
            self.out.push_str(if at == 0 { "" } else { "," });
            self.indent(depth + 1);
            if let Some(key) = key {
                self.out.push_str(&Json::from(key).to_string());
                self.out.push_str(": ");
            }
            self.write(value, depth + 1, keys);
        }
        self.indent(depth);
        self.out.push_str(close);
    }

    fn indent(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.push_str(&" ".repeat(depth));
    }

    /// What comes first is least: definitions are last, and what groups and repeats hold comes after all that says where.
    fn place(&self, key: &str, depth: usize, keys: Keys<'_>) -> (bool, bool, usize) {
        let (optional, inner) = match keys {
            Keys::Words => (key == "$defs", false),
            Keys::Fields(required) => {
                let required = required.and_then(Json::as_array).is_some_and(|names| names.iter().any(|name| name == key));
                (self.required_first && !required, key == "layers" && depth > 4)
            }
        };
        (optional, inner, ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len()))
    }
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    for ((name, committed), generated) in COMMITTED.into_iter().zip(generated()) {
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            let file = format!("{}/schema/{name}", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(file, &generated).expect("the schema's file");
        } else {
            assert_eq!(generated, committed, "the types have changed: run UPDATE_SCHEMA=1 cargo test -p parametric schema");
        }
    }
}

#[test]
fn every_kind_of_layer_is_one_flat_object() {
    for ((_, schema), (word, layers)) in COMMITTED.into_iter().zip([("oneOf", 8), ("anyOf", 11)]) {
        let schema: Json = serde_json::from_str(schema).expect("JSON");
        for (definition, kinds) in [("Layer", layers), ("Parameter", 5)] {
            let branches = schema["$defs"][definition][word].as_array().expect("branches");
            assert_eq!(branches.len(), kinds, "{definition}");
            for branch in branches {
                assert!(branch["properties"]["type"]["const"].is_string() && branch.get("$ref").is_none(), "{branch}");
                assert_eq!(branch["additionalProperties"], false, "{branch}");
            }
        }
    }
}
