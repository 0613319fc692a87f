//! What is kept and told of corrections, how outputs are marked, and what can not get through them.

use std::collections::BTreeSet;
use std::process::Command;

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use e2e::events::Events;
use e2e::harness::ignore_without;
use e2e::haystack::Haystack;
use e2e::http::Call;
use e2e::wasm::imports;
use e2e::world::root;
use e2e::{Answer, Need, Person, World};
use serde_json::{Value, json};

const NEEDS: [Need; 2] = [Need::OwnDatabases, Need::Model];
/// A file that needs no correction.
const FILE: &str = include_str!("../../fixtures/visual.json");
/// Somebody whose name is in the brief, and so in all that the model writes.
const BRIEF: &str = "Birthday card for Zenobia Quillfeather, born in Wintersingen, with her dog Barnabas";

fn order(world: &World, person: &Person) -> Call {
    world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }))
}

async fn made_of(world: &World, person: &Person, answers: &[&str]) -> Value {
    let contents = answers.iter().map(|&answer| answer.to_owned()).collect();
    world.model().fault(Fault::Scripted { contents }).await;
    order(world, person).send().await.expect(201).json()
}

async fn part(world: &World, person: &Person, made: &Value, name: &str) -> Answer {
    let path = format!("/v1/generations/{}/{name}", made["id"].as_str().unwrap());
    world.get(path.trim_end_matches('/')).bearer(&person.access).send().await
}

async fn kinds(world: &World, made: &Value) -> Vec<i16> {
    let id: uuid::Uuid = made["id"].as_str().unwrap().parse().unwrap();
    let sql = "select kind from files where generation_id = $1 order by kind";
    let rows = world.database(Database::Files).await.query(sql, &[&id]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[e2e::test]
async fn promise_a13_a_corrected_file_keeps_its_raw_form_and_a_log_and_says_so() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;

    // As it was: no raw file, no log, no notice.
    let plain = made_of(&world, &person, &[FILE]).await;
    assert_eq!((&plain["corrected"], &plain["notice"]), (&json!(false), &Value::Null));
    part(&world, &person, &plain, "raw").await.problem("not-found");
    let log = part(&world, &person, &plain, "corrections").await.expect(200).json();
    assert_eq!(log["items"], json!([]));
    let final_kind = kinds(&world, &plain).await;
    assert_eq!(final_kind.len(), 1, "the final file only");

    // Corrected: pale letters, too large for their box.
    let raw = FILE.replace("\"size\": 60, \"fill\": \"cream\"", "\"size\": 600, \"fill\": \"night\"");
    assert_ne!(raw, FILE);
    world.model().fault(Fault::Scripted { contents: [raw.clone()].into() }).await;
    let mut events = Events::open(order(&world, &person)).await;
    let mut told = None;
    let corrected = loop {
        let event = events.next().await.expect("an event");
        match event.name.as_str() {
            "corrected" => told = Some(event.data),
            "done" => break event.data,
            "error" => panic!("{}", event.data),
            _ => {}
        }
    };
    assert_eq!(corrected["corrected"], true);
    let english = corrected["notice"].as_str().expect("a notice").to_owned();
    let path = format!("/v1/generations/{}", corrected["id"].as_str().unwrap());
    let french = world.get(&path).bearer(&person.access).header("accept-language", "fr").send().await.expect(200).json();
    assert_ne!(french["notice"].as_str().expect("a notice"), english);
    assert_eq!(part(&world, &person, &corrected, "raw").await.expect(200).text(), raw, "kept as it was written");
    let items = part(&world, &person, &corrected, "corrections").await.expect(200).json()["items"].clone();
    let codes: BTreeSet<&str> = items.as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect();
    assert!(codes.contains("contrast") && codes.contains("does-not-fit"), "{codes:?}");
    let told = told.expect("the event");
    assert_eq!(told.get("corrections").or_else(|| told.get("items")).unwrap_or(&told), &items, "told as it happens");
    let final_file = part(&world, &person, &corrected, "file").await.expect(200).json();
    assert_ne!(final_file, serde_json::from_str::<Value>(&raw).unwrap());

    // Apart: a row of its own kind, encrypted; the log in another database.
    let kept = kinds(&world, &corrected).await;
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&final_kind[0]));
    let cells = Haystack::of_cells(&world.dump_all().await);
    cells.lacks("the raw file", b"\"size\": 600");
}

