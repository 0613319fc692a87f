//! The components that handle what a model wrote, held to their bounds: steps are counted and memory is measured while they get the
//! worst that a text of 64 KB can ask for.

mod sandbox;

use sandbox::{Format, Sandbox, Verdict};
use serde_json::{Value, json};

/// Bytes that checking may take, and drawing beyond the pixels.
const MEMORY: usize = 64 << 20;
/// Steps of a check: a second or two.
const CHECK: u64 = 12_000_000_000;
/// Steps of a picture of 16 megapixels: about four seconds, where an ordinary one takes one.
const PICTURE: u64 = 45_000_000_000;

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
    let colors: Vec<Value> = (0..8)
        .map(|n| json!({ "at": f64::from(n) / 7.0, "color": if n % 2 == 0 { "ink" } else { "sun" }, "opacity": 0.5 }))
        .collect();
    let mut gradient = shape.clone();
    gradient["fill"] = json!({ "gradient": "radial", "angle": 0, "stops": colors });
    gradient["stroke"] = json!({ "color": "ink", "width": 1 });
    let line = json!({ "type": "line", "x1": 0, "y1": 0, "x2": 9, "y2": 9, "stroke": { "color": "ink", "width": 1 } });
    let faded = json!({ "type": "group", "x": 0, "y": 0, "opacity": 0.9, "layers": [shape, line] });
    let mut turns = "M0 0".to_owned();
    for n in 0..160 {
        for (at, by) in [37, 91, 53, 17, 71, 29].into_iter().enumerate() {
            turns.push_str(if at == 0 { " C" } else { " " });
            turns.push_str(&(n * by % 100).to_string());
        }
    }
    let scribble = json!({
        "type": "path", "d": turns, "x": 0, "y": 0, "width": 1080, "height": 1080, "fill": "sun",
        "stroke": { "color": "ink", "width": 1, "dash": "dotted" },
        "shadow": { "color": "ink", "dx": 3, "dy": 3, "blur": 200, "opacity": 0.5 },
    });
    let mut wide = scribble.clone();
    wide["stroke"] = json!({ "color": "ink", "width": 300 });
    let dotted = |n: u32| json!({ "type": "line", "x1": 0, "y1": n, "x2": 1080, "y2": 1080 - n, "stroke": { "color": "ink", "width": 0.3, "dash": "dotted" } });
    let mut large = text("WWWW", 900.0);
    large["stroke"] = json!({ "color": "sun", "width": 40 });
    large["opacity"] = json!(0.5);
    vec![
        ("gradients", file(&json!(vec![gradient; 60]))),
        ("faded groups", file(&json!(vec![faded; 60]))),
        ("scribbles", file(&json!(vec![scribble; 12]))),
        ("wide scribbles", file(&json!(vec![wide; 12]))),
        ("dots", file(&json!((0..400).map(dotted).collect::<Vec<_>>()))),
        ("large letters", file(&json!(vec![large; 40]))),
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
