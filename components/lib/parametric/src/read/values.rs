//! Single values in the notations that models use.

use serde_json::Value as Json;

use crate::{
    colour::Rgb,
    decimal::{self, round},
    expression,
    format::{Color, Num},
    limits,
    string::identifier,
};

/// A plain number, also as text, with or without `px`. The second value is false for another notation than JSON's own.
pub(crate) fn number(json: &Json) -> Option<(f64, bool)> {
    let found = match json {
        Json::Number(n) => (n.as_f64()?, true),
        Json::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            let digits = ["px", "pt", "mm", "deg", "°", "em"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(&text);
            (digits.trim().parse().ok()?, false)
        }
        _ => return None,
    };
    found.0.is_finite().then_some(found)
}

/// A number or an expression. A percentage is a share of `whole`, which is itself a number or name.
pub(crate) fn num(json: &Json, whole: &str) -> Option<(Num, bool)> {
    if let Some((found, plain)) = number(json) {
        return Some((Num::Literal(round(found.clamp(-limits::COORDINATE, limits::COORDINATE))), plain));
    }
    let text = json.as_str()?.trim();
    if let Some(share) = text.strip_suffix('%').and_then(|share| share.trim().parse::<f64>().ok()).filter(|n| n.is_finite()) {
        let share = decimal::n((share / 100.0).clamp(-100.0, 100.0));
        return Some((
            if whole == "1" { Num::Literal(round(share.parse().ok()?)) } else { expression(&format!("{whole} * {share}"))? },
            false,
        ));
    }
    let plain: String = text.to_ascii_lowercase().replace("calc", "").replace("parameters.", "").replace("params.", "");
    let plain = without_units(&plain, whole);
    let plain: String = plain.replace("canvas_", "canvas.").chars().filter(|c| !matches!(c, '$' | '{' | '}')).collect();
    let plain = plain.trim();
    expression(plain).map(|found| (found, plain == text))
}

/// An expression without the units of its numbers; a percentage becomes a share of `whole`.
fn without_units(text: &str, whole: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let named = plain.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        if end == 0 || named {
            plain.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (digits, after) = rest.split_at(end);
        let ends = |after: &str| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let unit = ["px", "mm", "pt", "deg"].iter().find_map(|unit| after.strip_prefix(unit)).filter(|after| ends(after));
        if let (Some(after), Ok(share)) = (after.strip_prefix('%'), digits.parse::<f64>()) {
            for part in ["(", whole, " * ", &decimal::n(share / 100.0), ")"] {
                plain.push_str(part);
            }
            rest = after;
        } else {
            plain.push_str(digits);
            rest = unit.unwrap_or(after);
        }
    }
    plain
}

fn expression(text: &str) -> Option<Num> {
    // A number that was in brackets is written as a number.
    if let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) {
        return Some(Num::Literal(round(number.clamp(-limits::COORDINATE, limits::COORDINATE))));
    }
    expression::is_one(text).then(|| Num::Expression(text.to_owned()))
}

/// `#rrggbb`, another notation of CSS, or a name. The second value is false where it will be written otherwise.
pub(crate) fn color(text: &str) -> Option<(Color, bool)> {
    let plain = text.trim().trim_start_matches(['$', '{']).trim_end_matches('}');
    if plain.starts_with('#') {
        let rgb = Rgb::parse(plain)?;
        return Some((Color::Value(rgb), rgb.hex() == text));
    }
    // Digits of a colour without its sign: no name is made like that.
    if plain.len() == 6 && plain.contains(|c: char| c.is_ascii_digit()) && plain.chars().all(|c| c.is_ascii_hexdigit()) {
        return Rgb::parse(plain).map(|rgb| (Color::Value(rgb), false));
    }
    if let Some(rgb) = Rgb::function(plain) {
        return Some((Color::Value(rgb), false));
    }
    let last = plain.rsplit('.').next().unwrap_or(plain);
    identifier(last).map(|name| {
        let same = name == text;
        (Color::Named(name), same)
    })
}
