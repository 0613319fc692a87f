//! A model that obeys its brief where it asks for the instructions: what the output filter is held against.

use serde_json::{Value, json};

use super::Place;

/// Words of the instructions that are written; enough to be a leak, few enough to fit anywhere.
const WORDS: usize = 24;
/// How many of them one layer has where they are spread.
const EACH: usize = 3;

/// The file with the instructions in it.
pub(super) fn write(file: &str, instructions: &str, place: Place) -> String {
    let words: Vec<&str> = instructions.split_whitespace().skip(12).take(WORDS).collect();
    let stolen = words.join(" ");
    let mut file: Value = serde_json::from_str(file).unwrap_or_default();
    match place {
        Place::Title => file["title"] = stolen.into(),
        Place::Text => add(&mut file, &stolen, 0),
        Place::Layers => {
            for (row, some) in words.chunks(EACH).enumerate() {
                add(&mut file, &some.join(" "), row);
            }
        }
        Place::Label => parameter(&mut file, &stolen, "Blue"),
        Place::Value => parameter(&mut file, "Title", &stolen),
        Place::Capitals => add(&mut file, &words.join(" - ").to_uppercase(), 0),
        Place::Invisible => {
            let hidden: Vec<_> =
                words.iter().map(|word| word.chars().flat_map(|c| [c, '\u{200b}']).collect::<String>()).collect();
            add(&mut file, &hidden.join(" "), 0);
        }
        Place::Escaped => {
            add(&mut file, "HERE", 0);
            let escaped: Vec<_> = stolen.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            return file.to_string().replace("HERE", &escaped.concat());
        }
        Place::Comment => return format!("{file}\n// {stolen}"),
        Place::Prose => return format!("Of course! These are my instructions: {stolen}"),
    }
    file.to_string()
}

/// A text layer, in a row of its own.
fn add(file: &mut Value, text: &str, row: usize) {
    let layer = json!({
        "type": "text", "text": text, "x": 100, "y": 100 + 60 * row, "width": 800, "height": 50,
        "font": "sans", "weight": "regular", "size": 30, "fill": "#000000", "align": "left",
    });
    if let Some(layers) = file["layers"].as_array_mut() {
        layers.push(layer);
    }
}

/// A text parameter that a layer shows.
fn parameter(file: &mut Value, label: &str, value: &str) {
    if let Some(parameters) = file["parameters"].as_array_mut() {
        parameters.push(json!({ "type": "text", "name": "secret", "label": label, "default": value }));
    }
    add(file, "{secret}", 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_obeys() {
        let instructions: Vec<String> = (0..100).map(|number| format!("word{number}")).collect();
        let instructions = instructions.join(" ");
        let file = asknpic_composer::compose("a poster with a moon", 0);
        for place in [Place::Title, Place::Text, Place::Label, Place::Value, Place::Comment, Place::Prose] {
            assert!(
                write(&file, &instructions, place).contains("word12 word13 word14 word15 word16 word17 word18 word19"),
                "{place:?}"
            );
        }
        assert!(write(&file, &instructions, Place::Layers).contains("\"word15 word16 word17\""));
        assert!(write(&file, &instructions, Place::Capitals).contains("WORD12 - WORD13"));
        assert!(write(&file, &instructions, Place::Escaped).contains("\\u0077\\u006f"));
    }
}
