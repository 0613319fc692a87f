//! What holds for every address: methods, languages, request ids, and the answer where there is nothing.

use std::collections::BTreeSet;

use e2e::crypto::mac;
use e2e::jwt::key_bytes;
use e2e::{Applicant, Need, World};
use http::Method;
use serde_json::json;
use uuid::Uuid;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Every public path with its methods, from the contract.
fn paths() -> Vec<(String, Vec<&'static str>)> {
    let part = |name: &str| format!("/v1/generations/{ID}{name}");
    let path = |path: &str, methods: &[&'static str]| (path.to_owned(), methods.to_vec());
    vec![
        path("/v1/signup", &["POST"]),
        path("/v1/otp/verify", &["POST"]),
        path("/v1/otp/resend", &["POST"]),
        path("/v1/otp/start", &["POST"]),
        path("/v1/session", &["POST", "DELETE"]),
        path("/v1/session/refresh", &["POST"]),
        path("/v1/me", &["GET", "PATCH"]),
        path("/v1/me/password", &["PUT"]),
        path("/v1/me/sessions", &["GET", "DELETE"]),
        path(&format!("/v1/me/sessions/{ID}"), &["DELETE"]),
        path("/v1/password/forgot", &["POST"]),
        path("/v1/password/reset", &["POST"]),
        path("/v1/email/confirm", &["POST"]),
        path("/v1/me/security-events", &["GET"]),
        path("/v1/oauth/google/start", &["GET"]),
        path("/v1/oauth/google/callback", &["GET"]),
        path("/v1/oauth/confirm", &["POST"]),
        path("/v1/me/links", &["GET"]),
        path("/v1/me/links/google", &["POST", "DELETE"]),
        path("/v1/generations", &["GET", "POST"]),
        path(&part(""), &["GET", "DELETE"]),
        path(&part("/brief"), &["GET"]),
        path(&part("/file"), &["GET"]),
        path(&part("/raw"), &["GET"]),
        path(&part("/corrections"), &["GET"]),
        path(&part("/visual.svg"), &["GET"]),
        path(&part("/visual.png"), &["GET"]),
        path(&part("/visual.pdf"), &["GET"]),
        path(&part("/visual"), &["POST"]),
        path("/v1/billing", &["GET"]),
        path("/v1/billing/checkout", &["POST"]),
        path("/v1/billing/portal", &["POST"]),
        path("/v1/gift-codes/redeem", &["POST"]),
        path("/v1/stripe/webhook", &["POST"]),
        path("/v1/ops/retention", &["POST"]),
        path("/v1/waitlist", &["POST"]),
        path("/v1/waitlist/confirm", &["POST"]),
        path("/v1/waitlist/unsubscribe", &["POST"]),
        path("/v1/waitlist/one-click", &["POST"]),
        path("/v1/beta", &["POST"]),
        path("/v1/beta/confirm", &["POST"]),
        path("/v1/beta/consents", &["PUT"]),
        path("/v1/support", &["GET", "POST"]),
        path(&format!("/v1/support/{ID}"), &["GET"]),
        path("/healthz", &["GET"]),
        path("/readyz", &["GET"]),
        path("/openapi.json", &["GET"]),
        path("/.well-known/jwks.json", &["GET"]),
    ]
}

#[e2e::test]
async fn another_method_is_405_and_a_trailing_slash_404() {
    let world = World::start().await;
    for (path, methods) in paths() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            let method: Method = method.parse().unwrap();
            if methods.contains(&method.as_str()) {
                continue;
            }
            let answer = world.call(method.clone(), &path).send().await;
            answer.problem("method-not-allowed");
            let allow = answer.header("allow").unwrap_or_default();
            let allowed: BTreeSet<_> = allow.split(',').map(str::trim).filter(|name| *name != "HEAD").collect();
            assert_eq!(allowed, methods.iter().copied().collect(), "{method} {path}");
        }
        for method in [Method::GET, Method::POST, Method::DELETE] {
            world.call(method, &format!("{path}/")).send().await.problem("not-found");
        }
    }
}

