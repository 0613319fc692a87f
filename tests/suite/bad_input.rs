//! Whatever is sent, the answer is the contract's problem and nothing is written.

use std::collections::BTreeMap;

use e2e::http::Call;
use e2e::{Need, Person, World};
use http::Method;
use serde_json::{Value, json};

/// An address that takes a body.
struct Route {
    method: Method,
    path: String,
    good: Value,
    bearer: bool,
}

fn routes(person: &Person) -> Vec<Route> {
    let route = |path: &str, bearer, good| Route { method: Method::POST, path: path.to_owned(), good, bearer };
    let verification = uuid::Uuid::new_v4();
    let generation = uuid::Uuid::now_v7();
    vec![
        route(
            "/v1/signup",
            false,
            json!({ "email": "new@mail.example", "password": "correct horse battery", "phone": "+33612345678", "first_name": "Ada", "last_name": "Lovelace" }),
        ),
        route("/v1/otp/verify", false, json!({ "verification_id": verification, "code": "123456" })),
        route("/v1/otp/resend", false, json!({ "verification_id": verification })),
        route("/v1/otp/start", true, json!({ "purpose": "phone", "phone": "+33612345679" })),
        route("/v1/session", false, person.applicant.credentials()),
        route("/v1/password/forgot", false, json!({ "email": "somebody@mail.example" })),
        route("/v1/password/reset", false, json!({ "token": "x", "password": "correct horse battery" })),
        route("/v1/email/confirm", false, json!({ "token": "x" })),
        Route {
            method: Method::PATCH,
            ..route(
                "/v1/me",
                true,
                json!({ "first_name": "Ada", "last_name": "Lovelace", "language": "fr", "email": "ada@mail.example" }),
            )
        },
        route(
            "/v1/waitlist",
            false,
            json!({ "email": "new@mail.example", "interest": "launch", "page": "/fr/", "consent": true }),
        ),
        route("/v1/waitlist/confirm", false, json!({ "token": "x" })),
        route("/v1/waitlist/unsubscribe", false, json!({ "token": "x" })),
        route(
            "/v1/beta",
            false,
            json!({ "email": "new@mail.example", "profile": "designer", "country": "CH", "page": "/en/", "participation": true, "training": false }),
        ),
        route("/v1/beta/confirm", false, json!({ "token": "x" })),
        route("/v1/support", true, json!({ "subject": "A question", "message": "Where is it?" })),
        route("/v1/generations", true, json!({ "brief": "a poster", "spend_credits": false })),
        route(&format!("/v1/generations/{generation}/visual"), true, json!({ "format": "png", "width": 200, "parameters": {} })),
    ]
}

impl Route {
    fn call(&self, world: &World, person: &Person) -> Call {
        let call = world.call(self.method.clone(), &self.path);
        if self.bearer { call.bearer(&person.access) } else { call }
    }
}

/// Counts of everything but the counters of limits, where there are databases to look into.
async fn written(world: &World) -> Option<BTreeMap<String, i64>> {
    if !world.has(Need::Databases) {
        return None;
    }
    let mut counts = world.counts().await;
    counts.remove("accounts.limits");
    Some(counts)
}

async fn world() -> (World, Person, Vec<Route>, Option<BTreeMap<String, i64>>) {
    let world = World::start().await;
    let person = world.person().await;
    let (routes, before) = (routes(&person), written(&world).await);
    (world, person, routes, before)
}

#[e2e::test]
async fn what_is_not_json_is_400() {
    let (world, person, routes, before) = world().await;
    for route in &routes {
        let good = route.good.to_string();
        let first = route.good.as_object().unwrap().keys().next().unwrap();
        let bad: Vec<Vec<u8>> = vec![
            b"".to_vec(),
            b"{".to_vec(),
            b"not json".to_vec(),
            good[..good.len() - 1].into(),
            format!("{good}{good}").into(),
            format!("{good} x").into(),
            good.replace(':', "=").into(),
            format!("\u{feff}{good}").into(),
            format!("{{\"{first}\": \"\\ud800\"}}").into(),
            format!("{{\"{first}\": \"\\udc00\\ud800\"}}").into(),
            [b"{\"", first.as_bytes(), b"\": \"\xff\xfe\"}"].concat(),
            [b"{\"", first.as_bytes(), b"\": \"a\x00b\"}"].concat(),
            format!("{{\"{first}\": NaN}}").into(),
            format!("{{\"{first}\": 'x'}}").into(),
            format!("{{\"x\": {}", "[".repeat(1_500)).into(),
        ];
        for body in bad {
            let answer = route.call(&world, &person).text("application/json", body.clone()).send().await;
            assert_eq!(answer.status, 400, "{} {}: {}", route.path, String::from_utf8_lossy(&body), answer.text());
            answer.problem("malformed-body");
        }
    }
    assert_eq!(written(&world).await, before);
}

