//! What the composer writes is what the checker wants to read.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

use asknpic_composer::compose;
use parametric::Verdict;
use proptest::prelude::*;
use serde_json::Value;

const BRIEFS: &str = include_str!("briefs.txt");

fn parsed(brief: &str, seed: u64) -> Value {
    serde_json::from_str(&compose(brief, seed)).unwrap()
}

fn accepted(brief: &str, seed: u64) -> bool {
    matches!(parametric::check(&compose(brief, seed)), Verdict::Accepted { .. })
}

fn parameter<'a>(file: &'a Value, name: &str) -> &'a Value {
    file["parameters"].as_array().unwrap().iter().find(|parameter| parameter["name"] == name).unwrap_or(&Value::Null)
}

#[test]
fn every_brief_gives_a_file_that_needs_no_correction() {
    for brief in BRIEFS.lines() {
        for seed in 0..12 {
            let text = compose(brief, seed);
            assert!(text.len() < 48 * 1024, "{brief} {seed}: {} bytes", text.len());
            match parametric::check(&text) {
                Verdict::Accepted { corrections, .. } => assert!(corrections.is_empty(), "{brief} {seed}: {corrections:?}"),
                Verdict::Rejected(findings) => unreachable!("{brief} {seed}: {findings:?}"),
            }
        }
    }
}

#[test]
fn the_same_brief_and_seed_give_the_same_file_and_others_do_not() {
    for brief in BRIEFS.lines() {
        assert_eq!(compose(brief, 1), compose(brief, 1));
        assert!((2..9).any(|seed| compose(brief, seed) != compose(brief, 1)), "{brief}");
    }
    let files: std::collections::BTreeSet<String> = BRIEFS.lines().map(|brief| compose(brief, 1)).collect();
    assert_eq!(files.len(), BRIEFS.lines().count());
}

#[test]
fn the_colours_the_texts_and_the_dates_of_a_brief_are_in_its_picture() {
    let brief = "Poster for a jazz night, navy and gold, \"Blue Hour\", \"Live until late\", 12 December at 8pm";
    for seed in 0..6 {
        let file = parsed(brief, seed);
        let colors: Vec<&str> =
            file["palette"].as_array().unwrap().iter().filter_map(|swatch| swatch["color"].as_str()).collect();
        assert!(colors.contains(&"#0f2547") && colors.contains(&"#d6a53c"), "{colors:?}");
        for (name, text) in [
            ("title", "Blue Hour"),
            ("subtitle", "Live until late"),
            ("kicker", "Jazz Night"),
            ("date", "12 December"),
            ("time", "8pm"),
        ] {
            assert_eq!(parameter(&file, name)["default"], text, "{seed} {name}");
        }
    }
}

#[test]
fn every_text_parameter_is_shown() {
    for brief in BRIEFS.lines() {
        let text = compose(brief, 3);
        let file: Value = serde_json::from_str(&text).unwrap();
        for parameter in file["parameters"].as_array().unwrap() {
            if parameter["type"] == "text" {
                let name = parameter["name"].as_str().unwrap();
                assert!(text.contains(&format!("{{{name}}}")), "{brief}: {name}");
            }
        }
    }
}

#[test]
fn labels_are_in_the_brief_s_language() {
    assert_eq!(parameter(&parsed("affiche pour une fête, rouge", 1), "background")["label"], "Couleur de fond");
    assert_eq!(parameter(&parsed("poster for a party, red", 1), "background")["label"], "Background colour");
}

#[test]
fn a_format_decides_the_canvas() {
    for (brief, width, height) in [
        ("a banner", 1600, 640),
        ("une affiche", 1080, 1527),
        ("a story", 1080, 1920),
        ("carte de visite", 1050, 660),
        ("a logo", 1000, 1000),
        ("a square poster", 1080, 1080),
        ("a poster of 800x600", 800, 600),
    ] {
        let file = parsed(brief, 0);
        assert_eq!((&file["canvas"]["width"], &file["canvas"]["height"]), (&width.into(), &height.into()), "{brief}");
    }
}

#[test]
fn odd_briefs_have_a_picture_too() {
    let long = "word ".repeat(800);
    let wide = "x".repeat(4000);
    let quoted = format!("\"{}\"", "so many words ".repeat(60));
    for brief in [
        "",
        "x",
        "\"\"",
        "🎉🎉🎉",
        "\u{202e}abc",
        "海报 音乐会",
        "{title}",
        "\"{title}\" {",
        "menu\n- soup 8.50\n- tarte 7",
        &long,
        &wide,
        &quoted,
    ] {
        for seed in 0..8 {
            let verdict = parametric::check(&compose(brief, seed));
            assert!(
                matches!(verdict, Verdict::Accepted { .. }),
                "{} {seed}: {verdict:?}",
                brief.chars().take(40).collect::<String>()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(brief in "\\PC{0,120}", seed in any::<u64>()) {
        prop_assert!(accepted(&brief, seed));
    }

    #[test]
    fn nor_do_words_it_knows(words in prop::collection::vec(prop::sample::select(WORDS), 0..30), seed in any::<u64>()) {
        let brief = words.join("");
        prop_assert!(accepted(&brief, seed), "{}", brief);
    }
}

const WORDS: &[&str] = &[
    "poster ",
    "affiche ",
    "menu ",
    "logo ",
    "badge ",
    "ticket ",
    "quote: ",
    "carte de visite ",
    "banner ",
    "\"",
    "«",
    "»",
    "'",
    "’",
    ", ",
    "\n",
    "12 ",
    "€",
    "20h",
    ":",
    "/",
    "12/12/2026 ",
    "samedi ",
    "june ",
    "at ",
    "à ",
    "Paris ",
    "l'",
    "é",
    "œ",
    "gold ",
    "on ",
    "navy ",
    "jazz ",
    "noël ",
    "tech ",
    "top left ",
    "en bas ",
    "called ",
    "titre: ",
    "1080x",
    "500 ",
    "a@b.fr ",
    "06 12 34 56 78 ",
    "-",
    ".",
    "ŉ",
    "ß",
    "ǰ",
    "İ",
    "𝒳",
    "\u{301}",
    "wide ",
    "pour ",
    "the ",
];

/// A first answer has 3,072 tokens of about four bytes; a cut-off file would lose its texts.
#[test]
fn a_file_fits_the_tokens_of_one_answer() {
    for brief in include_str!("briefs.txt").lines().filter(|line| !line.is_empty()) {
        for seed in 0..12 {
            let length = asknpic_composer::compose(brief, seed).len();
            assert!(length <= 12_000, "{brief} {seed}: {length}");
        }
    }
}