#[e2e::test]
async fn promise_a14_neither_log_nor_findings_nor_scores_tell_anything_of_a_person() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let names = ["Zenobia", "Quillfeather", "Wintersingen", "Barnabas"];
    // Names in every place where a model may put one, and something to correct in each.
    let personal = json!({
        "version": 1, "title": "For Zenobia", "zenobia": 1,
        "canvas": { "width": 800, "height": 600, "unit": "quillfeather", "margin": 40, "background": "barnabas" },
        "palette": [{ "name": "zenobia", "color": "Wintersingen" }, { "name": "quillfeather", "color": "#f4ead2" }, { "name": "quillfeather", "color": "#000000" }],
        "parameters": [{ "type": "barnabas", "name": "zenobia", "label": "Zenobia", "default": 1 }],
        "layers": [
            { "type": "text", "text": "Zenobia Quillfeather of Wintersingen ".repeat(40), "x": 700, "y": 500, "width": 300, "height": 60, "font": "barnabas",
              "weight": "zenobia", "size": 90, "fill": "wintersingen", "align": "quillfeather", "when": "barnabas == zenobia" },
            { "type": "quillfeather", "zenobia": "barnabas" },
            { "type": "rectangle", "x": "zenobia * 2", "y": 0, "width": 90, "height": 90, "fill": "zenobia", "barnabas": true },
        ],
    });
    let unusable =
        json!({ "layers": [{ "type": "zenobia", "text": "Quillfeather" }, { "type": "text", "wintersingen": "Barnabas" }] });
    let made = made_of(&world, &person, &[&unusable.to_string(), &personal.to_string()]).await;

    // The log: codes, schema words and positions, numbers.
    let schema = world.get("/schemas/parametric-1.json").send().await.expect(200).text();
    let items = part(&world, &person, &made, "corrections").await.expect(200).json()["items"].clone();
    let items = items.as_array().unwrap();
    assert!(items.len() >= 8, "{items:?}");
    for item in items {
        let fields: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["code", "numbers", "path"].into());
        assert!(item["code"].as_str().unwrap().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{item}");
        assert!(item["numbers"].as_array().unwrap().iter().all(Value::is_number), "{item}");
        for word in item["path"].as_str().unwrap().split('/').skip(1) {
            assert!(word.parse::<usize>().is_ok() || schema.contains(&format!("\"{word}\":")), "{item}");
        }
    }
    // What the second call was told of the first answer.
    let chats: Vec<Value> = world.model().requests().await.into_iter().filter(|request| request["path"] == "/api/chat").collect();
    assert_eq!(chats.len(), 2);
    let systems: Vec<String> = chats
        .iter()
        .map(|chat| {
            let messages = chat["body"]["messages"].as_array().expect("messages").iter();
            let system = messages.filter(|message| message["role"] == "system");
            system.map(|message| message["content"].as_str().unwrap_or_default()).collect()
        })
        .collect();
    assert!(systems[1].len() > systems[0].len() && systems[1].contains("/layers/0"), "the findings are fed back");
    // Everything that is kept beside the content, and what was logged.
    let kept = Haystack::of_cells(&world.dump(Database::Accounts).await);
    let mut generation = part(&world, &person, &made, "").await.expect(200).json();
    assert!(generation["complexity"].is_number());
    generation.as_object_mut().unwrap().remove("file");
    let rest = [
        ("the log", json!(items).to_string()),
        ("the findings", systems[1].clone()),
        ("the generation", generation.to_string()),
        ("the logs", world.logs()),
    ];
    for name in names {
        kept.lacks(name, name);
        for (place, text) in &rest {
            Haystack::of_text(place, text).lacks(name, name);
        }
    }
}

/// What exiftool reads in a file of that ending; nothing where it is not installed.
fn tags(bytes: &[u8], ending: &str) -> Option<Value> {
    let file = tempfile::Builder::new().suffix(ending).tempfile().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let output = Command::new("exiftool").args(["-json", "-G1", "-n"]).arg(file.path()).output().ok()?;
    let all: Value = serde_json::from_slice(&output.stdout).expect("exiftool's JSON");
    Some(all[0].clone())
}

#[e2e::test]
async fn promise_a72_every_output_says_that_it_was_generated() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let made = made_of(&world, &person, &[FILE]).await;
    assert_eq!(made["ai_generated"], true);
    let id = made["id"].as_str().unwrap();
    let post = async |format: &str| {
        let body = json!({ "format": format, "parameters": { "headline": "Another" } });
        let call = world.post(&format!("/v1/generations/{id}/visual")).bearer(&person.access).json(&body);
        call.send().await.expect(200).body.to_vec()
    };
    let mut outputs = Vec::new();
    for ending in ["svg", "png", "pdf"] {
        outputs.push((ending, part(&world, &person, &made, &format!("visual.{ending}")).await.expect(200).body.to_vec()));
        outputs.push((ending, post(ending).await));
    }
    outputs.push(("svg", post("svg-outlines").await));
    for (ending, bytes) in &outputs {
        // Whatever reads it, the words are there.
        for words in ["http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", id, "Made with AI by Ask N Pic"] {
            assert!(bytes.windows(words.len()).any(|window| window == words.as_bytes()), "{ending} lacks {words}");
        }
        let Some(tags) = tags(bytes, &format!(".{ending}")) else {
            ignore_without("exiftool", "it is not installed");
        };
        let value = |name: &str| {
            let found = tags.as_object().unwrap().iter().find(|(key, _)| key.ends_with(&format!(":{name}")));
            found.and_then(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("{ending} has no {name}: {tags}")).to_owned()
        };
        assert_eq!(value("DigitalSourceType"), "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia");
        assert_eq!(value("Identifier"), format!("urn:uuid:{id}"));
        assert_eq!(value("CreatorTool"), "Ask N Pic");
        assert!(tags.to_string().contains("Made with AI by Ask N Pic"), "for people: {tags}");
    }
}

