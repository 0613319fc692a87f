//! The components that handle what a model wrote, held to their bounds: steps are counted and memory is measured while they get the
//! worst that a text of 64 KB can ask for.

mod sandbox;

use sandbox::{Format, Sandbox, Verdict};
use serde_json::{Value, json};

/// Bytes that checking may take, and drawing beyond the pixels.
const MEMORY: usize = 64 << 20;
/// Steps of a check: a few seconds at most.
const CHECK: u64 = 12_000_000_000;
/// Steps of a picture of 16 megapixels: a minute at the very most, where an ordinary one takes a second.
const PICTURE: u64 = 150_000_000_000;

fn file(layers: &Value) -> String {
    json!({
        "version": 1, "title": "t", "canvas": { "width": 1080, "height": 1080, "unit": "px", "margin": 40, "background": "#ffffff" },
        "palette": [{ "name": "ink", "color": "#101828" }, { "name": "sun", "color": "#e2b34b" }], "parameters": [], "layers": layers,
    })
    .to_string()
}

fn text(words: &str, size: f64) -> Value {
    json!({
        "type": "text", "text": words, "x": 40, "y": 40, "width": 1000, "height": 1000, "font": "serif", "weight": "bold", "size": size,
        "fill": "ink", "align": "left",
    })
}

/// Texts that ask for as much work as they can, by what they are about.
fn worst() -> Vec<(&'static str, String)> {
    let shape = json!({ "type": "rectangle", "x": 0, "y": 0, "width": 1080, "height": 1080, "fill": "sun", "opacity": 0.5 });
    let points: Vec<Value> = (0..200).map(|n| json!([n * 37 % 1080, n * 91 % 1080])).collect();
    let polygon = json!({ "type": "polygon", "points": points, "fill": "sun", "stroke": { "color": "ink", "width": 3 } });
    let mut nested = json!([polygon]);
    for _ in 0..7 {
        nested = json!([{ "type": "repeat", "pattern": "grid", "x": 0, "y": 0, "count": 500, "rows": 500, "dx": 9, "dy": 9, "opacity": 0.9, "layers": nested }]);
    }
    let mut clipped = json!([shape, shape]);
    for _ in 0..7 {
        let clip = json!({ "shape": "ellipse", "x": -2000, "y": -2000, "width": 6000, "height": 6000 });
        clipped = json!([{ "type": "group", "x": 0, "y": 0, "opacity": 0.9, "clip": clip, "layers": clipped }, shape]);
    }
    let overlapping: Vec<Value> = (0..400).map(|n| text("on each other", f64::from(20 + n % 60))).collect();
    let soft: Vec<Value> = (0..60)
        .map(|n| {
            let mut words = text("soft and shadowed words ", f64::from(30 + n));
            words["shadow"] = json!({ "color": "ink", "dx": 5, "dy": 5, "blur": 30, "opacity": 0.5 });
            words
        })
        .collect();
    vec![
        ("brackets", "[".repeat(65_000)),
        ("braces", "{\"a\":".repeat(13_000)),
        ("prose with braces", "{x} ".repeat(16_000)),
        ("quotes", "{\"layers\": [".to_owned() + &"\"\\u0041".repeat(8_000)),
        ("many layers", file(&json!(vec![shape.clone(); 500]))),
        ("repeats in repeats", file(&nested)),
        ("clips in clips", file(&clipped)),
        ("overlapping texts", file(&json!(overlapping))),
        ("shadows", file(&json!(soft))),
        ("a long text", file(&json!([text(&"many words ".repeat(180), 300.0)]))),
        ("many long texts", file(&json!((0..25).map(|_| text(&"many words ".repeat(180), 300.0)).collect::<Vec<_>>()))),
        ("long expressions", file(&json!((0..150).map(|n| json!({ "type": "rectangle", "x": "1+".repeat(99) + "1", "y": n, "width": 9, "height": 9, "fill": "ink" })).collect::<Vec<_>>()))),
    ]
}

#[test]
fn the_worst_text_is_checked_and_drawn_within_bounds() {
    let (checker, renderer) = (Sandbox::new("checker", true), Sandbox::new("renderer", true));
    for (name, text) in worst() {
        let mut instance = checker.checker(Some(CHECK));
        let verdict = instance.check(&text).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        let (steps, memory) = (CHECK - instance.store.get_fuel().expect("counted"), instance.store.data().memory);
        println!("{name}: check {} million steps, {} KB", steps / 1_000_000, memory >> 10);
        assert!(memory <= MEMORY, "{name}: {memory} bytes");
        let Verdict::Accepted(accepted) = verdict else { continue };
        // 16 megapixels are 48 MB as they are written, and may not be held twice.
        for (format, width, pixels) in [(Format::Svg, None, 0), (Format::Png, Some(4096), 48 << 20), (Format::Pdf, None, 0)] {
            let mut instance = renderer.renderer(Some(PICTURE));
            let picture =
                instance.render(&accepted.file, format, width).unwrap_or_else(|error| panic!("{name} {format:?}: {error:#}"));
            assert!(picture.is_ok(), "{name} {format:?}");
            let (steps, memory) = (PICTURE - instance.store.get_fuel().expect("counted"), instance.store.data().memory);
            println!("{name}: {format:?} {} million steps, {} KB", steps / 1_000_000, memory >> 10);
            assert!(memory <= MEMORY + pixels, "{name} {format:?}: {memory} bytes");
        }
    }
}
