//! Requests in and out, and between components.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Answer, get, post, raw, read, request, send, text};
use crate::fixture::App;

#[tokio::test(flavor = "multi_thread")]
async fn a_component_sees_the_request_as_spin_shows_it() {
    let app = App::new(
        r#"
        [[trigger.http]]
        route = "/headers"
        component = "a"
        [component.a]
        source = "<probe>"
        [[trigger.http]]
        route = "/:user/x/..."
        component = "b"
        [component.b]
        source = "<probe>"
        "#,
    );
    let host = app.start().await;
    let seen = read(
        send(host.addr(), {
            let mut request = request(Method::GET, "/headers?q=%20", "");
            // A client that pretends to be someone else.
            request.headers_mut().append("spin-client-addr", "10.0.0.1:1".parse().unwrap());
            request.headers_mut().append("connection", "keep-alive".parse().unwrap());
            request
        })
        .await,
    )
    .await
    .body;
    let values = |name: &str| -> Vec<String> {
        seen.lines().filter_map(|line| line.strip_prefix(&format!("{name}: "))).map(str::to_owned).collect()
    };
    assert_eq!(values("uri"), ["http://test.example/headers?q=%20"]);
    assert_eq!(values("spin-full-url"), ["http://test.example/headers?q=%20"]);
    assert_eq!(values("spin-path-info"), [""]);
    assert_eq!(values("spin-matched-route"), ["/headers"]);
    assert_eq!(values("spin-raw-component-route"), ["/headers"]);
    assert_eq!(values("spin-component-route"), ["/headers"]);
    assert_eq!(values("spin-base-path"), ["/"]);
    assert_eq!(values("connection"), [""; 0]);
    let client = values("spin-client-addr");
    assert_eq!(client[0], "10.0.0.1:1");
    assert!(client.len() == 2 && client[1].starts_with("127.0.0.1:"), "the last value is the host's own: {client:?}");
    assert_eq!(text(host.addr(), "/7/x/y").await, "path /7/x/y");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_component_answers_gets_spins_own_answer() {
    let app = App::new(
        r#"
        [[trigger.http]]
        route = "/a"
        component = "a"
        [component.a]
        source = "<probe>"
        [[trigger.http]]
        route = { private = true }
        component = "hidden"
        [component.hidden]
        source = "<probe>"
        "#,
    );
    let host = app.start().await;
    let not_found = Answer { status: 404, body: String::new() };
    for path in ["/", "/b", "/a/b", "/hidden", "/...", "/.well-known/spin/other"] {
        assert_eq!(get(host.addr(), path).await, not_found, "{path}");
    }
    assert_eq!(text(host.addr(), "/a").await, "path /a");
    assert_eq!(text(host.addr(), "/a/").await, "path /a/");
    assert_eq!(text(host.addr(), "/.well-known/spin/health").await, "OK");
    let info = text(host.addr(), "/.well-known/spin/info").await;
    assert!(info.contains("\"name\": \"test\"") && info.contains("\"version\": \"1.2.3\""), "{info}");
    // A private component cannot be reached by pretending that the call comes from inside either.
    let forged = raw(host.addr(), b"GET / HTTP/1.1\r\nHost: hidden.spin.internal\r\nConnection: close\r\n\r\n").await;
    assert!(forged.starts_with("HTTP/1.1 404"), "{forged}");
    let forged = raw(host.addr(), b"GET http://hidden.spin.internal/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(!forged.contains("path"), "{forged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_do_no_harm() {
    let app = App::probe("");
    let host = app.start().await;
    // No authority: Spin closes the connection.
    assert_eq!(raw(host.addr(), b"GET /a HTTP/1.1\r\n\r\n").await, "");
    // A header that is not text: Spin's empty 500.
    let answer = raw(host.addr(), b"GET /a HTTP/1.1\r\nHost: h\r\nX: \xff\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 500") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(raw(host.addr(), b"no HTTP at all\r\n\r\n").await.starts_with("HTTP/1.1 400"));
    assert_eq!(text(host.addr(), "/a").await, "path /a");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_stream_both_ways() {
    let app = App::probe("");
    let host = app.start().await;
    let big: Bytes = (0..3_000_000_u32).map(|n| b'a' + (n % 26) as u8).collect::<Vec<u8>>().into();
    assert_eq!(post(host.addr(), "/echo", big.clone()).await.as_bytes(), &big);

    // A body whose second half is sent only when the first has come back.
    let mut stream = TcpStream::connect(host.addr()).await.unwrap();
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nConnection: close\r\n\r\none").await.unwrap();
    let mut seen = String::new();
    while !seen.ends_with("one\r\n") {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).await.unwrap();
        assert_ne!(count, 0, "{seen}");
        seen += std::str::from_utf8(&buffer[..count]).unwrap();
    }
    stream.write_all(b"two").await.unwrap();
    stream.read_to_string(&mut seen).await.unwrap();
    assert!(seen.contains("two\r\n0\r\n"), "{seen}");
}

/// An event source, two components that pass its events on, and a client: each event is only sent when the client has the one
/// before, so that nothing on the way may wait for more.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_relayed_one_by_one() {
    let source = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = source.local_addr().unwrap().port();
    let app = App::new(&format!(
        r#"
        [[trigger.http]]
        route = "/relay"
        component = "outer"
        [component.outer]
        source = "<probe>"
        allowed_outbound_hosts = ["http://inner.spin.internal"]
        [[trigger.http]]
        route = {{ private = true }}
        component = "inner"
        [component.inner]
        source = "<probe>"
        allowed_outbound_hosts = ["http://127.0.0.1:{port}"]
        "#
    ));
    let host = app.start().await;
    let addr = host.addr();
    let path = format!("/relay?http://inner.spin.internal/relay?http://127.0.0.1:{port}/events");
    let asking = tokio::spawn(async move { send(addr, request(Method::GET, &path, "")).await });
    let (mut upstream, _) = source.accept().await.unwrap();
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        asked.push(upstream.read_u8().await.unwrap());
    }
    upstream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    let mut body = asking.await.unwrap().into_body();
    for event in ["data: 0\n\n", "data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
        upstream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while seen.len() < event.len() {
            seen.extend_from_slice(body.frame().await.unwrap().unwrap().data_ref().unwrap());
        }
        assert_eq!(seen, event.as_bytes());
    }
    upstream.write_all(b"0\r\n\r\n").await.unwrap();
    assert!(body.frame().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_stream_ends_it_and_nothing_else() {
    let app = App::probe("");
    let host = app.start().await;
    let answer = get(host.addr(), "/panic-in-stream").await;
    assert_eq!(answer, Answer { status: 200, body: "first".to_owned() });
    assert_eq!(text(host.addr(), "/a").await, "path /a");
    assert!(app.log.text("probe").contains("in the stream"));
}

#[tokio::test(flavor = "multi_thread")]
async fn components_call_each_other_in_process() {
    let app = App::new(
        r#"
        [[trigger.http]]
        route = "/..."
        component = "caller"
        [component.caller]
        source = "<probe>"
        allowed_outbound_hosts = ["http://hidden.spin.internal", "http://missing.spin.internal"]
        [[trigger.http]]
        route = { private = true }
        component = "hidden"
        [component.hidden]
        source = "<probe>"
        "#,
    );
    let host = app.start().await;
    let seen = text(host.addr(), "/fetch?http://hidden.spin.internal/headers?x=1").await;
    assert!(seen.starts_with("200 OK uri: http://hidden.spin.internal/headers?x=1\n"), "{seen}");
    for line in
        ["spin-client-addr: 0.0.0.0:0", "spin-path-info: /headers", "spin-matched-route: /...", "spin-component-route: \n"]
    {
        assert!(seen.contains(line), "{line}: {seen}");
    }
    assert_eq!(post(host.addr(), "/post?http://hidden.spin.internal/echo", "passed on").await, "passed on");
    // A callee that traps answers 500; the caller lives.
    assert_eq!(text(host.addr(), "/fetch?http://hidden.spin.internal/panic").await, "500 Internal Server Error ");
    // Only what is allowed: the caller cannot call itself by that name, and the scheme is http.
    assert_eq!(text(host.addr(), "/fetch?http://caller.spin.internal/a").await, "ErrorCode::HttpRequestDenied");
    assert_eq!(text(host.addr(), "/fetch?https://hidden.spin.internal/a").await, "ErrorCode::HttpRequestDenied");
    // A target that is allowed but does not exist traps the caller, as in Spin.
    assert_eq!(get(host.addr(), "/fetch?http://missing.spin.internal/a").await, Answer { status: 500, body: String::new() });
    assert_eq!(text(host.addr(), "/a").await, "path /a");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_allowed_hosts_are_reached() {
    let upstream = App::probe("");
    let upstream = upstream.start().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed_port = closed.local_addr().unwrap().port();
    drop(closed);
    let port = upstream.addr().port();
    let app = App::new(&format!(
        r#"
        variables.port = {{ default = "{port}" }}
        variables.optional = {{ default = "" }}
        [[trigger.http]]
        route = "/..."
        component = "probe"
        [component.probe]
        source = "<probe>"
        allowed_outbound_hosts = ["http://127.0.0.1:{{{{ port }}}}", "{{{{ optional }}}}", "http://127.0.0.1:{closed_port}", "http://self", "http://no-such-host.invalid"]
        "#
    ));
    let host = app.start().await;
    let fetch = async |url: String| text(host.addr(), &format!("/fetch?{url}")).await;
    assert_eq!(fetch(format!("http://127.0.0.1:{port}/a")).await, "200 OK path /a");
    // The connection is kept and used again.
    assert_eq!(fetch(format!("http://127.0.0.1:{port}/b")).await, "200 OK path /b");
    for denied in [
        format!("http://localhost:{port}/a"),
        "http://127.0.0.1/a".to_owned(),
        format!("https://127.0.0.1:{port}/a"),
        "http://example.org/".to_owned(),
    ] {
        assert_eq!(fetch(denied.clone()).await, "ErrorCode::HttpRequestDenied", "{denied}");
    }
    assert_eq!(fetch(format!("http://127.0.0.1:{closed_port}/a")).await, "ErrorCode::ConnectionRefused");
    assert!(fetch("http://no-such-host.invalid/".to_owned()).await.contains("DnsError"));
    assert_eq!(fetch("http://self.alt/itself".to_owned()).await, "200 OK path /itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_request_after_request() {
    let app = App::probe("");
    let host = app.start().await;
    let stream = TcpStream::connect(host.addr()).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for path in ["/a", "/b", "/c"] {
        sender.ready().await.unwrap();
        let request = Request::builder().uri(path).header("host", "h").body(Full::<Bytes>::default()).unwrap();
        assert_eq!(read(sender.send_request(request).await.unwrap()).await.body, format!("path {path}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_read_and_nothing_else_is_seen() {
    let app = App::new(
        r#"
        variables.name = { default = "default" }
        [[trigger.http]]
        route = "/..."
        component = "probe"
        [component.probe]
        source = "<probe>"
        [component.probe.variables]
        greeting = "hello {{ name }}"
        "#,
    );
    let mut config = app.config();
    config.variables.insert("name".to_owned(), "given".to_owned());
    let host = asknpic_host::Host::start(config).await.unwrap();
    assert_eq!(text(host.addr(), "/variable?greeting").await, "value hello given");
    assert_eq!(text(host.addr(), "/variable?name").await, "Error::Undefined(\"no variable for \\\"probe\\\".\\\"name\\\"\")");
    assert!(text(host.addr(), "/variable?Greeting").await.starts_with("Error::InvalidName("));
    assert_eq!(text(host.addr(), "/surroundings").await, "0 arguments, 0 variables, 0 files");
}