#[e2e::test]
async fn promise_c02_what_a_model_writes_is_parsed_where_it_can_reach_nothing_and_filtered() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;

    // The sandbox: no network, no database, no variables. (usvg asks for a file system; a dependency is given none.)
    for (name, more) in [("checker", None), ("renderer", Some("wasi:filesystem"))] {
        let file = root().join(format!("target/wasm32-wasip2/release/{name}.wasm"));
        let packages: BTreeSet<String> =
            imports(&file).into_keys().map(|import| import.split('/').next().unwrap().to_owned()).collect();
        for package in packages {
            let basic = ["wasi:cli", "wasi:clocks", "wasi:io", "wasi:random"].contains(&package.as_str());
            assert!(basic || Some(package.as_str()) == more, "{name} imports {package}");
        }
    }

    // Markup, scripts and references in every field that holds text or colours.
    let evil = "</text><script>alert(1)</script><image href=\"http://evil.example/x.png\"/><foreignObject/>&xxe; url(http://evil.example) data:text/html,x javascript:alert(1)";
    let hostile = json!({
        "version": 1, "title": evil,
        "canvas": { "width": 800, "height": 600, "unit": "px", "margin": 40, "background": "url(http://evil.example/b.png)" },
        "palette": [{ "name": evil, "color": "#ffffff\" onload=\"alert(1)" }, { "name": "ink", "color": "#101828" }],
        "parameters": [{ "type": "text", "name": "words", "label": evil, "default": evil }, { "type": "color", "name": "tone", "label": evil, "default": "url(#a)" }],
        "layers": [
            { "type": "image", "x": 0, "y": 0, "width": 90, "height": 90, "href": "http://evil.example/x.png" },
            { "type": "path", "d": "M0 0 L9 9\"/><script>alert(1)</script>", "x": 0, "y": 0, "width": 90, "height": 90, "fill": evil },
            { "type": "rectangle", "x": 0, "y": 0, "width": 90, "height": 90, "fill": evil, "style": evil, "onclick": evil, "when": evil },
            { "type": "text", "text": "{words}", "x": 60, "y": 60, "width": 600, "height": 90, "font": evil, "weight": "bold", "size": 30, "fill": "tone", "align": "left" },
            { "type": "text", "text": evil, "x": 60, "y": 300, "width": 600, "height": 200, "font": "sans", "weight": "bold", "size": 30, "fill": "ink", "align": evil },
        ],
    });
    let made = made_of(&world, &person, &[&hostile.to_string()]).await;
    let id = made["id"].as_str().unwrap();
    let body = json!({ "format": "svg", "parameters": { "words": evil } });
    let posted = world.post(&format!("/v1/generations/{id}/visual")).bearer(&person.access).json(&body).send().await.expect(200);
    let body = json!({ "format": "svg-outlines", "parameters": { "words": evil } });
    let outlined =
        world.post(&format!("/v1/generations/{id}/visual")).bearer(&person.access).json(&body).send().await.expect(200);
    for svg in [part(&world, &person, &made, "visual.svg").await.expect(200), posted, outlined] {
        assert!(svg.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
        let text = svg.text();
        elements(&text);
    }
    for ending in ["png", "pdf"] {
        let bytes = part(&world, &person, &made, &format!("visual.{ending}")).await.expect(200).body;
        for needle in [&b"/URI"[..], b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/OpenAction"] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{ending}");
        }
    }
}

/// Holds an SVG to the elements and attributes that pictures are made of; whatever a text says is text.
fn elements(svg: &str) {
    const ELEMENTS: [&str; 26] = [
        "svg",
        "title",
        "desc",
        "metadata",
        "defs",
        "g",
        "rect",
        "ellipse",
        "line",
        "polygon",
        "path",
        "text",
        "tspan",
        "clipPath",
        "linearGradient",
        "radialGradient",
        "stop",
        "x:xmpmeta",
        "rdf:RDF",
        "rdf:Description",
        "rdf:Alt",
        "rdf:li",
        "dc:identifier",
        "dc:description",
        "dc:title",
        "circle",
    ];
    for tag in svg.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(ELEMENTS.contains(&name), "<{name}> in {svg}");
        let mut rest = tag;
        while let Some((attribute, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a closed value");
            let attribute = attribute.rsplit(' ').next().unwrap();
            assert!(!attribute.starts_with("on") && attribute != "style" && !attribute.contains("href"), "{attribute} in {tag}");
            let reference = value.split("url(").nth(1);
            assert!(reference.is_none_or(|target| target.starts_with('#')), "{value}");
            let namespace = attribute.starts_with("xmlns") || attribute.ends_with("DigitalSourceType");
            assert!(namespace || (!value.contains("//") && !value.contains("data:")), "{attribute} {value}");
            rest = after;
        }
    }
    assert!(!svg.contains("<!") && !svg.contains("<?"), "no declarations");
}
