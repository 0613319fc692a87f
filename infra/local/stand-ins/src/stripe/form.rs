//! Stripe's form encoding: `a[b][0][c]=d`.

use serde_json::{Map, Value};

/// The parameters of a query or a body as nested objects; a list is an object with the keys `0`, `1`, … or, for `a[]=`, in the order of
/// the pairs.
pub(super) fn parse(text: &str) -> Value {
    let mut root = Value::Object(Map::new());
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let path = name.replace(']', "");
        let parts: Vec<_> = path.split('[').collect();
        put(&mut root, &parts, value.into_owned());
    }
    root
}

fn put(place: &mut Value, path: &[&str], value: String) {
    let Some((first, rest)) = path.split_first() else {
        *place = Value::String(value);
        return;
    };
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Some(object) = place.as_object_mut() {
        let key = if first.is_empty() { object.len().to_string() } else { (*first).to_owned() };
        put(object.entry(key).or_insert(Value::Null), rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_nest_and_lists_count() {
        let parsed =
            parse("mode=payment&line_items[0][price]=p&line_items%5B0%5D%5Bquantity%5D=1&metadata[a]=b%26c&keys[]=x&keys[]=y");
        let expected = json!({
            "mode": "payment", "line_items": { "0": { "price": "p", "quantity": "1" } }, "metadata": { "a": "b&c" },
            "keys": { "0": "x", "1": "y" },
        });
        assert_eq!(parsed, expected);
        assert_eq!(parse(""), json!({}));
    }
}
