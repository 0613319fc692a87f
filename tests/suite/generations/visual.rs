//! Rendered visuals: SVG, PNG and PDF, with other values for the file's parameters.

use asknpic_local::model::Fault;
use e2e::haystack::Haystack;
use e2e::http::Call;
use e2e::{Answer, Need, Person, World};
use serde_json::{Value, json};

use super::{id, part, request};

/// A file with a parameter of each type, which needs no correction.
const FILE: &str = include_str!("../../fixtures/visual.json");

async fn made_of(world: &World, person: &Person, file: &str) -> Value {
    world.model().fault(Fault::Scripted { contents: [file.to_owned()].into() }).await;
    request(world, person, "whatever the script says").send().await.expect(201).json()
}

/// A world whose person has one generation, of [`FILE`].
async fn world() -> (World, Person, String) {
    let world = World::needing(&[Need::Databases, Need::Model]).start().await;
    let person = world.person().await;
    let made = made_of(&world, &person, FILE).await;
    assert_eq!(made["corrected"], false, "{made}");
    let id = id(&made).to_owned();
    (world, person, id)
}

fn size_of_png(answer: &Answer) -> (u32, u32) {
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(&answer.body[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(answer.body[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[e2e::test]
async fn a_visual_is_rendered_as_svg_and_png() {
    let (world, person, id) = world().await;
    let svg = part(&world, &person, &id, "visual.svg").await.expect(200);
    assert!(svg.header("content-type").unwrap().starts_with("image/svg+xml"));
    let policy = svg.header("content-security-policy").unwrap();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'") && !policy.contains("script"), "{policy}");
    let text = svg.text();
    assert!(text.contains("<svg") && text.contains("Blue Quokka"), "text is text: {text}");
    for active in ["<script", "onload", "javascript:", "<foreignObject", "<!ENTITY", "href=\"http"] {
        assert!(!text.to_lowercase().contains(&active.to_lowercase()), "{active}");
    }
    assert_eq!(size_of_png(&part(&world, &person, &id, "visual.png").await.expect(200)), (800, 600));
    for width in [16, 100, 1_600, 4_096] {
        let answer = part(&world, &person, &id, &format!("visual.png?width={width}")).await.expect(200);
        let (found, height) = size_of_png(&answer);
        assert_eq!(found, width);
        assert!(height.abs_diff(width * 3 / 4) <= 1, "{height}");
    }
    let again = part(&world, &person, &id, "visual.svg").await;
    assert_eq!(again.body, svg.body, "the same each time");
    for format in ["svg", "png"] {
        let body = json!({ "format": format, "parameters": {} });
        let posted = post(&world, &person, &id).json(&body).send().await.expect(200);
        let got = part(&world, &person, &id, &format!("visual.{format}")).await;
        assert_eq!((posted.header("content-type"), &posted.body), (got.header("content-type"), &got.body));
    }
}

fn post(world: &World, person: &Person, id: &str) -> Call {
    world.post(&format!("/v1/generations/{id}/visual")).bearer(&person.access)
}

#[e2e::test]
async fn a_pdf_is_a_pdf() {
    let (world, person, id) = world().await;
    let pdf = part(&world, &person, &id, "visual.pdf").await.expect(200);
    assert_eq!(pdf.header("content-type"), Some("application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-1.") && pdf.body.trim_ascii_end().ends_with(b"%%EOF"));
}

#[e2e::test]
async fn parameters_take_other_values_in_the_address_and_texts_in_the_body() {
    let (world, person, id) = world().await;
    let svg = async |query: &str| part(&world, &person, &id, &format!("visual.svg{query}")).await.expect(200).text();
    let plain = svg("").await;
    assert!(plain.contains("#d9b45b") && !plain.contains("#ff0055"));
    let red = svg("?p.accent=%23ff0055").await;
    assert!(red.contains("#ff0055") && !red.contains("#d9b45b"));
    for query in ["?p.moon=60", "?p.sky=stars", "?p.show_line=false", "?p.moon=60&p.sky=stars&p.accent=%2300aa66"] {
        assert_ne!(svg(query).await, plain, "{query}");
    }
    assert_eq!(svg("?p.moon=120&p.sky=clear&p.show_line=true").await, plain);

    let file = part(&world, &person, &id, "file").await.expect(200);
    // A text is nobody's business on the way: it travels in the body.
    let secret = "Zoë&<Söhne>";
    let query = part(&world, &person, &id, "visual.svg?p.headline=Hello").await;
    assert_eq!(query.bad_fields(), ["p.headline"]);
    let body =
        json!({ "format": "svg", "parameters": { "headline": secret, "moon": 60, "show_line": false, "accent": "#ff0055" } });
    let text = post(&world, &person, &id).json(&body).send().await.expect(200).text();
    assert!(text.contains("Zoë&amp;&lt;Söhne") && text.contains("#ff0055"), "{text}");
    let all = Haystack::of_cells(&world.dump_all().await);
    assert!(all.places_of("Söhne".as_bytes()).is_empty(), "values are not kept");
    assert_eq!(part(&world, &person, &id, "file").await.expect(200).body, file.body, "the file is as it was");
}

#[e2e::test]
async fn what_is_done_to_texts_at_the_values_of_the_moment_is_told_in_a_header() {
    let (world, person, id) = world().await;
    for kind in ["svg", "png", "pdf"] {
        let plain = part(&world, &person, &id, &format!("visual.{kind}")).await.expect(200);
        assert_eq!(plain.header("visual-corrections"), None, "{kind}: nothing was done");
    }
    let secret = "Anna Quartz ".repeat(160);
    let body = json!({ "format": "png", "parameters": { "headline": secret } });
    let answer = post(&world, &person, &id).json(&body).send().await.expect(200);
    let told = answer.header("visual-corrections").expect("what was done");
    assert!(told.contains("does-not-fit;at=\"/layers/"), "{told}");
    // Codes and positions, nothing of the text (promise a14).
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-;=\"/, ".contains(c);
    assert!(told.chars().all(allowed) && !told.contains("quartz"), "{told}");
}

#[e2e::test]
async fn values_that_do_not_fit_are_422_with_their_parameter() {
    let (world, person, id) = world().await;
    for (query, field) in [
        ("visual.png?width=15", "width"),
        ("visual.png?width=4097", "width"),
        ("visual.png?width=x", "width"),
        ("visual.png?width=100&width=200", "width"),
        ("visual.svg?width=100", "width"),
        ("visual.svg?p.nothing=1", "p.nothing"),
        ("visual.svg?p.moon=39", "p.moon"),
        ("visual.svg?p.moon=201", "p.moon"),
        ("visual.svg?p.moon=1e999", "p.moon"),
        ("visual.svg?p.moon=NaN", "p.moon"),
        ("visual.svg?p.moon=", "p.moon"),
        ("visual.svg?p.accent=red%22%2F%3E", "p.accent"),
        ("visual.svg?p.accent=url(http://evil.example)", "p.accent"),
        ("visual.svg?p.sky=rain", "p.sky"),
        ("visual.svg?p.show_line=maybe", "p.show_line"),
        ("visual.svg?moon=60", "moon"),
    ] {
        let answer = part(&world, &person, &id, query).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text());
        assert_eq!(answer.bad_fields(), [field], "{query}");
    }
    for (body, field) in [
        (json!({ "format": "gif", "parameters": {} }), "format"),
        (json!({ "format": "svg", "width": 100, "parameters": {} }), "width"),
        (json!({ "format": "png", "width": 5_000, "parameters": {} }), "width"),
        (json!({ "format": "svg", "parameters": { "moon": 1_000 } }), "parameters.moon"),
        (json!({ "format": "svg", "parameters": { "headline": "x".repeat(8_001) } }), "parameters.headline"),
        (json!({ "format": "svg", "parameters": { "nothing": "x" } }), "parameters.nothing"),
    ] {
        let answer = post(&world, &person, &id).json(&body).send().await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        assert_eq!(answer.bad_fields(), [field], "{body}");
    }
}

#[e2e::test]
async fn no_text_breaks_a_picture() {
    let (world, person, id) = world().await;
    let long = "x".repeat(2_000);
    let words = "word ".repeat(400);
    for text in [
        "a\u{0}b\u{1b}c\u{fffe}",
        "]]><script>alert(1)</script>",
        "{headline}{moon}",
        "\u{202e}evil",
        "🌍👩‍👩‍👧",
        "",
        " ",
        "\n\n",
        &long,
        &words,
    ] {
        for format in ["svg", "png"] {
            let body = json!({ "format": format, "parameters": { "headline": text } });
            let answer = post(&world, &person, &id).json(&body).send().await;
            // Refused with its field, or drawn as far as it can be.
            if answer.status == 422 {
                assert_eq!(answer.bad_fields(), ["parameters.headline"]);
                continue;
            }
            let picture = answer.expect(200);
            if format == "svg" {
                let svg = picture.text();
                let allowed = |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
                assert!(svg.chars().all(allowed), "a character that XML does not have: {text:?}");
                assert!(!svg.contains("<script"), "{text:?}");
            }
        }
    }
}

#[e2e::test]
async fn renderings_of_a_session_are_limited() {
    let (world, person, id) = world().await;
    part(&world, &person, &id, "visual.svg").await.expect(200);
    // 120 a minute; the first 119 are taken for granted.
    let taken = "update limits set used = 119 where key like 'render-session:%'";
    assert!(world.accounts().await.execute(taken, &[]).await.unwrap() >= 1);
    part(&world, &person, &id, "visual.png").await.expect(200);
    let answer = part(&world, &person, &id, "visual.svg").await;
    answer.problem("rate-limited");
    assert!(answer.retry_after() <= 60);
    part(&world, &person, &id, "file").await.expect(200);
}

#[e2e::test]
async fn a_corrected_file_keeps_its_raw_form_its_log_and_says_so() {
    let (world, person, _) = world().await;
    let before = world.counts().await;
    // A text far outside of the canvas, in a size that does not fit.
    let raw = FILE.replace(
        "\"x\": 40, \"y\": 400, \"width\": 400, \"height\": 160",
        "\"x\": 780, \"y\": 590, \"width\": 400, \"height\": 160",
    );
    assert_ne!(raw, FILE);
    let made = made_of(&world, &person, &raw).await;
    assert_eq!(made["corrected"], true, "{made}");
    assert!(made["notice"].as_str().is_some_and(|notice| !notice.is_empty()));
    assert_ne!(made["file"], serde_json::from_str::<Value>(&raw).unwrap());
    let kept = part(&world, &person, id(&made), "raw").await.expect(200);
    assert_eq!(kept.text(), raw);
    assert!(kept.header("content-type").unwrap().starts_with("text/plain"), "nothing but the checker parses it");
    let log = part(&world, &person, id(&made), "corrections").await.expect(200).json();
    let items = log["items"].as_array().unwrap();
    assert!(!items.is_empty());
    for item in items {
        assert!(
            item["code"].is_string() && item["path"].as_str().unwrap().starts_with('/') && item["numbers"].is_array(),
            "{item}"
        );
    }
    assert_eq!(Haystack::of_text("the log", &log.to_string()).pieces_of(b"Blue Quokka", b""), Vec::<String>::new());
    part(&world, &person, id(&made), "visual.svg").await.expect(200);
    let list = world.get("/v1/generations").bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&list["items"][0]["corrected"], &list["items"][1]["corrected"]), (&json!(true), &json!(false)));
    // Neither exists where nothing was corrected.
    assert_eq!(world.counts().await["files.files"] - before["files.files"], 2, "a final file and a raw one");
}
