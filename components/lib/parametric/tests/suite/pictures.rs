//! Files, their corrections one by one, and their pictures.
#![expect(clippy::panic, reason = "tests")]

use parametric::{Format, RenderError, Verdict, check};

use crate::support::{ID, accepted, draw, picture as drawn};

const EXAMPLE: &str = include_str!("../../examples/jazz-night.json");

fn codes(text: &str) -> (String, Vec<&'static str>) {
    let (file, corrections) = accepted(text);
    (file, corrections.into_iter().map(|correction| correction.code).collect())
}

fn picture(file: &str, format: Format) -> Vec<u8> {
    draw(file, &[], format, Some(200)).expect("a picture")
}

/// A poster of one text on one colour, with one thing changed.
fn with(layer: &str) -> String {
    format!(
        r##"{{"version": 1, "title": "t", "canvas": {{"width": 1000, "height": 1000, "unit": "px", "margin": 50, "background": "paper"}},
            "palette": [{{"name": "paper", "color": "#ffffff"}}, {{"name": "ink", "color": "#101828"}}], "parameters": [], "layers": [{layer}]}}"##
    )
}

fn text(changes: &str) -> String {
    let base = r#""type": "text", "text": "Hello world", "x": 100, "y": 100, "width": 600, "height": 200, "font": "sans", "weight": "bold", "size": 60, "fill": "ink", "align": "left""#;
    let kept: Vec<&str> = base
        .split(", \"")
        .filter(|field| !changes.contains(&format!("\"{}\":", field.trim_start_matches('"').split('"').next().unwrap_or(""))))
        .collect();
    let kept = kept.join(", \"");
    let kept = if kept.starts_with('"') { kept } else { format!("\"{kept}") };
    with(&format!("{{{kept}{}{changes}}}", if changes.is_empty() { "" } else { ", " }))
}

#[test]
fn the_example_is_accepted_as_it_is_and_again() {
    let (file, made) = codes(EXAMPLE);
    assert_eq!(made, Vec::<&str>::new());
    assert_eq!(codes(&file), (file.clone(), vec![]));
}