#[e2e::test]
async fn wrong_types_and_fields_are_422_with_their_names() {
    let (world, person, routes, before) = world().await;
    for route in &routes {
        let good = route.good.as_object().unwrap();
        let send = async |body: String| route.call(&world, &person).text("application/json", body).send().await;
        // A list of the values in order is not the object, though some parsers take it for one.
        let list = Value::from(good.values().cloned().collect::<Vec<_>>());
        for other in [json!([]), json!("x"), json!(1), json!(null), json!(true), list] {
            let answer = send(other.to_string()).await;
            assert_eq!(answer.status, 422, "{} {other}: {}", route.path, answer.text());
            answer.problem("invalid-request");
        }
        for (field, value) in good {
            for other in [json!(4711), json!([value]), json!({ "value": value }), json!(["a", "b"]), json!("\u{1}")] {
                if other == *value || (field == "width" && other.is_number()) {
                    continue;
                }
                let body = Value::Object(good.clone().into_iter().chain([(field.clone(), other.clone())]).collect());
                if ["password", "token"].contains(&field.as_str()) && other.is_string() {
                    continue;
                }
                let answer = send(body.to_string()).await;
                assert_eq!(answer.status, 422, "{} {body}: {}", route.path, answer.text());
                let fields = answer.bad_fields();
                assert!(fields.iter().all(|named| named.starts_with(field)), "{} {body}: {fields:?}", route.path);
            }
            let whole = route.good.to_string();
            let twice = format!("{},{:?}:{value}}}", &whole[..whole.len() - 1], field);
            assert_eq!(send(twice).await.bad_fields(), [field.as_str()], "{} {field} twice", route.path);
        }
        let optional = ["first_name", "last_name", "phone", "spend_credits", "width", "parameters"];
        for field in good.keys() {
            if route.method == Method::PATCH
                || optional.contains(&field.as_str()) && !(route.path == "/v1/signup" && field == "phone")
            {
                continue;
            }
            let less: Value = good.clone().into_iter().filter(|(name, _)| name != field).collect();
            assert_eq!(send(less.to_string()).await.bad_fields(), [field.as_str()], "{} without {field}", route.path);
        }
        for unknown in ["role", "tenant_id", "user_id", "phone_verified", "__proto__", "Email", ""] {
            let more: Value = good.clone().into_iter().chain([(unknown.to_owned(), json!("owner"))]).collect();
            let answer = send(more.to_string()).await;
            assert_eq!(answer.bad_fields(), [unknown], "{} with {unknown:?}", route.path);
        }
    }
    assert_eq!(written(&world).await, before);
}

#[e2e::test]
async fn bodies_that_are_too_large_are_413() {
    let (world, person, routes, before) = world().await;
    for route in &routes {
        let mut large = route.good.clone();
        large["padding"] = "x".repeat(1_000_000).into();
        let spaces = format!("{}{}", " ".repeat(1_000_000), route.good);
        for body in [large.to_string(), spaces, "[".repeat(1_000_000)] {
            let call = || route.call(&world, &person).text("application/json", body.clone());
            call().send().await.problem("payload-too-large");
            call().chunked().send().await.problem("payload-too-large");
        }
    }
    assert_eq!(written(&world).await, before);
}

#[e2e::test]
async fn other_media_types_and_encodings_are_415() {
    let (world, person, routes, before) = world().await;
    for route in &routes {
        let body = route.good.to_string();
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=iso-8859-1",
            "application/problem+json",
            "application/jsonx",
            "",
        ] {
            let answer = route.call(&world, &person).text(media_type, body.clone()).send().await;
            answer.problem("unsupported-media-type");
        }
        let call = || route.call(&world, &person);
        let both = call().text("application/json", body.clone()).header("content-type", "application/json");
        both.send().await.problem("unsupported-media-type");
        let none = call().text("application/json", body.clone()).without("content-type");
        none.send().await.problem("unsupported-media-type");
        for encoding in ["gzip", "identity", "br", ""] {
            let call = call().text("application/json", body.clone()).header("content-encoding", encoding);
            call.send().await.problem("unsupported-media-type");
        }
    }
    assert_eq!(written(&world).await, before);
}

