//! The message catcher over HTTP: Brevo's two calls, the list, the page, and each fault.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use asknpic_local::messages::{Catcher, Channel, Fault};
use serde_json::json;

use support::{json as body_json, send, text, try_send};

const SMS: &str = "/v3/transactionalSMS/send";
const EMAIL: &str = "/v3/smtp/email";
const KEY: [(&str, &str); 2] = [("api-key", "local"), ("content-type", "application/json")];

fn start() -> Catcher {
    Catcher::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap()
}

fn sms(text: &str) -> String {
    json!({ "sender": "AskNPic", "recipient": "+33612345678", "content": text, "type": "transactional", "tag": "otp" })
        .to_string()
}

fn email() -> serde_json::Value {
    json!({
        "sender": { "email": "hello@asknpic.example", "name": "Ask N Pic" },
        "to": [{ "email": "ada@example.com" }],
        "subject": "Somebody tried to sign up",
        "textContent": "Was that you?",
        "htmlContent": "<p>Was that you?</p>",
        "tags": ["signup"],
    })
}

#[tokio::test]
async fn catches_both_kinds_and_lists_the_newest_first() {
    let catcher = start();
    let first = send(catcher.addr(), "POST", SMS, &KEY, &sms("Your code is 123456")).await;
    assert_eq!(first.status(), 201);
    assert!(body_json(first).await["messageId"].is_u64());
    let second = send(catcher.addr(), "POST", EMAIL, &KEY, &email().to_string()).await;
    assert_eq!(second.status(), 201);
    assert!(body_json(second).await["messageId"].as_str().unwrap().starts_with('<'));

    let list = body_json(send(catcher.addr(), "GET", "/messages", &[], "").await).await;
    let keys = |at: usize| list[at].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut fields = keys(0);
    fields.sort();
    assert_eq!(fields, ["at", "channel", "id", "subject", "text", "to"]);
    assert_eq!(list[0]["channel"], "email");
    assert_eq!(list[0]["to"], "ada@example.com");
    assert_eq!(list[0]["subject"], "Somebody tried to sign up");
    assert_eq!(list[0]["text"], "Was that you?");
    assert_eq!(list[1]["channel"], "sms");
    assert_eq!(list[1]["to"], "+33612345678");
    assert!(list[1]["subject"].is_null());
    assert_eq!(list[1]["text"], "Your code is 123456");

    let requests = catcher.requests();
    assert_eq!(requests[0].api_key, "local");
    assert_eq!(requests[0].body["tag"], "otp");

    assert_eq!(send(catcher.addr(), "DELETE", "/messages", &[], "").await.status(), 204);
    assert!(catcher.messages().is_empty());
}

#[tokio::test]
async fn refuses_what_brevo_would_refuse() {
    let catcher = start();
    let no_key = send(catcher.addr(), "POST", SMS, &[], &sms("x")).await;
    assert_eq!(no_key.status(), 401);
    assert_eq!(body_json(no_key).await, json!({ "code": "unauthorized", "message": "Key not found" }));

    let without = |name: &str| {
        let mut body = email();
        body.as_object_mut().unwrap().remove(name);
        body.to_string()
    };
    let cases = [
        (SMS, "{".to_owned(), "bad_request"),
        (SMS, json!({ "recipient": "+33612345678", "content": "x" }).to_string(), "missing_parameter"),
        (SMS, json!({ "sender": "AskNPic", "recipient": "0", "content": "x" }).to_string(), "invalid_parameter"),
        (SMS, json!({ "sender": "Much too long", "recipient": "33612345678", "content": "x" }).to_string(), "invalid_parameter"),
        (SMS, json!({ "sender": 5, "recipient": "33612345678", "content": "x" }).to_string(), "invalid_parameter"),
        (EMAIL, without("sender"), "missing_parameter"),
        (EMAIL, without("to"), "missing_parameter"),
        (EMAIL, without("subject"), "missing_parameter"),
        (
            EMAIL,
            json!({ "sender": { "email": "a@b" }, "to": [{ "email": "nobody" }], "subject": "s", "textContent": "t" })
                .to_string(),
            "invalid_parameter",
        ),
        (
            EMAIL,
            json!({ "sender": { "email": "a@b" }, "to": [{ "email": "c@d" }], "subject": "s" }).to_string(),
            "missing_parameter",
        ),
    ];
    for (path, body, code) in cases {
        let response = send(catcher.addr(), "POST", path, &KEY, &body).await;
        assert_eq!(response.status(), 400, "{body}");
        let error = body_json(response).await;
        assert_eq!(error["code"], code, "{body}");
        assert!(error["message"].is_string());
    }
    assert_eq!(send(catcher.addr(), "GET", SMS, &KEY, "").await.status(), 405);
    assert!(catcher.messages().is_empty(), "nothing refused is caught");
}

#[tokio::test]
async fn waits_for_a_message_that_comes_later() {
    let catcher = start();
    let addr = catcher.addr();
    let waiting = catcher.wait_for(Duration::from_secs(20), |message| message.text.contains("second"));
    let sending = async {
        send(addr, "POST", SMS, &KEY, &sms("first")).await;
        send(addr, "POST", SMS, &KEY, &sms("second")).await;
    };
    let (found, ()) = tokio::join!(waiting, sending);
    assert_eq!(found.unwrap().channel, Channel::Sms);
    assert!(catcher.wait_for(Duration::from_millis(1), |message| message.text == "third").await.is_none());
}

#[tokio::test]
async fn keeps_the_last_thousand() {
    let catcher = start();
    for number in 0..1_001 {
        send(catcher.addr(), "POST", SMS, &KEY, &sms(&format!("message {number}"))).await;
    }
    let messages = catcher.messages();
    assert_eq!(messages.len(), 1_000);
    assert_eq!(messages.first().unwrap().text, "message 1000");
    assert_eq!(messages.last().unwrap().text, "message 1");
}

#[tokio::test]
async fn fails_on_demand() {
    let catcher = start();
    catcher.faults().set(Fault::Status { status: 402 });
    let response = send(catcher.addr(), "POST", SMS, &KEY, &sms("x")).await;
    assert_eq!(response.status(), 402);
    assert_eq!(body_json(response).await["code"], "not_enough_credits");
    assert!(catcher.messages().is_empty());

    let json_type = [("content-type", "application/json")];
    let body = r#"{"fault": {"kind": "slow", "ms": 50}}"#;
    assert_eq!(send(catcher.addr(), "PUT", "/_control/fault", &json_type, body).await.status(), 204);
    let started = std::time::Instant::now();
    assert_eq!(send(catcher.addr(), "POST", SMS, &KEY, &sms("x")).await.status(), 201);
    assert!(started.elapsed() >= Duration::from_millis(50));
    assert_eq!(catcher.messages().len(), 1);

    catcher.faults().set(Fault::Hang);
    let addr = catcher.addr();
    let call = tokio::spawn(async move { try_send(addr, "POST", SMS, &KEY, &sms("x")).await.map_err(|_| ()) });
    while catcher.requests().len() < 3 {
        tokio::task::yield_now().await;
    }
    drop(catcher);
    assert!(call.await.unwrap().is_err());
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let catcher = start();
    for (path, kind) in [("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")] {
        let response = send(catcher.addr(), "GET", path, &[], "").await;
        assert_eq!(response.status(), 200, "{path}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind));
        assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        let (text, _) = text(response).await;
        assert!(!text.contains("http://") && !text.contains("https://"), "{path}");
    }
    assert_eq!(send(catcher.addr(), "GET", "/messages", &[("host", "rebound.example")], "").await.status(), 403);
}
