//! The fields of a JSON object under the format's names, however they were spelled.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use serde_json::{Map, Value as Json};

/// What other formats, and models that know them, call a field of this one. All in lower case, without `_`, `-` and spaces.
const ALIASES: [(&str, &str); 64] = [
    ("alignment", "align"),
    ("backgroundcolor", "background"),
    ("backgroundcolour", "background"),
    ("borderradius", "radius"),
    ("bordercolor", "strokecolor"),
    ("borderwidth", "strokewidth"),
    ("border", "stroke"),
    ("blurradius", "blur"),
    ("characterspacing", "tracking"),
    ("child", "layers"),
    ("children", "layers"),
    ("choices", "options"),
    ("clippath", "clip"),
    ("colors", "palette"),
    ("colour", "color"),
    ("colours", "palette"),
    ("columns", "count"),
    ("condition", "when"),
    ("content", "text"),
    ("copies", "count"),
    ("corner", "radius"),
    ("cornerradius", "radius"),
    ("defaultvalue", "default"),
    ("direction", "angle"),
    ("displayname", "label"),
    ("dropshadow", "shadow"),
    ("elements", "layers"),
    ("family", "font"),
    ("fillcolor", "fill"),
    ("fillcolour", "fill"),
    ("fontfamily", "font"),
    ("fontsize", "size"),
    ("fontweight", "weight"),
    ("h", "height"),
    ("hex", "color"),
    ("horizontalalign", "align"),
    ("id", "name"),
    ("items", "layers"),
    ("kind", "type"),
    ("layer", "layers"),
    ("strokedash", "dash"),
    ("left", "x"),
    ("letterspacing", "tracking"),
    ("lineheight", "leading"),
    ("linespacing", "leading"),
    ("maximum", "max"),
    ("minimum", "min"),
    ("objects", "layers"),
    ("offset", "at"),
    ("offsetx", "dx"),
    ("offsety", "dy"),
    ("params", "parameters"),
    ("path", "d"),
    ("position", "at"),
    ("rotation", "rotate"),
    ("shapes", "layers"),
    ("spacingx", "dx"),
    ("spacingy", "dy"),
    ("stopcolor", "color"),
    ("textalign", "align"),
    ("textanchor", "align"),
    ("top", "y"),
    ("verticalalign", "vertical"),
    ("w", "width"),
];

/// An object's fields. What is never asked for is unknown to the format.
pub(crate) struct Fields<'a> {
    found: BTreeMap<String, &'a Json>,
    asked: RefCell<Vec<String>>,
    /// How many values were written in another notation.
    pub(crate) converted: Cell<u32>,
    /// How many fields were given twice.
    doubled: u32,
    /// Where the object is: a JSON pointer of schema words and positions.
    pub(crate) path: String,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(object: &'a Map<String, Json>, path: &str) -> Self {
        let mut found: BTreeMap<String, &Json> = BTreeMap::new();
        let (mut converted, mut doubled) = (0, 0);
        // Some put a layer's fields into objects of their own: `style`, `position`.
        let inside = |key: &str, value: &'a Json| value.as_object().filter(|_| HOLDERS.contains(&folded(key).as_str()));
        let own = object.iter().filter(|(key, value)| inside(key, value).is_none());
        let held = object.iter().filter_map(|(key, value)| inside(key, value)).flatten();
        let all: Vec<(bool, (&String, &Json))> = own.map(|pair| (true, pair)).chain(held.map(|pair| (false, pair))).collect();
        // Names as they should be win over others that mean the same.
        for (exact, (outer, (key, value))) in all.iter().map(|pair| (true, *pair)).chain(all.iter().map(|pair| (false, *pair))) {
            let name = canonical(key);
            if exact != (outer && name == *key) {
                continue;
            }
            if found.contains_key(&name) {
                doubled += 1;
                continue;
            }
            // An empty text for a number, an object or a word says as much as `null`.
            let void = value.as_str() == Some("") && !SAYING.contains(&name.as_str());
            converted += u32::from(!exact || void);
            if !value.is_null() && !void {
                found.insert(name, value);
            }
        }
        Self { found, asked: RefCell::new(Vec::new()), converted: Cell::new(converted), doubled, path: path.to_owned() }
    }

    /// The value of a field; `null` is none.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Json> {
        let found = self.found.get(name).copied();
        if found.is_some() {
            self.asked.borrow_mut().push(name.to_owned());
        }
        found
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.found.contains_key(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// Notes that a value was written in another notation.
    pub(crate) fn convert(&self) {
        self.converted.set(self.converted.get() + 1);
    }

    /// How many fields the format does not know.
    pub(crate) fn unknown(&self) -> usize {
        let asked = self.asked.borrow();
        let known = self.found.keys().filter(|name| asked.contains(name)).count();
        self.found.len() - known + usize::try_from(self.doubled).unwrap_or(0)
    }
}

/// Objects that only hold fields of the object that they are in.
const HOLDERS: [&str; 11] =
    ["properties", "props", "attributes", "style", "styles", "position", "geometry", "bounds", "dimensions", "box", "size"];
/// Fields whose empty text says something.
const SAYING: [&str; 7] = ["text", "default", "title", "label", "fill", "background", "value"];

fn folded(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).take(40).map(|c| c.to_ascii_lowercase()).collect()
}

fn canonical(key: &str) -> String {
    let folded = folded(key);
    ALIASES.iter().find(|(alias, _)| *alias == folded).map_or(folded, |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_under_other_spellings() {
        let json = serde_json::json!({"Font-Size": 12, "size": 14, "fontFamily": "serif", "TEXT": "a", "zoom": 1, "x": null});
        let fields = Fields::new(json.as_object().expect("an object"), "/layers/0");
        assert_eq!(fields.get("size"), Some(&serde_json::json!(14)), "the right name wins");
        assert_eq!((fields.text("font"), fields.text("text"), fields.get("x")), (Some("serif"), Some("a"), None));
        assert_eq!(fields.converted.get(), 2);
        assert_eq!(fields.unknown(), 2, "one that was given twice, one that nothing knows");
    }
}
