//! The local model over HTTP: Ollama's shapes, and each fault.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use asknpic_local::model::{Fault, Model, Options, count_tokens};
use serde_json::{Value, json};

use support::{json as body_json, send, text, try_send};

const BRIEF: &str = "poster for a jazz night, navy and gold, title top left";

fn start() -> Model {
    Model::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &Options::recording()).unwrap()
}

fn chat(extra: &Value) -> String {
    let mut body = json!({
        "model": "local-composer",
        "messages": [
            { "role": "system", "content": "You write parametric files." },
            { "role": "user", "content": "an earlier brief" },
            { "role": "assistant", "content": "{}" },
            { "role": "user", "content": BRIEF },
        ],
        "format": { "type": "object" },
        "options": { "seed": 7 },
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body.to_string()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn content(lines: &[Value]) -> String {
    lines.iter().map(|line| line["message"]["content"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn streams_the_composed_file_token_by_token_with_counts_at_the_end() {
    let model = start();
    let response = send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let (text, whole) = text(response).await;
    assert!(whole);
    let lines = lines(&text);
    let (end, pieces) = lines.split_last().unwrap();

    let composed = asknpic_composer::compose(BRIEF, 7);
    assert_eq!(content(pieces), composed, "the last user message is the brief");
    assert!(pieces.iter().all(|piece| piece["done"] == false && piece["message"]["role"] == "assistant"));
    assert!(pieces.iter().all(|piece| piece["created_at"].as_str().unwrap().ends_with('Z')));

    assert_eq!(end["done"], true);
    assert_eq!(end["done_reason"], "stop");
    assert_eq!(end["model"], "local-composer");
    assert_eq!(end["eval_count"], count_tokens(&composed));
    let prompt = ["You write parametric files.", "an earlier brief", "{}", BRIEF].map(count_tokens).iter().sum::<u64>();
    assert_eq!(end["prompt_eval_count"], prompt);
    for duration in ["total_duration", "load_duration", "prompt_eval_duration", "eval_duration"] {
        assert!(end[duration].as_u64().unwrap() > 0, "{duration}");
    }
}

#[tokio::test]
async fn answers_in_one_object_without_streaming() {
    let model = start();
    let answer = body_json(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({ "stream": false }))).await).await;
    assert_eq!(answer["message"]["content"], asknpic_composer::compose(BRIEF, 7));
    assert_eq!(answer["done"], true);
    assert!(answer["eval_count"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn num_predict_cuts_the_answer_and_says_so() {
    let model = start();
    let body = chat(&json!({ "stream": false, "options": { "num_predict": 3, "seed": 7 } }));
    let answer = body_json(send(model.addr(), "POST", "/api/chat", &[], &body).await).await;
    assert_eq!(answer["done_reason"], "length");
    assert_eq!(answer["eval_count"], 3);
    assert!(asknpic_composer::compose(BRIEF, 7).starts_with(answer["message"]["content"].as_str().unwrap()));
    let unlimited = chat(&json!({ "stream": false, "options": { "num_predict": -1, "seed": 7 } }));
    let answer = body_json(send(model.addr(), "POST", "/api/chat", &[], &unlimited).await).await;
    assert_eq!(answer["done_reason"], "stop");
}

#[tokio::test]
async fn a_chat_without_messages_loads_or_unloads() {
    let model = start();
    for (keep_alive, reason) in [(json!("5m"), "load"), (json!(0), "unload")] {
        let body = json!({ "model": "local-composer", "messages": [], "keep_alive": keep_alive }).to_string();
        let answer = body_json(send(model.addr(), "POST", "/api/chat", &[], &body).await).await;
        assert_eq!(answer["done_reason"], reason);
    }
}

#[tokio::test]
async fn bad_requests_get_ollamas_errors() {
    let model = start();
    let cases = [
        ("", 400, "missing request body"),
        ("{", 400, "EOF"),
        (r#"{"messages": []}"#, 400, "model is required"),
        (r#"{"model": "mistral", "messages": []}"#, 404, "model 'mistral' not found"),
        (r#"{"model": "local-composer", "messages": [], "format": 3}"#, 400, "invalid format"),
        (r#"{"model": "local-composer", "messages": [{"role": "robot", "content": ""}]}"#, 400, "invalid role"),
    ];
    for (body, status, message) in cases {
        let response = send(model.addr(), "POST", "/api/chat", &[], body).await;
        assert_eq!(response.status(), status, "{body}");
        let error = body_json(response).await["error"].as_str().unwrap().to_owned();
        assert!(error.contains(message), "{body}: {error}");
    }
    assert_eq!(send(model.addr(), "GET", "/api/chat", &[], "").await.status(), 405);
    assert_eq!(send(model.addr(), "POST", "/api/generate", &[], "{}").await.status(), 404);
}

#[tokio::test]
async fn describes_the_model() {
    let model = start();
    assert_eq!(text(send(model.addr(), "GET", "/", &[], "").await).await.0, "Ollama is running");
    assert_eq!(send(model.addr(), "HEAD", "/", &[], "").await.status(), 200);
    assert!(body_json(send(model.addr(), "GET", "/api/version", &[], "").await).await["version"].is_string());
    let tags = body_json(send(model.addr(), "GET", "/api/tags", &[], "").await).await;
    assert_eq!(tags["models"][0]["name"], "local-composer:latest");
    assert_eq!(tags["models"][0]["digest"].as_str().unwrap().len(), 64);
    let running = body_json(send(model.addr(), "GET", "/api/ps", &[], "").await).await;
    assert_eq!(running["models"][0]["digest"], tags["models"][0]["digest"]);
    for name in ["local-composer", "local-composer:latest", "Local-Composer"] {
        let shown = body_json(send(model.addr(), "POST", "/api/show", &[], &json!({ "model": name }).to_string()).await).await;
        assert_eq!(shown["capabilities"], json!(["completion"]));
        assert!(shown["model_info"]["general.architecture"].is_string());
        assert!(shown.get("remote_host").is_none());
    }
    let missing = send(model.addr(), "POST", "/api/show", &[], r#"{"model": "mistral"}"#).await;
    assert_eq!(missing.status(), 404);
    assert_eq!(body_json(missing).await["error"], "model 'mistral' not found");
}

#[tokio::test]
async fn a_remote_model_says_where_it_runs() {
    let model = start();
    model.faults().set(Fault::Remote { host: "https://ollama.com:443".to_owned(), model: "mistral-large".to_owned() });
    let shown = body_json(send(model.addr(), "POST", "/api/show", &[], r#"{"model": "local-composer"}"#).await).await;
    assert_eq!(shown["remote_host"], "https://ollama.com:443");
    assert_eq!(shown["remote_model"], "mistral-large");
    let tags = body_json(send(model.addr(), "GET", "/api/tags", &[], "").await).await;
    assert_eq!(tags["models"][0]["remote_host"], "https://ollama.com:443");
}

#[tokio::test]
async fn a_cut_off_stream_breaks_and_is_not_a_clean_end() {
    let model = start();
    model.faults().set_once(Fault::CutOff { after_chunks: 3 });
    let (text, whole) = text(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await).await;
    assert!(!whole);
    assert_eq!(text.lines().count(), 3);
    let again = support::text(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await).await;
    assert!(again.1, "once means once");
}

#[tokio::test]
async fn garbage_comes_as_a_line_of_the_stream() {
    let model = start();
    model.faults().set(Fault::NotJson);
    let (text, _) = text(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await).await;
    assert!(text.lines().any(|line| serde_json::from_str::<Value>(line).is_err()));
}

#[tokio::test]
async fn a_stream_without_its_end_has_no_counts() {
    let model = start();
    model.faults().set(Fault::NoEnd);
    let (text, whole) = text(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await).await;
    assert!(whole);
    assert!(lines(&text).iter().all(|line| line["done"] == false));
}

#[tokio::test]
async fn contents_can_be_wrong_or_dictated() {
    let model = start();
    let ask = async || content(&lines(&text(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await).await.0));
    model.faults().set_once(Fault::BadFile);
    assert!(serde_json::from_str::<Value>(&ask().await).is_err());
    model.faults().set_once(Fault::NotSchema);
    assert!(serde_json::from_str::<Value>(&ask().await).is_ok());
    model.faults().set(Fault::Scripted { contents: ["one".to_owned(), "two".to_owned()].into() });
    assert_eq!(ask().await, "one");
    assert_eq!(ask().await, "two");
    assert_eq!(ask().await, asknpic_composer::compose(BRIEF, 7));
}

#[tokio::test]
async fn statuses_come_with_an_error_body() {
    let model = start();
    for status in [404, 500, 503] {
        model.faults().set_once(Fault::Status { status });
        let response = send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await;
        assert_eq!(response.status(), status);
        assert!(body_json(response).await["error"].is_string());
    }
}

#[tokio::test]
async fn a_huge_output_ignores_the_limit_of_the_request() {
    let model = start();
    model.faults().set(Fault::HugeOutput { bytes: 3_000_000 });
    let body = chat(&json!({ "options": { "num_predict": 10 } }));
    let (text, whole) = text(send(model.addr(), "POST", "/api/chat", &[], &body).await).await;
    assert!(whole);
    assert_eq!(content(&lines(&text)).len(), 3_000_000);
}

#[tokio::test]
async fn slow_pieces_come_one_after_the_other() {
    let model = start();
    model.faults().set(Fault::Slow { per_chunk_ms: 20 });
    let started = std::time::Instant::now();
    let body = chat(&json!({ "options": { "num_predict": 5 } }));
    text(send(model.addr(), "POST", "/api/chat", &[], &body).await).await;
    assert!(started.elapsed() >= Duration::from_millis(100), "five pieces of 20 ms");
}

#[tokio::test]
async fn a_hanging_model_never_answers_and_its_end_cuts_the_connection() {
    let model = start();
    model.faults().set(Fault::Hang);
    let addr = model.addr();
    let call = tokio::spawn(async move { try_send(addr, "POST", "/api/chat", &[], &chat(&json!({}))).await.map_err(|_| ()) });
    while model.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!call.is_finished());
    drop(model);
    assert!(call.await.unwrap().is_err());
    // The port is free again.
    let again = Model::start(addr, &Options::default()).unwrap();
    assert_eq!(again.addr(), addr);
}

#[tokio::test]
async fn requests_are_recorded_only_where_asked() {
    let model = start();
    send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await;
    let requests = model.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/api/chat");
    assert_eq!(requests[0].body["messages"][3]["content"], BRIEF);
    model.forget_requests();
    assert!(model.requests().is_empty());

    let silent = Model::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &Options::default()).unwrap();
    send(silent.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await;
    assert!(silent.requests().is_empty());
}

#[tokio::test]
async fn faults_are_set_over_http_too() {
    let model = start();
    let json_type = [("content-type", "application/json")];
    let body = r#"{"fault": {"kind": "status", "status": 500}, "once": true}"#;
    assert_eq!(send(model.addr(), "PUT", "/_control/fault", &json_type, body).await.status(), 204);
    assert_eq!(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await.status(), 500);
    assert_eq!(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await.status(), 200);
    let unknown = r#"{"fault": {"kind": "sulk"}}"#;
    assert_eq!(send(model.addr(), "PUT", "/_control/fault", &json_type, unknown).await.status(), 422);
    send(model.addr(), "PUT", "/_control/fault", &json_type, r#"{"fault": {"kind": "bad_file"}}"#).await;
    assert_eq!(send(model.addr(), "DELETE", "/_control/fault", &[], "").await.status(), 204);
    let (text, _) = text(send(model.addr(), "POST", "/api/chat", &[], &chat(&json!({}))).await).await;
    assert_eq!(content(&lines(&text)), asknpic_composer::compose(BRIEF, 7));
    let requests = body_json(send(model.addr(), "GET", "/_control/requests", &[], "").await).await;
    assert_eq!(requests.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_web_page_under_another_name_is_refused() {
    let model = start();
    for path in ["/api/tags", "/_control/requests"] {
        let response = send(model.addr(), "GET", path, &[("host", "rebound.example")], "").await;
        assert_eq!(response.status(), 403, "{path}");
    }
}

/// Needs Ollama's own package: `python3 -m venv v && v/bin/pip install ollama`, then `ASKNPIC_PYTHON=v/bin/python cargo test
/// -p asknpic-local -- --ignored official`.
#[tokio::test]
#[ignore = "needs Ollama's Python package"]
async fn the_official_client_understands_it() {
    let model = start();
    let python = std::env::var_os("ASKNPIC_PYTHON").unwrap_or_else(|| "python3".into());
    let output = tokio::process::Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ollama_client.py"))
        .arg(model.url())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