#[e2e::test]
async fn unknown_and_private_paths_are_404_problems() {
    let world = World::start().await;
    let unknown = [
        "/",
        "/v1",
        "/v1/",
        "/v2/signup",
        "/v1/signup/x",
        "/V1/signup",
        "/v1/otp",
        "/v1/otp/x",
        "/v1/session/x",
        "/v1/session/refresh/x",
        "/v1/generations/x/y",
        "/v1/me/x",
        "/v1/me/links/google/x",
        "/v1/oauth",
        "/v1/oauth/google",
        "/v1/oauth/google/start/x",
        "/v1/email",
        "/v1/password/x",
        "/v1/waitlist/x",
        "/v1/beta/x",
        "/v1/support/x/y",
        "/favicon.ico",
        "/robots.txt",
        "/.env",
        "/v1/internal/messages",
        "/v1/internal/retention",
        "/internal/ready",
        "/v1/ops",
        "/v1/ops/x",
        "//v1/signup",
        "/v1/signup%2f",
        "/v1/../v1/signup",
        "/schemas/",
        "/.well-known/",
        "/.well-known/jwks.json/x",
    ];
    for path in unknown {
        for method in [Method::GET, Method::POST] {
            world.call(method, path).send().await.problem("not-found");
        }
    }
    // The private component is not reached by its name either.
    for host in ["notify.spin.internal", "notify.spin.internal:80", "lifecycle.spin.internal", "signup.spin.internal"] {
        for path in ["/v1/internal/messages", "/v1/internal/retention", "/internal/ready"] {
            let answer = world.post(path).json(&json!({ "kind": "nothing" })).header("host", host).try_send().await;
            // Without a Host that it can believe, the host closes the connection, as Spin does.
            let refused = answer.as_ref().map_or(true, |answer| answer.status == 404);
            assert!(refused, "{host}{path}: {answer:?}");
        }
    }
}

#[e2e::test]
async fn problems_speak_the_callers_language() {
    let world = World::start().await;
    let (person, applicant) = (world.person().await, Applicant::invent());
    let calls = || {
        [
            world.get("/nothing"),
            world.get("/v1/signup"),
            world.post("/v1/signup").text("text/plain", "x"),
            world.post("/v1/signup").text("application/json", "{"),
            world.post("/v1/signup").json(&json!({})),
            world.get("/v1/generations"),
            world.sign_in(&applicant),
            world.post("/v1/session/refresh"),
            world.get(&format!("/v1/generations/{ID}")).bearer(&person.access),
            world.verify(&Uuid::new_v4().to_string(), "123456"),
        ]
    };
    for (english, french) in calls().into_iter().zip(calls()) {
        let english = english.header("accept-language", "en, fr;q=0.5").send().await;
        let french = french.header("accept-language", "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5").send().await;
        let (one, other) = (english.json(), french.json());
        assert_eq!((&one["type"], &one["status"]), (&other["type"], &other["status"]));
        assert_ne!(one["title"], other["title"]);
        assert_ne!(one["detail"], other["detail"]);
        assert_eq!((english.header("content-language"), french.header("content-language")), (Some("en"), Some("fr")));
    }
    for odd in ["", "de", "*", "fr;q=0", "x".repeat(5_000).as_str(), ";;;q=,,,"] {
        let answer = world.get("/nothing").header("accept-language", odd).send().await;
        assert_eq!(answer.problem("not-found")["title"], "Not found", "{odd:.10}");
    }
}

#[e2e::test]
async fn a_request_id_is_the_callers_if_it_is_a_uuid() {
    let world = World::start().await;
    for path in ["/healthz", "/nothing", "/v1/signup", "/v1/generations", "/v1/session", "/v1/otp/verify"] {
        let mine = Uuid::new_v4().to_string();
        let answer = world.get(path).header("x-request-id", &mine).send().await;
        assert_eq!(answer.header("x-request-id"), Some(mine.as_str()), "{path}");
        for odd in ["", "1", "ada@mail.example", "{01890a5d-ac96-774b-bcce-b302099a8057}", &"x".repeat(4_000)] {
            let answer = world.get(path).header("x-request-id", odd).send().await;
            assert_ne!(answer.header("x-request-id"), Some(odd));
        }
    }
}

