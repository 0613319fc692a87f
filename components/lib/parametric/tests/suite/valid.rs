//! Whether a document fits the committed schema: as much of JSON Schema as that uses, and a complaint about any more.

use serde_json::Value as Json;

/// What does not fit, if anything.
pub(crate) fn fault(json: &Json) -> Option<String> {
    let schema: Json = serde_json::from_str(include_str!("../../schema/parametric-1.json")).expect("JSON");
    check(&schema, &schema, json, "").err()
}

fn check(root: &Json, schema: &Json, json: &Json, path: &str) -> Result<(), String> {
    let rules = schema.as_object().expect("an object");
    let fail = |why: &str| Err(format!("{path}: {why}: {json}"));
    let inner = |schema: &Json, json: &Json, step: &str| check(root, schema, json, &format!("{path}/{step}"));
    for (rule, value) in rules {
        let number = value.as_f64().unwrap_or_default();
        let length = json.as_str().map(|text| text.chars().count()).or_else(|| json.as_array().map(Vec::len));
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let length = length.map(|length| length as f64);
        let fits = match rule.as_str() {
            "$schema" | "title" | "description" | "$defs" | "required" | "additionalProperties" => true,
            "$ref" => {
                let name = value.as_str().expect("a reference").trim_start_matches("#/$defs/");
                return inner(&root["$defs"][name], json, "");
            }
            "type" => match value.as_str().expect("a type") {
                "object" => json.is_object(),
                "array" => json.is_array(),
                "string" => json.is_string(),
                "number" => json.is_number(),
                "boolean" => json.is_boolean(),
                other => return fail(&format!("unknown type {other}")),
            },
            "const" => json == value || (json.is_number() && json.as_f64() == value.as_f64()),
            "enum" => value.as_array().expect("words").contains(json),
            "minimum" => json.as_f64().is_none_or(|given| given >= number),
            "maximum" => json.as_f64().is_none_or(|given| given <= number),
            "minLength" | "minItems" => length.is_none_or(|length| length >= number),
            "maxLength" | "maxItems" => length.is_none_or(|length| length <= number),
            "pattern" => json.as_str().is_none_or(|text| matches_pattern(value.as_str().expect("a pattern"), text)),
            "anyOf" | "oneOf" => {
                let branches = value.as_array().expect("branches");
                // Tagged ones are told apart, so that the complaint is about the right one.
                let tagged = branches
                    .iter()
                    .find(|branch| json.get("type").is_some() && branch["properties"]["type"]["const"] == json["type"]);
                match tagged {
                    Some(branch) => return inner(branch, json, ""),
                    None => branches.iter().any(|branch| inner(branch, json, "").is_ok()),
                }
            }
            "items" => {
                for (at, item) in json.as_array().into_iter().flatten().enumerate() {
                    inner(value, item, &at.to_string())?;
                }
                true
            }
            "properties" => {
                let properties = value.as_object().expect("properties");
                for (name, item) in json.as_object().into_iter().flatten() {
                    match properties.get(name) {
                        Some(schema) => inner(schema, item, name)?,
                        None => return fail(&format!("unknown field {name}")),
                    }
                }
                for name in rules.get("required").and_then(Json::as_array).into_iter().flatten() {
                    if json.is_object() && json.get(name.as_str().expect("a name")).is_none() {
                        return fail(&format!("without {name}"));
                    }
                }
                true
            }
            other => return fail(&format!("the schema uses {other}")),
        };
        if !fits {
            return fail(rule);
        }
    }
    Ok(())
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    let name = || {
        let mut letters = text.chars();
        letters.next().is_some_and(|c| c.is_ascii_lowercase())
            && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && text.len() <= 32
    };
    let hex = || text.len() == 7 && text.starts_with('#') && text[1..].chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    match pattern {
        "^[a-z][a-z0-9_]{0,31}$" => name(),
        "^#[0-9a-f]{6}$" => hex(),
        "^(#[0-9a-f]{6}|[a-z][a-z0-9_]{0,31})$" => hex() || name(),
        other => unreachable!("the schema uses {other}"),
    }
}
