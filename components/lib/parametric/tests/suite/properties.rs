//! What holds for every text that anybody may write.

use parametric::{Format, Verdict, check};
use proptest::prelude::*;
use resvg::usvg;
use serde_json::{Value as Json, json};

use crate::{
    support::{accepted, draw},
    valid,
};

const EXAMPLE: &str = include_str!("../../examples/jazz-night.json");

/// Accepted again unchanged, valid by the schema, and drawn in every format.
fn is_good(text: &str, formats: &[Format]) -> Result<(), TestCaseError> {
    let Verdict::Accepted { file, .. } = check(text) else { return Ok(()) };
    match check(&file) {
        Verdict::Accepted { file: again, corrections, .. } => {
            prop_assert_eq!(&again, &file);
            prop_assert_eq!(corrections, vec![]);
        }
        Verdict::Rejected(findings) => prop_assert!(false, "{:?} {}", findings, file),
    }
    let json: Json = serde_json::from_str(&file).expect("JSON");
    prop_assert_eq!(valid::fault(&json), None);
    for format in formats {
        let picture = draw(&file, &[], *format, Some(64));
        prop_assert!(picture.is_ok(), "{:?}: {:?} {}", format, picture.err(), file);
    }
    Ok(())
}

const ALL: [Format; 4] = [Format::Svg, Format::SvgOutlines, Format::Png, Format::Pdf];

/// A number as a model may write it.
fn number() -> impl Strategy<Value = Json> {
    prop_oneof![
        6 => (-200.0..1500.0_f64).prop_map(|n| json!((n * 10.0).round() / 10.0)),
        2 => prop::sample::select(vec![
            "canvas.width * 0.5", "canvas.height - canvas.margin", "size", "size * 2", "index * 30", "row * 40 - column", "nothing",
            "12px", "50%", "min(size, 3", "-size", "1 / 0", "canvas.width - 2 * canvas.margin",
        ]).prop_map(Json::from),
        1 => prop::sample::select(vec![json!(1e12), json!(-1e12), json!(0), json!(true), json!(null), json!([])]),
    ]
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Json> {
    prop::sample::select(words).prop_map(Json::from)
}

fn color() -> impl Strategy<Value = Json> {
    word(&["ink", "paper", "accent", "#ff8800", "#f80", "red", "none", "nowhere", "rgb(1,2,3)", "#101010", "#fefefe"])
}

fn paint() -> impl Strategy<Value = Json> {
    let gradient =
        (word(&["linear", "radial", "conic"]), number(), prop::collection::vec((0.0..1.2_f64, color(), 0.0..1.1_f64), 0..4));
    let gradient = gradient.prop_map(|(kind, angle, stops)| {
        let stops: Vec<Json> =
            stops.into_iter().map(|(at, color, opacity)| json!({"at": at, "color": color, "opacity": opacity})).collect();
        json!({"gradient": kind, "angle": angle, "stops": stops})
    });
    prop_oneof![4 => color(), 1 => gradient]
}

fn words() -> impl Strategy<Value = Json> {
    prop_oneof![
        "[a-zA-Zéß ,.{}\\n-]{0,60}".prop_map(Json::from),
        word(&[
            "Blue Hour",
            "{title}",
            "{size} pieces",
            "W",
            "Donaudampfschifffahrtsgesellschaft",
            "\u{202e}x\u{7}",
            "🎷",
            "ÀÇÉ\nŐŰ"
        ]),
    ]
}

/// A layer as a model may write it, with groups and repeats inside.
fn layer() -> impl Strategy<Value = Json> {
    let frame = || [number(), number(), number(), number()];
    let look = || (paint(), prop::option::of((color(), number())), prop::option::of((number(), number(), number())));
    let shape = (
        word(&["rectangle", "ellipse", "path", "polygon", "line", "rect", "circle", "video"]),
        frame(),
        look(),
        prop::option::of(number()),
        prop::option::of(number()),
        prop::option::of(word(&["rings", "!rings", "mood == warm", "mood != warm", "nothing"])),
    );
    let shape = shape.prop_map(|(kind, [a, b, c, d], (fill, stroke, shadow), opacity, rotate, when)| {
        let stroke = stroke.map(|(color, width)| json!({"color": color, "width": width}));
        let shadow = shadow.map(|(dx, dy, blur)| json!({"color": "ink", "dx": dx, "dy": dy, "blur": blur}));
        json!({
            "type": kind, "x": a, "y": b, "width": c, "height": d, "x1": a, "y1": b, "x2": c, "y2": d, "points": [[a, b], [c, d], [d, a]],
            "d": "M0 0 C20 60 90 10 100 100 Z", "fill": fill, "stroke": stroke, "shadow": shadow, "opacity": opacity, "rotate": rotate,
            "when": when,
        })
    });
    let text = (
        words(),
        frame(),
        number(),
        paint(),
        word(&["left", "center", "right"]),
        word(&["top", "middle", "bottom"]),
        any::<(bool, bool)>(),
        prop::option::of(number()),
        prop::option::of(number()),
    );
    let text = text.prop_map(|(text, [x, y, width, height], size, fill, align, vertical, (uppercase, italic), leading, rotate)| {
        json!({
            "type": "text", "text": text, "x": x, "y": y, "width": width, "height": height, "font": if italic { "serif" } else { "condensed" },
            "weight": "bold", "size": size, "fill": fill, "align": align, "vertical": vertical, "uppercase": uppercase, "italic": italic,
            "leading": leading, "rotate": rotate,
        })
    });
    prop_oneof![3 => shape, 2 => text].prop_recursive(3, 12, 4, |inner| {
        let layers = prop::collection::vec(inner, 0..4);
        (word(&["group", "repeat"]), word(&["grid", "line", "circle"]), [number(), number(), number(), number()], 0.0..9.0_f64, any::<bool>(), prop::option::of(0.0..1.2_f64), layers).prop_map(
            |(kind, pattern, [x, y, dx, dy], count, clip, opacity, layers)| {
                json!({
                    "type": kind, "pattern": pattern, "x": x, "y": y, "dx": dx, "dy": dy, "count": count, "rows": count, "radius": dx,
                    "scale": count / 4.0, "opacity": opacity, "layers": layers,
                    "clip": clip.then(|| json!({"shape": "ellipse", "x": 0, "y": 0, "width": dx, "height": 500})),
                })
            },
        )
    })
}

fn file() -> impl Strategy<Value = Json> {
    let sides = (20.0..3000.0_f64, 20.0..3000.0_f64, 0.0..200.0_f64, word(&["px", "mm", "cm"]), paint());
    (sides, prop::collection::vec(layer(), 1..8)).prop_map(|((width, height, margin, unit, background), layers)| {
        json!({
            "version": 1, "title": "t",
            "canvas": {"width": width.round(), "height": height.round(), "unit": unit, "margin": margin.round(), "background": background},
            "palette": [{"name": "paper", "color": "#f7f0df"}, {"name": "ink", "color": "#14213d"}, {"name": "accent", "color": "#c1440e"}],
            "parameters": [
                {"type": "text", "name": "title", "label": "Title", "default": "Blue Hour"},
                {"type": "number", "name": "size", "label": "Size", "default": 60, "min": 5, "max": 900, "step": 1},
                {"type": "switch", "name": "rings", "label": "Rings", "default": true},
                {"type": "choice", "name": "mood", "label": "Mood", "default": "warm", "options": ["warm", "cold"]},
            ],
            "layers": layers,
        })
    })
}

/// The boxes that the letters of an outlined SVG fill.
fn letters(svg: &str) -> Vec<usvg::Rect> {
    fn collect(group: &usvg::Group, all: &mut Vec<usvg::Rect>) {
        for node in group.children() {
            match node {
                usvg::Node::Group(group) => collect(group, all),
                usvg::Node::Text(text) => all.push(text.abs_stroke_bounding_box()),
                _ => {}
            }
        }
    }
    let mut options = usvg::Options::default();
    for font in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fonts")).expect("the fonts") {
        let path = font.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "ttf") {
            options.fontdb_mut().load_font_file(path).expect("a font");
        }
    }
    let tree = usvg::Tree::from_str(svg, &options).expect("SVG");
    let mut all = Vec::new();
    collect(tree.root(), &mut all);
    all
}

