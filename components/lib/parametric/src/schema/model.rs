//! The schema that a model's answer is held to, made of the file's own and committed as `schema/model-1.json`.
//!
//! Ollama hands it to llama.cpp, which makes a grammar of it. What that does decides the form:
//! - A repetition of 2,000 and more, nested ones multiplied, is refused, and with it the whole request.
//! - Required fields are written first, then the others, each group in its order here. What a kind of layer needs is therefore
//!   required: each pattern of a repeat, and a group with a clip, has a branch of its own.
//! - A bound of a number means nothing, one of an integer does.
//! - Descriptions never reach the model.
//!
//! The bounds are those of a good first answer, not those of the format: a small model that may write 500 layers does.

use serde_json::{Map, Value as Json, json};

/// The fewest and the most items of a field that is a list.
const ITEMS: [(&str, u64, u64); 6] =
    [("palette", 3, 6), ("parameters", 3, 6), ("options", 2, 6), ("points", 3, 24), ("stops", 2, 4), ("layers", 1, 12)];
/// Those of the file's layers; what groups and repeats hold has those of [`ITEMS`].
const LAYERS: (u64, u64) = (4, 30);
/// The most characters of a field that is a text.
const CHARACTERS: [(&str, u64); 5] = [("title", 80), ("label", 60), ("text", 600), ("default", 600), ("when", 80)];
/// The most characters of any other text, such as an option.
const OTHER_CHARACTERS: u64 = 40;
/// What an expression is written with.
const EXPRESSION: &str = "^[a-z0-9_.,+*/() -]{1,80}$";
/// What path data is written with.
const PATH: &str = "^M[0-9MLHVCSQTAZmlhvcsqtaz., -]{4,600}$";
/// The widest margin.
const MARGIN: u64 = 400;
/// The kinds of layer that are told apart further: their field, its value or nothing for "is there", the fields that it needs besides
/// and those that it has no use for.
const REPEATS: [(&str, &[&str], &[&str]); 3] = [
    ("grid", &["rows", "dx", "dy"], &["radius"]),
    ("line", &["dx", "dy"], &["rows", "radius"]),
    ("circle", &["radius"], &["rows", "dx", "dy"]),
];

/// The schema for a model.
pub(super) fn of(file: &Json) -> Json {
    let mut json = file.clone();
    narrow(&mut json, "");
    if let Some(root) = json.as_object_mut() {
        root.remove("$schema");
    }
    let layers = &mut json["properties"]["layers"];
    (layers["minItems"], layers["maxItems"]) = (LAYERS.0.into(), LAYERS.1.into());
    for side in ["width", "height", "margin"] {
        let side = &mut json["properties"]["canvas"]["properties"][side];
        side["type"] = "integer".into();
    }
    let canvas = &mut json["properties"]["canvas"]["properties"];
    canvas["margin"] = json!({ "type": "integer", "minimum": 0, "maximum": MARGIN });
    json
}

/// Bounds the schema of the field of this name, and all that it is made of.
fn narrow(json: &mut Json, field: &str) {
    let Some(object) = json.as_object_mut() else { return };
    for word in ["description", "title"] {
        object.remove(word);
    }
    if let Some(Json::Array(branches)) = object.remove("oneOf") {
        object.insert("anyOf".to_owned(), branches.into_iter().flat_map(told_apart).collect());
    }
    match object.get("type").and_then(Json::as_str) {
        Some("array") => {
            if let Some((_, least, most)) = ITEMS.iter().find(|(name, ..)| *name == field) {
                object.insert("minItems".to_owned(), (*least).into());
                object.insert("maxItems".to_owned(), (*most).into());
            }
        }
        Some("string") => {
            // Path data and expressions are known by the bounds that they have in the file's schema.
            let pattern = match object.get("maxLength").and_then(Json::as_u64) {
                Some(8_000) => Some(PATH),
                Some(200) => Some(EXPRESSION),
                _ => None,
            };
            if let Some(pattern) = pattern {
                object.remove("maxLength");
                object.insert("pattern".to_owned(), pattern.into());
            }
            if !["pattern", "enum", "const"].iter().any(|word| object.contains_key(*word)) {
                let most = CHARACTERS.iter().find(|(name, _)| *name == field).map_or(OTHER_CHARACTERS, |(_, most)| *most);
                let most = object.get("maxLength").and_then(Json::as_u64).unwrap_or(most).min(most);
                object.insert("maxLength".to_owned(), most.into());
            }
        }
        Some("number") if field != "width" && field != "height" => {
            object.remove("minimum");
            object.remove("maximum");
        }
        _ => {}
    }
    for (word, value) in object {
        match (word.as_str(), value) {
            ("properties" | "$defs", Json::Object(fields)) => fields.iter_mut().for_each(|(name, value)| narrow(value, name)),
            ("items", items) => narrow(items, ""),
            ("anyOf", Json::Array(branches)) => branches.iter_mut().for_each(|branch| narrow(branch, field)),
            _ => {}
        }
    }
}

/// The branches that a kind of layer or parameter is made into.
fn told_apart(mut branch: Json) -> Vec<Json> {
    match branch["properties"]["type"]["const"].as_str() {
        Some("repeat") => REPEATS
            .iter()
            .map(|(pattern, needed, useless)| {
                let mut branch = branch.clone();
                branch["properties"]["pattern"] = json!({ "const": pattern });
                require(&mut branch, needed);
                remove(&mut branch, useless);
                branch
            })
            .collect(),
        Some("group") => {
            let mut clipped = branch.clone();
            require(&mut clipped, &["clip"]);
            remove(&mut branch, &["clip"]);
            vec![clipped, branch]
        }
        Some("path") => {
            // The prompt says that the square is one of 100.
            remove(&mut branch, &["view"]);
            vec![branch]
        }
        _ => vec![branch],
    }
}

fn require(branch: &mut Json, fields: &[&str]) {
    if let Some(required) = branch["required"].as_array_mut() {
        required.extend(fields.iter().map(|field| Json::from(*field)));
    }
}

fn remove(branch: &mut Json, fields: &[&str]) {
    let properties: Option<&mut Map<String, Json>> = branch["properties"].as_object_mut();
    if let Some(properties) = properties {
        properties.retain(|field, _| !fields.contains(&field.as_str()));
    }
}
