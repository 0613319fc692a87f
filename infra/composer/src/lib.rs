//! The rule-based composer behind the local model: no language model, only words, palettes and layouts.

use serde_json::{Value, json};

/// The JSON text of a parametric file for `brief`; the same brief and seed give the same file.
#[must_use]
pub fn compose(brief: &str, seed: u64) -> String {
    let words: Vec<String> =
        brief.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let french = has(&["affiche", "carte", "bannière", "pour", "avec", "et", "une", "un", "du", "de", "le", "la"]);
    let mut random = Random(
        seed ^ brief.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
    );

    let (width, height) = if has(&["banner", "bannière", "header", "bandeau"]) {
        (1600, 600)
    } else if has(&["story", "reel"]) {
        (1080, 1920)
    } else if has(&["logo", "badge", "avatar"]) {
        (1000, 1000)
    } else if has(&["card", "carte", "invitation"]) {
        (1500, 1050)
    } else {
        (1080, 1440)
    };
    let palette = palette(&words, &mut random);
    let texts = texts(brief, &words, french);
    document(width, height, &palette, &texts, french, &mut random).to_string()
}

struct Texts {
    title: String,
    subtitle: String,
    details: String,
}

/// Quoted texts first; else what is left of the brief without the words that say what is wanted.
fn texts(brief: &str, words: &[String], french: bool) -> Texts {
    let mut quoted = Vec::new();
    let mut rest = brief;
    while let Some(open) = rest.find(['"', '“', '«']) {
        let after = rest.get(open..).map_or("", |tail| tail.trim_start_matches(['"', '“', '«']));
        let Some(close) = after.find(['"', '”', '»']) else { break };
        quoted.extend(after.get(..close).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()));
        rest = after.get(close..).map_or("", |tail| tail.trim_start_matches(['"', '”', '»']));
    }
    let plain: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| {
            !SKIPPED.contains(word)
                && !COLOURS.iter().any(|(names, _)| names.contains(word))
                && !word.chars().any(|c| c.is_ascii_digit())
        })
        .collect();
    let mut quoted = quoted.into_iter();
    let title = quoted.next().unwrap_or_else(|| capital(&plain.iter().take(3).copied().collect::<Vec<_>>().join(" ")));
    let title = if title.is_empty() { if french { "Bonjour" } else { "Hello" }.to_owned() } else { title };
    let subtitle = quoted.next().unwrap_or_default();
    let dates: Vec<&str> = brief
        .split([',', '\n', ';'])
        .map(str::trim)
        .filter(|part| {
            part.chars().any(|c| c.is_ascii_digit()) && part.chars().count() < 60 && !part.contains(['"', '«', '“', '#'])
        })
        .collect();
    Texts { title, subtitle, details: dates.join(" · ") }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

const SKIPPED: [&str; 50] = [
    "a",
    "an",
    "the",
    "for",
    "with",
    "and",
    "of",
    "in",
    "on",
    "at",
    "to",
    "my",
    "our",
    "poster",
    "banner",
    "card",
    "logo",
    "story",
    "title",
    "top",
    "left",
    "right",
    "bottom",
    "centre",
    "center",
    "une",
    "un",
    "le",
    "la",
    "les",
    "des",
    "du",
    "de",
    "d",
    "l",
    "pour",
    "avec",
    "et",
    "en",
    "au",
    "aux",
    "affiche",
    "carte",
    "bannière",
    "titre",
    "haut",
    "bas",
    "gauche",
    "droite",
    "invitation",
];

/// Names in English and French, and the colour they stand for.
const COLOURS: [(&[&str], &str); 12] = [
    (&["navy", "marine"], "#12284c"),
    (&["blue", "bleu", "bleue"], "#1f4e8c"),
    (&["gold", "golden", "or", "doré", "dorée"], "#d9b45b"),
    (&["red", "rouge"], "#b3262e"),
    (&["green", "vert", "verte"], "#1f5c46"),
    (&["yellow", "jaune"], "#f2c230"),
    (&["orange"], "#e8772e"),
    (&["pink", "rose"], "#e58fa7"),
    (&["purple", "violet", "violette"], "#51307a"),
    (&["black", "noir", "noire"], "#17171a"),
    (&["white", "blanc", "blanche"], "#fbfaf7"),
    (&["cream", "crème", "beige"], "#f4ead2"),
];

struct Palette {
    ground: String,
    deep: String,
    accent: String,
    ink: String,
}

fn palette(words: &[String], random: &mut Random) -> Palette {
    let named: Vec<&str> = words
        .iter()
        .filter_map(|word| COLOURS.iter().find(|(names, _)| names.contains(&word.as_str())).map(|(_, hex)| *hex))
        .collect();
    let moods = [
        ("#12284c", "#d9b45b"),
        ("#1f5c46", "#f2c230"),
        ("#51307a", "#e58fa7"),
        ("#f4ead2", "#b3262e"),
        ("#fbfaf7", "#1f4e8c"),
        ("#17171a", "#e8772e"),
    ];
    let mood = moods[random.below(moods.len())];
    let ground = named.first().copied().unwrap_or(mood.0);
    let sum = |hex: &str| bytes(hex).iter().map(|byte| u32::from(*byte)).sum::<u32>();
    // An accent is told apart from the ground by its lightness: the named colour that is farthest from it, or one that goes with it.
    let apart = |hex: &str| sum(hex).abs_diff(sum(ground));
    let accent = named.iter().copied().filter(|hex| apart(hex) > 120).max_by_key(|hex| apart(hex));
    let accent = accent.unwrap_or(if apart(mood.1) > 120 { mood.1 } else { "#d9b45b" });
    let light = sum(ground) > 560;
    // A middling ground bears neither light nor dark letters: it is made darker.
    let parts = if light || sum(ground) < 240 { 10 } else { 5 };
    let shade = |byte: u8, tenths: u16| u8::try_from(u16::from(byte) * tenths / 10).unwrap_or(u8::MAX);
    let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
    let shown = bytes(ground).map(|byte| shade(byte, parts));
    let deep = shown.map(|byte| if light { byte.saturating_sub(14) } else { byte / 2 });
    Palette {
        ground: hex(shown),
        deep: hex(deep),
        accent: accent.to_owned(),
        ink: if light { "#1b1c22" } else { "#fbf7ec" }.to_owned(),
    }
}