#[e2e::test]
async fn problems_come_in_the_order_of_the_contract() {
    let (world, person, routes, before) = world().await;
    let large = "[".repeat(1_000_000);
    for route in routes.iter().filter(|route| route.bearer) {
        let bare = || world.call(route.method.clone(), &route.path);
        bare().text("text/plain", large.clone()).send().await.problem("unsupported-media-type");
        bare().text("application/json", large.clone()).send().await.problem("payload-too-large");
        bare().text("application/json", "{").send().await.problem("unauthenticated");
        bare().json(&json!({ "x": 1 })).send().await.problem("unauthenticated");
        let call = || route.call(&world, &person);
        call().text("application/json", "{").send().await.problem("malformed-body");
    }
    // The body comes before the rights: somebody else's generation is not looked for with a body that is not good.
    let visual = routes.last().unwrap();
    let call = || world.post(&visual.path).bearer(&person.access);
    call().json(&json!({ "format": "gif" })).send().await.problem("invalid-request");
    call().json(&visual.good).send().await.problem("not-found");
    assert_eq!(written(&world).await, before);
}

#[e2e::test]
async fn a_brief_has_1_to_4000_characters() {
    let world = World::needing(&[Need::Databases, Need::Model]).start().await;
    let person = world.person().await;
    let (before, chats) = (written(&world).await, world.model().chats().await);
    let call = |body: String| world.post("/v1/generations").bearer(&person.access).text("application/json", body);
    let quoted = |brief: &str| json!({ "brief": brief }).to_string();
    for bad in [
        "",
        " ",
        "\n\t ",
        "\u{0}",
        "a\u{0}b",
        "a\u{7f}b",
        "a\u{1b}[31mb",
        "\u{a0}\u{2003}",
        &"x".repeat(4_001),
        &"語".repeat(4_001),
    ] {
        assert_eq!(call(quoted(bad)).send().await.bad_fields(), ["brief"], "{:.20}", bad.escape_debug());
    }
    // Not one character more than the limit counts as bytes, pairs or escapes.
    let escaped = format!("{{\"brief\": \"{}\"}}", "\\ud83d\\ude00".repeat(4_001));
    assert_eq!(call(escaped).send().await.bad_fields(), ["brief"]);
    assert_eq!(written(&world).await, before);
    assert_eq!(world.model().chats().await, chats);

    let sql = "update tenants set plan = 'agency' where id = $1";
    world.accounts().await.execute(sql, &[&person.tenant]).await.unwrap();
    let good = [
        quoted("x"),
        quoted(&"語".repeat(4_000)),
        quoted("two\r\nlines\tand a tab"),
        format!("{{\"brief\": \"{}\"}}", "\\ud83d\\ude00".repeat(4_000)),
    ];
    for body in good {
        let answer = call(body.clone()).send().await;
        assert_eq!(answer.status, 201, "{:.60} ({} bytes): {}", body.escape_debug(), body.len(), answer.text());
    }
}

#[e2e::test]
async fn an_idempotency_key_has_1_to_255_bytes() {
    let (world, person, _, before) = world().await;
    let brief = json!({ "brief": "a poster" });
    let call = || world.post("/v1/generations").bearer(&person.access).json(&brief);
    for bad in ["", &"k".repeat(256)] {
        assert_eq!(call().header("idempotency-key", bad).send().await.bad_fields(), ["Idempotency-Key"]);
    }
    call().header("idempotency-key", "a").header("idempotency-key", "b").send().await.problem("malformed-request");
    assert_eq!(written(&world).await, before);
    call().header("idempotency-key", &"k".repeat(255)).send().await.expect(201);
}

#[e2e::test]
async fn ids_and_queries_that_are_none_are_refused() {
    let (world, person, _, before) = world().await;
    let unknown = uuid::Uuid::now_v7();
    for id in [
        "x",
        "1",
        "00000000-0000-0000-0000-000000000000",
        &unknown.simple().to_string(),
        &unknown.urn().to_string().replace(':', "%3A"),
        "%00",
        "..%2f..%2fetc",
        "'%20or%201=1--",
    ] {
        for part in ["", "/brief", "/file", "/raw", "/corrections", "/visual.svg", "/visual.png", "/visual.pdf"] {
            let path = format!("/v1/generations/{id}{part}");
            world.get(&path).bearer(&person.access).send().await.problem("not-found");
        }
        world.delete(&format!("/v1/generations/{id}")).bearer(&person.access).send().await.problem("not-found");
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'", "cursor"),
        ("offset=3", "offset"),
        ("limit=%zz", "limit"),
    ] {
        let answer = world.get(&format!("/v1/generations?{query}")).bearer(&person.access).send().await;
        assert_eq!(answer.bad_fields(), [field], "{query}");
    }
    assert_eq!(written(&world).await, before);
}