/// Few with every build, as many as `PROPTEST_CASES` says where somebody looks for more.
fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases: 64, ..config } }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_accepted_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        is_good(&String::from_utf8_lossy(&bytes), &ALL)?;
    }

    #[test]
    fn any_brackets_and_words_are(text in "[\\[\\]{}:,\"a-z0-9.é \\\\-]{0,300}") {
        is_good(&text, &ALL)?;
        is_good(&format!("{{\"layers\": [{text}"), &ALL)?;
    }

    #[test]
    fn a_damaged_file_is_accepted_or_rejected(at in 0..EXAMPLE.len(), length in 0_usize..40, with in "[\\[\\]{}:,\"a-z0-9.é-]{0,12}") {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, with.bytes());
        is_good(&String::from_utf8_lossy(&bytes), &[Format::SvgOutlines])?;
    }

    #[test]
    fn any_file_is_corrected_once_and_drawn_in_every_format(file in file()) {
        is_good(&file.to_string(), &ALL)?;
    }

    #[test]
    fn whatever_a_parameter_becomes_all_text_stays_on_the_canvas(
        file in file(), size in 5.0..900.0_f64, title in "[A-Za-zÀÉg ]{1,80}", rings in any::<bool>(),
    ) {
        let Verdict::Accepted { file, .. } = check(&file.to_string()) else { return Ok(()) };
        let set = [("size", size.to_string()), ("title", title), ("rings", rings.to_string())];
        let set: Vec<(String, String)> = set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let svg = String::from_utf8(draw(&file, &set, Format::Svg, None).expect("a picture")).expect("UTF-8");
        let canvas: Json = serde_json::from_str(&file).expect("JSON");
        let canvas = [&canvas["canvas"]["width"], &canvas["canvas"]["height"]].map(|side| side.as_f64().expect("a side"));
        // usvg counts in pixels of a 96th of an inch where the file has millimetres.
        let factor = if svg.contains("mm\" viewBox") { 96.0 / 25.4 } else { 1.0 };
        let slack = 0.004 * canvas[0].max(canvas[1]) * factor + 0.5;
        for ink in letters(&svg) {
            let [left, top, right, bottom] = [ink.left(), ink.top(), ink.right(), ink.bottom()].map(f64::from);
            prop_assert!(
                left >= -slack && top >= -slack && right <= canvas[0] * factor + slack && bottom <= canvas[1] * factor + slack,
                "{:?} of {:?} {}", ink, canvas, svg
            );
        }
    }
}

#[test]
fn the_example_and_its_final_file_fit_the_schema() {
    for text in [EXAMPLE.to_owned(), accepted(EXAMPLE).0] {
        assert_eq!(valid::fault(&serde_json::from_str(&text).expect("JSON")), None);
    }
    assert!(valid::fault(&json!({"version": 2})).is_some());
}