fn bytes(hex: &str) -> [u8; 3] {
    [1, 3, 5].map(|at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0))
}

fn document(width: i32, height: i32, palette: &Palette, texts: &Texts, french: bool, random: &mut Random) -> Value {
    let side = width.min(height);
    let margin = side * 7 / 100;
    let inner = width - 2 * margin;
    let centred = random.below(2) == 0;
    let (align, font) = (if centred { "center" } else { "left" }, ["serif", "condensed", "sans"][random.below(3)]);
    let say = |en: &str, fr: &str| if french { fr.to_owned() } else { en.to_owned() };
    let title_size = side * 17 / 100;
    let mut layers = vec![ornament(width, height, side, random)];
    let rule = if centred { (width - side / 8) / 2 } else { margin };
    layers.push(json!({"type": "text", "text": "{title}", "x": margin, "y": margin + height / 14, "width": inner, "height": height * 42 / 100, "font": font,
        "weight": "black", "size": "size", "fill": "ink", "align": align, "vertical": "top", "leading": 1.05, "uppercase": font == "condensed"}));
    layers.push(json!({"type": "rectangle", "x": rule, "y": height * 56 / 100, "width": side / 8, "height": (side / 140).max(4), "fill": "accent"}));
    if !texts.subtitle.is_empty() {
        layers.push(json!({"type": "text", "text": "{subtitle}", "x": margin, "y": height * 59 / 100, "width": inner, "height": height * 14 / 100,
            "font": if font == "serif" { "serif" } else { "sans" }, "weight": "regular", "italic": font == "serif", "size": side * 5 / 100, "fill": "ink", "align": align,
            "leading": 1.25}));
    }
    if !texts.details.is_empty() {
        layers.push(json!({"type": "text", "text": texts.details, "x": margin, "y": height - margin - height * 12 / 100, "width": inner, "height": height * 12 / 100,
            "font": "sans", "weight": "bold", "size": side * 33 / 1000, "fill": "ink", "align": align, "vertical": "bottom", "leading": 1.35}));
    }
    let mut parameters = vec![
        json!({"type": "text", "name": "title", "label": say("Title", "Titre"), "default": texts.title}),
        json!({"type": "number", "name": "size", "label": say("Size of the title", "Taille du titre"), "default": title_size, "min": title_size / 2, "max": title_size * 3 / 2, "step": 2}),
        json!({"type": "color", "name": "accent", "label": say("Accent", "Accent"), "default": palette.accent}),
        json!({"type": "switch", "name": "ornament", "label": say("Ornament", "Ornement"), "default": true}),
    ];
    if !texts.subtitle.is_empty() {
        parameters
            .push(json!({"type": "text", "name": "subtitle", "label": say("Subtitle", "Sous-titre"), "default": texts.subtitle}));
    }
    json!({
        "version": 1,
        "title": texts.title,
        "canvas": {"width": width, "height": height, "unit": "px", "margin": margin,
            "background": {"gradient": "linear", "angle": 90, "stops": [{"at": 0, "color": "ground"}, {"at": 1, "color": "deep"}]}},
        "palette": [{"name": "ground", "color": palette.ground}, {"name": "deep", "color": palette.deep}, {"name": "ink", "color": palette.ink}],
        "parameters": parameters,
        "layers": layers,
    })
}

fn ornament(width: i32, height: i32, side: i32, random: &mut Random) -> Value {
    let (x, y) = (width * 3 / 4, height * 3 / 4);
    match random.below(3) {
        0 => {
            json!({"type": "repeat", "pattern": "line", "x": x, "y": y, "count": 8, "when": "ornament", "opacity": 0.5, "layers": [
            {"type": "ellipse", "x": format!("0 - (index + 1) * {}", side / 16), "y": format!("0 - (index + 1) * {}", side / 16),
             "width": format!("(index + 1) * {}", side / 8), "height": format!("(index + 1) * {}", side / 8), "fill": "none", "stroke": {"color": "accent", "width": 3}}]})
        }
        1 => {
            json!({"type": "repeat", "pattern": "circle", "x": x, "y": y, "count": 24, "radius": side / 6, "when": "ornament", "opacity": 0.22, "layers": [
            {"type": "rectangle", "x": 0, "y": -3, "width": format!("{} + min(1, index / 12) * {}", side / 5, side / 12), "height": 6, "radius": 3, "fill": "accent"}]})
        }
        _ => {
            json!({"type": "repeat", "pattern": "grid", "x": x - side / 5, "y": y - side / 8, "count": 9, "rows": 6, "dx": side / 16, "dy": side / 16, "when": "ornament",
            "opacity": 0.22, "layers": [{"type": "ellipse", "x": 0, "y": 0, "width": format!("{} - column * 0.6", side / 60), "height": format!("{} - column * 0.6", side / 60), "fill": "accent"}]})
        }
    }
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound).unwrap_or(1)).unwrap_or(0)
    }
}