#[test]
fn every_kind_of_mistake_is_corrected_under_its_code() {
    for (code, file) in [
        ("illegible", text(r#""size": 3"#)),
        ("does-not-fit", text(r#""size": 400"#)),
        ("shortened", text(&format!(r#""height": 40, "text": "{}""#, "word ".repeat(200)))),
        ("contrast", text(r##""fill": "#eeeeee""##)),
        ("dangling-reference", text(r#""fill": "nowhere""#)),
        ("outside-margin", text(r#""x": 900"#)),
        ("out-of-range", text(r#""leading": 9"#)),
        ("unknown-value", text(r#""font": "comic""#)),
        ("dangling-reference", text(r#""when": "no_such_switch""#)),
        ("dangling-reference", text(r#""x": "no_such_number * 2""#)),
        (
            "dropped-layer",
            with(
                r#"{"type": "video", "x": 1}, {"type": "text", "text": "a", "x": 100, "y": 100, "width": 200, "height": 90, "size": 40, "fill": "ink"}"#,
            ),
        ),
        (
            "off-canvas",
            with(
                r#"{"type": "rectangle", "x": 5000, "y": 0, "width": 9, "height": 9, "fill": "ink"}, {"type": "rectangle", "x": 0, "y": 0, "width": 9, "height": 9, "fill": "ink"}"#,
            ),
        ),
        ("repaired-json", format!("Here you are:\n```json\n{}\n```", text(""))),
        ("duplicate-name", text("").replace(r#""name": "ink""#, r#""name": "paper""#)),
    ] {
        let (corrected, made) = codes(&file);
        assert!(made.contains(&code), "{code}: {made:?} {file}");
        assert_eq!(codes(&corrected).1, Vec::<&str>::new(), "{code} again");
        assert!(draw(&corrected, &[], Format::Svg, None).is_ok(), "{code}");
    }
}

/// What models write under a schema that they half know: the corpus has the whole files.
#[test]
fn a_layer_that_a_person_would_understand_is_understood() {
    let read = |layer: &str| {
        let (file, _) = accepted(&with(layer));
        let file: serde_json::Value = serde_json::from_str(&file).expect("JSON");
        file["layers"][0].clone()
    };
    let held = read(
        r#"{"type": "rectangle", "position": {"x": 10, "y": 20}, "size": {"width": 30, "height": 40}, "style": {"fill": "ink", "opacity": 50}}"#,
    );
    for (key, number) in [("x", 10.0), ("y", 20.0), ("width", 30.0), ("height", 40.0), ("opacity", 0.5)] {
        assert_eq!(held[key].as_f64(), Some(number), "{key} of {held}");
    }
    let frame = r#""type": "rectangle", "x": 1, "y": 2, "height": 40"#;
    assert_eq!(
        read(&format!(r#"{{{frame}, "width": "calc(100% - 160px)", "fill": "ink"}}"#))["width"],
        "((canvas.width * 1) - 160)"
    );
    let faded = read(&format!(
        r#"{{{frame}, "width": 30, "fill": "rgba(16, 24, 40, 0.5)", "radius": "", "stroke": {{}}, "shadow": {{}}}}"#
    ));
    assert_eq!(
        (faded["opacity"].as_f64(), &faded["stroke"], &faded["shadow"]),
        (Some(0.5), &serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(read(&format!(r#"{{{frame}, "width": 30, "fill": "101828"}}"#))["fill"], "#101828");
    assert_eq!(read(&format!(r#"{{{frame}, "width": 30, "fill": "RebeccaPurple"}}"#))["fill"], "#663399");
    let line = read(r##"{"type": "line", "points": [[100, 200], [300, 400]], "color": "#ff0000", "width": 4}"##);
    assert_eq!(
        (line["x1"].as_f64(), line["y2"].as_f64(), line["stroke"]["width"].as_f64()),
        (Some(100.0), Some(400.0), Some(4.0))
    );
    let triangle = read(r#"{"type": "triangle", "x": 100, "y": 200, "width": 40, "height": 30, "fill": "ink"}"#);
    assert_eq!(triangle["points"].to_string(), "[[120.0,200.0],[140.0,230.0],[100.0,230.0]]");
    let grid = read(
        r#"{"type": "repeat", "pattern": "grid", "x": 0, "y": 0, "columns": 3, "rows": 2, "spacing": 50, "layer": {"type": "circle", "cx": 50, "cy": 50, "r": 9, "fill": "ink"}}"#,
    );
    assert_eq!((grid["dx"].as_f64(), grid["dy"].as_f64(), grid["layers"][0]["x"].as_f64()), (Some(50.0), Some(50.0), Some(41.0)));
    // A parameter is one however its name is written; what is no parameter stays a text.
    for (written, shown) in [
        ("{Main Title}", "{main_title}"),
        ("{parameters.main_title}", "{main_title}"),
        ("{{main_title}}", "{main_title}"),
        ("main_title", "{main_title}"),
        ("{other}", "{other}"),
        (r"Blue\\nHour", "Blue\nHour"),
    ] {
        let file = text(&format!(r#""text": "{written}""#)).replace(
            r#""parameters": []"#,
            r#""parameters": [{"type": "text", "name": "Main Title", "label": "Title", "default": "Blue Hour"}]"#,
        );
        let file: serde_json::Value = serde_json::from_str(&accepted(&file).0).expect("JSON");
        assert_eq!(file["layers"][0]["text"], shown, "{written}");
    }
}

#[test]
fn what_is_no_file_is_rejected_with_a_sentence_for_the_model() {
    for file in
        ["", "I cannot do that.", "[]", "{}", r#"{"layers": []}"#, &"{".repeat(70_000), r#"{"layers": [{"type": "text"}]}"#]
    {
        let Verdict::Rejected(findings) = check(file) else { panic!("accepted") };
        assert!(findings.iter().all(|finding| finding.message.ends_with('.')));
    }
}

#[test]
fn promise_a14_corrections_hold_no_text_of_the_file() {
    let file = text(r##""fill": "#fefefe", "text": "Anna Schmidt", "when": "anna_schmidt", "font": "anna""##)
        .replace("\"ink\"", "\"anna\"");
    let Verdict::Accepted { corrections, .. } = check(&file) else { panic!("rejected") };
    assert!(corrections.len() >= 3);
    for correction in corrections {
        let words = correction.path.split('/').filter(|word| !word.is_empty());
        for word in words {
            let schema = [
                "layers",
                "fill",
                "when",
                "font",
                "palette",
                "text",
                "size",
                "x",
                "y",
                "width",
                "height",
                "canvas",
                "background",
            ];
            assert!(word.parse::<usize>().is_ok() || schema.contains(&word), "{}", correction.path);
        }
    }
}

#[test]
fn promise_a72_every_format_carries_the_mark() {
    let (file, _) = accepted(EXAMPLE);
    for format in [Format::Svg, Format::SvgOutlines, Format::Png, Format::Pdf] {
        let bytes = picture(&file, format);
        let has = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(has("digitalsourcetype/trainedAlgorithmicMedia") && has(ID), "{format:?}");
        assert!(has("Made with AI by Ask N Pic"), "{format:?}: for people");
    }
}

#[test]
fn promise_c02_markup_in_a_text_stays_text() {
    let file = text(r#""text": "<script>alert(1)</script> & javascript:x data:text/html \u202e \u0007""#);
    let svg = String::from_utf8(draw(&accepted(&file).0, &[], Format::Svg, None).expect("a picture")).expect("utf-8");
    assert!(!svg.contains("<script") && !svg.contains('\u{202e}') && svg.contains("&lt;script&gt;"));
    assert!(!svg.contains("href") && !svg.contains("<image"));
}

#[test]
fn parameters_change_the_picture_within_their_bounds() {
    let (file, _) = accepted(EXAMPLE);
    let set = |name: &str, value: &str| {
        parametric::render(&parametric::Request {
            file: &file,
            parameters: &[(name.to_owned(), value.to_owned())],
            allow_text: false,
            format: Format::Svg,
            width: None,
            generation_id: ID,
        })
    };
    let plain = draw(&file, &[], Format::Svg, None).expect("a picture");
    for (name, value) in [("accent", "#ff0000"), ("size", "130"), ("rings", "false")] {
        assert_ne!(set(name, value).expect("a picture").bytes, plain, "{name}");
    }
    for (name, value) in [("accent", "url(#x)"), ("size", "9000"), ("rings", "maybe"), ("title", "in a URL"), ("nothing", "1")] {
        let Err(RenderError::InvalidValues(errors)) = set(name, value) else { panic!("{name} taken") };
        assert_eq!(errors.first().map(|error| error.field.as_str()), Some(name));
    }
    assert!(matches!(draw(&file, &[], Format::Png, Some(5000)), Err(RenderError::InvalidValues(_))));
    assert!(matches!(draw("{}", &[], Format::Svg, None), Err(RenderError::InvalidFile)));
}

#[test]
fn what_is_done_to_texts_at_the_values_of_the_moment_is_told_without_their_words() {
    let (file, _) = accepted(EXAMPLE);
    let told = |name: &str, value: &str, format: Format| {
        let set = [(name.to_owned(), value.to_owned())];
        let picture = drawn(&file, &set, format, None).expect("a picture");
        picture.corrections.into_iter().map(|correction| (correction.code, correction.path)).collect::<Vec<_>>()
    };
    assert_eq!(drawn(&file, &[], Format::Svg, None).expect("a picture").corrections, vec![]);
    for format in [Format::Svg, Format::Png, Format::Pdf] {
        assert_eq!(
            told("title", "A title that is a good deal longer than the first", format),
            [("does-not-fit", "/layers/2/size".to_owned())]
        );
    }
    let small = text(r#""text": "{words}", "height": 70"#).replace(
        r#""parameters": []"#,
        r#""parameters": [{"type": "text", "name": "words", "label": "Words", "default": "few"}]"#,
    );
    let set = [("words".to_owned(), "a very long line ".repeat(100))];
    let long = drawn(&accepted(&small).0, &set, Format::Svg, None).expect("a picture").corrections;
    let long: Vec<_> = long.iter().map(|c| (c.code, c.path.as_str(), c.numbers[0])).collect();
    assert_eq!(long, [("does-not-fit", "/layers/0/size", 60.0), ("shortened", "/layers/0/text", 1_699.0)]);
    // A box that a parameter moves off the canvas comes back; a layer is told of once, however often it is drawn.
    let moving = with(
        r#"{"type": "repeat", "pattern": "line", "x": 0, "y": 0, "count": 3, "dy": 90, "layers": [{"type": "text", "text": "on", "x": "place", "y": 100, "width": 90, "height": 60, "font": "sans", "weight": "bold", "size": 40, "align": "left", "fill": "ink"}]}"#,
    )
    .replace(r#""parameters": []"#, r#""parameters": [{"type": "number", "name": "place", "label": "Place", "default": 100, "min": 50, "max": 5000, "step": 1}]"#);
    let set = [("place".to_owned(), "4000".to_owned())];
    let moved = drawn(&accepted(&moving).0, &set, Format::Svg, None).expect("a picture").corrections;
    assert_eq!(moved.iter().map(|c| (c.code, c.path.as_str())).collect::<Vec<_>>(), [("outside-margin", "/layers/0/layers/0")]);
}

/// The colours of a PNG at some pixels.
fn colors<const N: usize>(png: &[u8], places: [[usize; 2]; N]) -> [[u8; 3]; N] {
    let mut reader = png::Decoder::new(png).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).expect("pixels");
    places.map(|[x, y]| {
        let at = (y * info.width as usize + x) * 3;
        [pixels[at], pixels[at + 1], pixels[at + 2]]
    })
}

#[test]
fn what_fades_is_put_together_first() {
    let square = |x: u32, color: &str| {
        format!(r#"{{"type": "rectangle", "x": {x}, "y": 100, "width": 400, "height": 400, "fill": "{color}"}}"#)
    };
    let [left, right, sun] = [square(100, "ink"), square(300, "ink"), square(300, "#ffcc00")];
    let inner = format!(r#"{{"type": "group", "x": 0, "y": 0, "opacity": 0.5, "layers": [{left}, {right}]}}"#);
    let clip = r#""clip": {"shape": "rectangle", "x": 0, "y": 0, "width": 1000, "height": 400}, "#;
    let near = |found: [u8; 3], wanted: [f64; 3]| {
        found.iter().zip(wanted).all(|(found, wanted)| (f64::from(*found) - wanted).abs() <= 1.5)
    };
    let (ink, half) = ([16.0, 24.0, 40.0_f64], |color: [f64; 3], share: f64| color.map(|n| n * share + 255.0 * (1.0 - share)));
    for clip in ["", clip] {
        let nested = with(&format!(r#"{{"type": "group", "x": 0, "y": 0, {clip}"opacity": 0.5, "layers": [{sun}, {inner}]}}"#));
        let (file, made) = accepted(&nested);
        assert_eq!(made, vec![]);
        let png = draw(&file, &[], Format::Png, Some(1000)).expect("a picture");
        let [one, both, below, beside] = colors(&png, [[150, 200], [400, 200], [600, 200], [400, 450]]);
        assert!(near(one, half(ink, 0.25)), "one square, faded twice: {one:?}");
        // Half ink on the yellow one, whether one or two squares lie there; then all of it half on white.
        let mixed = [ink[0] * 0.5 + 127.5, ink[1] * 0.5 + 102.0, ink[2] * 0.5];
        assert!(near(both, half(mixed, 0.5)) && near(below, half(mixed, 0.5)), "{both:?} {below:?}");
        assert_eq!(beside == [255; 3], !clip.is_empty(), "clipped: {beside:?}");
        let svg = String::from_utf8(draw(&file, &[], Format::Svg, None).expect("a picture")).expect("UTF-8");
        assert_eq!(svg.matches(" opacity=\"0.5\"").count(), 2, "{svg}");
        let pdf = draw(&file, &[], Format::Pdf, None).expect("a picture");
        let count = |needle: &[u8]| pdf.windows(needle.len()).filter(|window| *window == needle).count();
        assert!(count(b"/S /Transparency") >= 2 && count(b"/ca 0.5") >= 1, "two groups of transparency");
    }
    // A shape with an outline, and one with a shadow, fade as one as well.
    for look in [
        r#""stroke": {"color": "ink", "width": 100}"#,
        r#""shadow": {"color": "ink", "dx": 100, "dy": 0, "blur": 0, "opacity": 1}"#,
    ] {
        let shape = format!(
            r##"{{"type": "rectangle", "x": 200, "y": 200, "width": 400, "height": 400, "fill": "#ffcc00", "opacity": 0.5, {look}}}"##
        );
        let png = draw(&accepted(&with(&shape)).0, &[], Format::Png, Some(1000)).expect("a picture");
        let [fill, edge] = colors(&png, [[400, 400], [625, 400]]);
        assert!(near(fill, half([255.0, 204.0, 0.0], 0.5)) && near(edge, half(ink, 0.5)), "{look}: {fill:?} {edge:?}");
    }
}

#[test]
fn a_text_in_a_faded_group_is_held_to_what_is_seen() {
    let group = |opacity: f64, ground: &str, words: &str| {
        let text = text(&format!(r#""fill": "{words}""#));
        let text = text.split_once("\"layers\": [").expect("layers").1.trim_end_matches(['}', ']']).to_owned() + "}";
        let ground = format!(r#"{{"type": "rectangle", "x": 0, "y": 0, "width": 1000, "height": 1000, "fill": "{ground}"}}"#);
        with(&format!(r#"{{"type": "group", "x": 0, "y": 0, "opacity": {opacity}, "layers": [{ground}, {text}]}}"#))
    };
    // White on black that is half gone is white on grey, not grey on grey.
    assert_eq!(codes(&group(0.5, "#000000", "paper")).1, Vec::<&str>::new());
    // What hardly differs from what it lies on needs less fading: no colour would do.
    let faint = group(0.25, "ink", "paper").replace(r#""background": "paper""#, r#""background": "ink""#);
    let (file, made) = accepted(&faint);
    assert_eq!(made.iter().map(|c| (c.code, c.path.as_str())).collect::<Vec<_>>(), [("contrast", "/layers/0/opacity")], "{file}");
    assert_eq!(codes(&file).1, Vec::<&str>::new());
}

/// The schema is written for models and people; the reader decides. Both must know the same words.
#[test]
fn the_schema_names_what_the_reader_takes() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../schema/parametric-1.json")).expect("json");
    let kinds = schema["$defs"]["Layer"]["oneOf"].as_array().expect("layers");
    let parameters = schema["$defs"]["Parameter"]["oneOf"].as_array().expect("parameters");
    assert_eq!((kinds.len(), parameters.len()), (8, 5));
    for kind in kinds {
        let name = kind["properties"]["type"]["const"].as_str().expect("a name");
        let layer = match name {
            "line" => {
                r#"{"type": "line", "x1": 0, "y1": 0, "x2": 9, "y2": 9, "stroke": {"color": "ink", "width": 1}}"#.to_owned()
            }
            "polygon" => r#"{"type": "polygon", "points": [[0, 0], [9, 9], [0, 9]], "fill": "ink"}"#.to_owned(),
            "path" => {
                r#"{"type": "path", "d": "M0 0 L100 0 L50 100 Z", "x": 9, "y": 9, "width": 90, "height": 90, "fill": "ink"}"#.to_owned()
            }
            "group" | "repeat" => format!(
                r#"{{"type": "{name}", "x": 0, "y": 0, {} "layers": [{{"type": "rectangle", "x": 1, "y": 1, "width": 9, "height": 9, "fill": "ink"}}]}}"#,
                if name == "repeat" { r#""pattern": "grid", "count": 2,"# } else { "" }
            ),
            "text" => r#"{"type": "text", "text": "a", "x": 100, "y": 100, "width": 90, "height": 90, "size": 40, "font": "sans", "weight": "bold", "align": "left", "fill": "ink"}"#.to_owned(),
            _ => format!(r#"{{"type": "{name}", "x": 100, "y": 100, "width": 90, "height": 90, "fill": "ink"}}"#),
        };
        assert_eq!(codes(&with(&layer)).1, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn a_pdf_is_a_page_with_its_fonts() {
    let pdf = picture(&accepted(EXAMPLE).0, Format::Pdf);
    assert!(pdf.starts_with(b"%PDF-1.") && pdf.ends_with(b"%%EOF\n"));
    let has = |needle: &str| pdf.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(has("/CIDFontType2") && has("/FontFile2"));
    // 1080 by 1350 pixels of a 96th of an inch.
    assert!(has("/MediaBox [0 0 810 1012.5]"));
}

#[test]
fn pictures_are_the_same_bytes_each_time() {
    let (file, _) = accepted(EXAMPLE);
    for format in [Format::Svg, Format::SvgOutlines, Format::Png, Format::Pdf] {
        let once = picture(&file, format);
        for _ in 0..5 {
            assert!(picture(&file, format) == once, "{format:?}");
        }
    }
    let png = draw(&file, &[], Format::Png, Some(300)).expect("a picture");
    assert_eq!(png.get(16..24), Some([0, 0, 1, 44, 0, 0, 1, 119].as_slice()), "300 by 375");
}
