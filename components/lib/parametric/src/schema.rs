//! The JSON Schema of the format, generated from its types and committed as `schema/parametric-1.json`. Components embed that file;
//! only this test carries the generator. After a change of the types: `UPDATE_SCHEMA=1 cargo test -p parametric schema`.
//!
//! It is made for Ollama too, which turns it into a grammar: every kind of layer is one flat object (no `allOf`, no fields beside a
//! `oneOf`), and fields stand in the order in which they are best decided.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value as Json};

use crate::{
    colour::Rgb,
    format::{Color, File, Num, Paint},
    path::PathData,
};

const COMMITTED: &str = include_str!("../schema/parametric-1.json");
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

/// The schema as it should be committed.
fn generated() -> String {
    let root = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<File>();
    let mut json = root.to_value();
    flatten(&mut json);
    if let Some(object) = json.as_object_mut() {
        object.insert("title".to_owned(), "Parametric file, version 1".into());
    }
    let mut out = String::new();
    write(&json, 0, false, &mut out);
    out.push('\n');
    out
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

/// Indented JSON. `named`: the keys are fields of a file, in their order.
fn write(json: &Json, depth: usize, named: bool, out: &mut String) {
    let indent = |depth: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&" ".repeat(depth));
    };
    match json {
        Json::Object(object) if !object.is_empty() => {
            let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
            let mut entries: Vec<_> = object.iter().collect();
            let last = |key: &str| named && key == "layers" && depth > 4;
            entries.sort_by_key(|(key, _)| (last(key) || *key == "$defs", place(key), (*key).clone()));
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                indent(depth + 1, out);
                out.push_str(&Json::from(key.as_str()).to_string());
                out.push_str(": ");
                write(value, depth + 1, key == "properties", out);
            }
            indent(depth, out);
            out.push('}');
        }
        Json::Array(items) if items.iter().any(Json::is_object) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                indent(depth + 1, out);
                write(item, depth + 1, false, out);
            }
            indent(depth, out);
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let generated = generated();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/parametric-1.json");
        std::fs::write(file, &generated).expect("the schema's file");
        return;
    }
    assert_eq!(generated, COMMITTED, "the types have changed: run UPDATE_SCHEMA=1 cargo test -p parametric schema");
}

#[test]
fn every_kind_of_layer_is_one_flat_object() {
    let schema: Json = serde_json::from_str(COMMITTED).expect("JSON");
    for (definition, kinds) in [("Layer", 8), ("Parameter", 5)] {
        let branches = schema["$defs"][definition]["oneOf"].as_array().expect("branches");
        assert_eq!(branches.len(), kinds, "{definition}");
        for branch in branches {
            assert!(branch["properties"]["type"]["const"].is_string() && branch.get("$ref").is_none(), "{branch}");
            assert_eq!(branch["additionalProperties"], false, "{branch}");
        }
    }
}
