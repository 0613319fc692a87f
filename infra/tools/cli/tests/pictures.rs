//! `asknpic check`, `render` and `gallery` as a person runs them, with the components as they were built last.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");
/// As models write them: in a fence, with a trailing comma, a number as a string and a colour that nothing has.
const CLUMSY: &str = r##"Here you are:
```json
{
  "version": 1, "title": "Blue Quokka",
  "canvas": { "width": "800", "height": 600, "unit": "px", "margin": 40, "background": "navy" },
  "palette": [{ "name": "navy", "color": "#12284c" }, { "name": "cream", "color": "#f4ead2" }],
  "parameters": [
    { "type": "text", "name": "title", "label": "Title", "default": "Blue Quokka" },
    { "type": "number", "name": "size", "label": "Size", "default": 90, "min": 40, "max": 120, "step": 1 },
  ],
  "layers": [
    { "type": "text", "text": "{title}", "x": 40, "y": 40, "width": 720, "height": 300,
      "font": "serif", "weight": "bold", "size": "size", "fill": "ivory", "align": "left" },
  ]
}
```"##;

/// A run in the project, with `input` on its standard input.
fn asknpic(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asknpic"));
    command.args(arguments).current_dir(ROOT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn good(output: &Output) -> &str {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What was said of a refusal.
fn refused(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    text(&output.stderr)
}

fn path(dir: &Path, name: &str) -> String {
    dir.join(name).to_str().unwrap().to_owned()
}

fn size_of_png(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn a_clumsy_file_is_accepted_and_its_final_file_needs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (raw, last) = (path(dir.path(), "raw.json"), path(dir.path(), "final.json"));
    fs::write(&raw, CLUMSY).unwrap();
    let told = asknpic(&["check", &raw, "--out", &last], "");
    let told = good(&told);
    assert!(told.starts_with("accepted, ") && !told.starts_with("accepted, no"), "{told}");
    for part in ["repaired-json", "dangling-reference", "/layers/0/fill"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(good(&asknpic(&["check", &last], "")).starts_with("accepted, no corrections, complexity "));

    let json = asknpic(&["check", "-", "--json"], CLUMSY);
    let verdict: Value = serde_json::from_str(good(&json)).unwrap();
    assert_eq!(verdict["verdict"], "accepted");
    assert_eq!(verdict["file"].as_str(), Some(fs::read_to_string(&last).unwrap().as_str()));
    assert!(verdict["corrections"].as_array().unwrap().iter().any(|correction| correction["code"] == "repaired-json"));
}

#[test]
fn what_cannot_be_corrected_is_rejected_with_exit_code_1() {
    let output = asknpic(&["check", "-"], "I would rather not.");
    assert!(refused(&output).contains("error: - is rejected"));
    assert!(text(&output.stdout).starts_with("rejected\n  /  not-json  "), "{}", text(&output.stdout));

    let output = asknpic(&["check", "-", "--json"], "[]");
    refused(&output);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["verdict"], "rejected");
    let message = verdict["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("JSON"), "{message}");

    assert!(refused(&asknpic(&["check", "no-such-file.json"], "")).contains("no-such-file.json"));
    let rejected = asknpic(&["render", "-", "--out", "-"], "[]");
    assert!(refused(&rejected).contains(&format!("- is rejected: {message}")));
    assert!(rejected.stdout.is_empty());
}

#[test]
fn a_file_is_drawn_in_every_format_and_with_other_values() {
    let dir = tempfile::tempdir().unwrap();
    let draw = |arguments: &[&str], name: &str| {
        let out = path(dir.path(), name);
        let output = asknpic(&[&["render", "-", "--out", &out], arguments].concat(), CLUMSY);
        assert!(good(&output).contains(name));
        assert!(text(&output.stderr).contains("dangling-reference"), "what was corrected is told");
        fs::read(out).unwrap()
    };
    let svg = draw(&[], "a.svg");
    assert!(text(&svg).contains("<svg") && text(&svg).contains("Blue Quokka"));
    assert!(!text(&draw(&["--format", "svg-outlines"], "b.svg")).contains("<text"));
    assert_eq!(size_of_png(&draw(&[], "c.png")), (800, 600));
    assert_eq!(size_of_png(&draw(&["--width", "400"], "d.png")), (400, 300));
    assert!(draw(&[], "e.pdf").starts_with(b"%PDF-"));
    let changed = draw(&["--param", "title=k=Känguru", "--param", "size=60"], "f.svg");
    assert!(text(&changed).contains("k=Känguru") && changed != svg);

    let piped = asknpic(&["render", "-", "--out", "-"], CLUMSY);
    good(&piped);
    assert_eq!(piped.stdout, svg, "the same bytes each time");
}

#[test]
fn values_that_do_not_fit_are_told_by_name() {
    for (arguments, part) in [
        (["--param", "nobody=1"], "nobody is not a parameter"),
        (["--param", "size=1000"], "size "),
        (["--width", "5000"], "width "),
    ] {
        let output = asknpic(&[&["render", "-", "--format", "png", "--out", "-"], &arguments[..]].concat(), CLUMSY);
        assert!(refused(&output).contains(part), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
    let output = asknpic(&["render", "-", "--param", "title"], CLUMSY);
    assert_eq!(output.status.code(), Some(2), "a fault of the command line");
}

#[test]
fn without_built_components_it_says_how_to_build_them() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(Path::new(ROOT).join("spin.toml"), dir.path().join("spin.toml")).unwrap();
    fs::write(dir.path().join("x.json"), CLUMSY).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_asknpic")).args(["check", "x.json"]).current_dir(dir.path()).output().unwrap();
    let told = refused(&output);
    assert!(told.contains("asknpic build") && told.contains("checker.wasm"), "{told}");
}

#[test]
fn a_gallery_is_one_page_and_one_sheet() {
    let dir = tempfile::tempdir().unwrap();
    let out = path(dir.path(), "gallery");
    let output = asknpic(&["gallery", "--no-build", "--first", "2", "--out", &out], "");
    let told = good(&output);
    assert!(told.contains("index.html") && told.contains("sheet.png"), "{told}");
    let page = fs::read_to_string(Path::new(&out).join("index.html")).unwrap();
    assert_eq!(page.matches("<img ").count(), 2);
    assert_eq!(page.matches("src=\"data:image/svg+xml;base64,").count(), 2);
    assert!(page.contains("Poster for a jazz night") && page.contains("Affiche de Noël"), "the briefs are under their pictures");
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing is loaded");
    let (width, height) = size_of_png(&fs::read(Path::new(&out).join("sheet.png")).unwrap());
    assert!(width > 2_000 && height > 500, "{width} x {height}");
}