#[e2e::test]
async fn alive_ready_and_documented() {
    let world = World::start().await;
    assert_eq!(world.get("/healthz").send().await.expect(200).json(), json!({ "status": "up" }));
    let ready = world.get("/readyz").send().await.expect(200).json();
    let names: BTreeSet<_> = ready["dependencies"].as_object().unwrap().keys().map(String::as_str).collect();
    // The components of the manifest, but for `meta` itself, and what they depend on.
    let manifest = asknpic_host::manifest::Manifest::load(&e2e::world::root().join("spin.toml")).unwrap();
    let components = manifest.component.keys().map(String::as_str).filter(|id| *id != "meta");
    assert_eq!(names, components.chain(["accounts", "briefs", "dataset", "files", "model"]).collect());
    assert!(ready["dependencies"].as_object().unwrap().values().all(|state| state == "up"), "{ready}");
    assert_eq!(ready["status"], "up");
}

#[e2e::test]
async fn the_openapi_document_says_what_is_served() {
    let world = World::start().await;
    let answer = world.get("/openapi.json").send().await.expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                continue;
            }
            let real = path.replace("{id}", ID).replace("{provider}", "google");
            documented.insert((real.clone(), method.to_string()));
            // Without anything that it wants, the answer is one of those that the document has.
            let answer = world.call(method.clone(), &real).send().await;
            let statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().cloned().collect();
            assert!(
                statuses.contains(&answer.status.as_u16().to_string()),
                "{method} {path}: {} not in {statuses:?}",
                answer.status
            );
        }
    }
    for (path, methods) in paths() {
        for method in methods {
            assert!(documented.contains(&(path.clone(), method.to_owned())), "{method} {path} is not documented");
        }
    }
    let internal = document.to_string();
    assert!(!internal.contains("/internal/"), "private routes are not documented");
}

#[e2e::test]
async fn notify_takes_signed_calls_only() {
    // A `notify` that is deployed elsewhere has a public address: without the signature it would be an open SMS relay.
    let private = "route = { private = true }\ncomponent = \"notify\"";
    let public = "route = \"/v1/internal/...\"\ncomponent = \"notify\"";
    let edit = move |text: String| text.replace(private, public);
    let world = World::needing(&[Need::Keys, Need::Clock]).manifest(edit).start().await;
    let path = "/v1/internal/messages";
    let body = json!({ "kind": "code", "to": "+33612345678", "code": "123456", "language": "en" }).to_string();
    let key = key_bytes(world.variable("internal_key"));
    let signed = |key: &[u8], time: i64, path: &str, body: &str| {
        let mac = mac(key, "internal-call", &[&time.to_be_bytes(), path.as_bytes(), body.as_bytes()]);
        format!("t={time},v1={}", hex::encode(mac))
    };
    let now = world.now().as_second();
    let call = |signature: &str| world.post(path).text("application/json", body.clone()).header("asknpic-signature", signature);
    let refused = [
        String::new(),
        "x".to_owned(),
        format!("t={now},v1="),
        signed(&[0; 32], now, path, &body),
        signed(&key_bytes(world.variable("otp_key")), now, path, &body),
        signed(&key, now, "/v1/internal/other", &body),
        signed(&key, now, path, "{}"),
        signed(&key, now - 600, path, &body),
        signed(&key, now + 600, path, &body),
        signed(&key, i64::MIN, path, &body),
    ];
    for signature in &refused {
        call(signature).send().await.problem("unauthenticated");
    }
    world.post(path).text("application/json", body.clone()).send().await.problem("unauthenticated");
    assert!(world.messages().all().await.is_empty());
    let right = signed(&key, now, path, &body);
    call(&right).send().await.expect(204);
    assert_eq!(world.messages().code("+33612345678", 1).await, "123456");
    world.advance(std::time::Duration::from_mins(5));
    call(&right).send().await.problem("unauthenticated");
}
