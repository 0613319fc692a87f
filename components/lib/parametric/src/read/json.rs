//! JSON as models write it: code fences, prose around it, trailing commas, comments, single quotes, a cut-off end.
//!
//! One pass, bounded depth, never an error: what cannot be read ends the value it belongs to. The first `{` of the text begins
//! the document.

use serde_json::{Map, Value};

/// Deeper values are dropped.
const DEPTH: usize = 40;

/// How many opening braces are tried: prose before a file may hold some.
const TRIES: usize = 12;

/// The file in a text, and whether it had to be repaired to be one: the first object that has layers, else the first of all.
pub(crate) fn read(text: &str) -> Option<(Value, bool)> {
    match serde_json::from_str::<Value>(text.trim()) {
        Ok(Value::Object(mut object)) => {
            let inside =
                if is_file(&object) { None } else { object.iter().find(|(_, value)| value.as_object().is_some_and(is_file)) };
            let Some(name) = inside.map(|(name, _)| name.clone()) else { return Some((Value::Object(object), false)) };
            return object.remove(&name).map(|file| (file, true));
        }
        // A file that was written as a text.
        Ok(Value::String(inner)) if inner.contains('{') => {
            return serde_json::from_str::<Value>(inner.trim()).ok().filter(Value::is_object).map(|file| (file, true));
        }
        _ => {}
    }
    let mut first = None;
    for (start, _) in text.match_indices('{').take(TRIES) {
        let mut reader = Reader { rest: text.get(start..)?.chars().peekable() };
        let Some(value) = reader.value(0).filter(Value::is_object) else { continue };
        if value.as_object().is_some_and(is_file) {
            return Some((value, true));
        }
        first = first.or(Some((value, true)));
    }
    first
}

fn is_file(object: &Map<String, Value>) -> bool {
    object.contains_key("layers") || object.contains_key("canvas")
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Reader<'_> {
    /// The next character that means something; comments are passed over.
    fn peek(&mut self) -> Option<char> {
        loop {
            let next = *self.rest.peek()?;
            if next.is_whitespace() || next == '\u{feff}' {
                self.rest.next();
            } else if next == '/' {
                self.rest.next();
                match self.rest.peek() {
                    Some('/') => while self.rest.next_if(|c| *c != '\n').is_some() {},
                    Some('*') => {
                        let mut star = false;
                        self.rest.next();
                        for c in self.rest.by_ref() {
                            if star && c == '/' {
                                break;
                            }
                            star = c == '*';
                        }
                    }
                    _ => {}
                }
            } else {
                return Some(next);
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        match self.peek()? {
            '{' => Some(self.object(depth)),
            '[' => Some(self.array(depth)),
            quote @ ('"' | '\'' | '“') => Some(Value::String(self.string(quote)?)),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut map = Map::new();
        self.rest.next();
        loop {
            match self.peek() {
                Some(',') => {
                    self.rest.next();
                    continue;
                }
                None | Some('}') => {
                    self.rest.next();
                    return Value::Object(map);
                }
                Some(_) => {}
            }
            let key = match self.peek() {
                Some(quote @ ('"' | '\'' | '“')) => self.string(quote),
                _ => self.bare(),
            };
            let Some(key) = key else { return Value::Object(map) };
            if self.peek() != Some(':') {
                return Value::Object(map);
            }
            self.rest.next();
            // A member whose value was cut off is no member.
            match self.value(depth + 1) {
                Some(value) => map.insert(key, value),
                None => return Value::Object(map),
            };
        }
    }

    fn array(&mut self, depth: usize) -> Value {
        let mut items = Vec::new();
        self.rest.next();
        loop {
            match self.peek() {
                Some(',') => {
                    self.rest.next();
                }
                None | Some(']' | '}') => {
                    self.rest.next_if(|c| *c == ']');
                    return Value::Array(items);
                }
                Some(_) => match self.value(depth + 1) {
                    Some(value) => items.push(value),
                    None => return Value::Array(items),
                },
            }
        }
    }

    /// A string; nothing where it was cut off.
    fn string(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let quote = if quote == '“' { '”' } else { quote };
        self.rest.next();
        loop {
            match self.rest.next()? {
                c if c == quote => return Some(text),
                '\\' => match self.rest.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' | 'b' | 'f' => {}
                    'u' => {
                        let digits: String = (0..4).map_while(|_| self.rest.next_if(char::is_ascii_hexdigit)).collect();
                        // Half of a character beyond the first 65,536: none that the fonts have.
                        text.push(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
                    }
                    other => text.push(other),
                },
                c => text.push(c),
            }
        }
    }

    fn bare(&mut self) -> Option<String> {
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '#' | '%')) {
            word.push(c);
        }
        (!word.is_empty()).then_some(word)
    }

    /// A value without quotes: a number, a word of JSON, or an expression up to the comma or bracket after it.
    fn word(&mut self) -> Option<Value> {
        let mut word = String::new();
        let mut open = 0_u32;
        while let Some(&c) = self.rest.peek() {
            match c {
                '(' => open += 1,
                ')' => open = open.saturating_sub(1),
                '}' | ']' | '\n' | '"' | ':' => break,
                ',' if open == 0 => break,
                _ => {}
            }
            word.push(c);
            self.rest.next();
        }
        let word = word.trim().to_owned();
        if word.is_empty() {
            return None;
        }
        Some(match word.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" | "none" | "undefined" => Value::Null,
            _ => word.parse::<f64>().ok().filter(|n| n.is_finite()).map_or(Value::String(word), Value::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_models_write_is_read() {
        for text in [
            "```json\n{\"a\": [1, 2,], \"b\": \"c\",}\n```",
            "Here is your file:\n{a: [1, 2], 'b': 'c'} Enjoy!",
            "{\"a\": [1, 2], // two\n \"b\": \"c\" /* three */ }",
            "{\"a\": [1, 2], \"b\": \"c\", \"d\": \"cut o",
            "{\"a\": [1, 2], \"b\": \"c\", \"d\": ",
            "{“a”: [1, 2], “b”: “c”}",
        ] {
            let (value, repaired) = read(text).expect("an object");
            assert!(repaired);
            assert_eq!(value, serde_json::json!({"a": [1.0, 2.0], "b": "c"}), "{text}");
        }
        assert_eq!(read("{\"a\": 1}"), Some((serde_json::json!({"a": 1}), false)));
        assert_eq!(read("no object at all"), None);
        let (value, _) = read("I put {title} in {it}:\n{\"layers\": [{\"x\": min(a, 2) * 3, \"y\": -.5}]}").expect("an object");
        assert_eq!(value, serde_json::json!({"layers": [{"x": "min(a, 2) * 3", "y": -0.5}]}));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[\\[\\]{}:,\"'a1/*\\\\u \n-]{0,200}") {
            let _ = read(&text);
        }
    }
}
