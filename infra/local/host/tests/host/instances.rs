//! The life of instances: traps, limits, reuse, work after the response, the clock, and how a host stops.

use std::time::{Duration, Instant};

use asknpic_host::{Host, Limits};
use http::Method;
use http_body_util::BodyExt;

use crate::client::{Answer, get, request, send, text};
use crate::fixture::{App, eventually};

fn failed() -> Answer {
    Answer { status: 500, body: String::new() }
}

async fn limited(app: &App, limits: Limits) -> Host {
    let mut config = app.config();
    config.limits = limits;
    Host::start(config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_a_500_and_the_next_request_works() {
    let app = App::probe("");
    let host = app.start().await;
    assert_eq!(get(host.addr(), "/fail?why").await, failed());
    for _ in 0..3 {
        assert_eq!(get(host.addr(), "/panic").await, failed());
        assert_eq!(text(host.addr(), "/a").await, "path /a");
    }
    assert_eq!(app.log.text("probe").matches("on request").count(), 3, "{}", app.log.text("probe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_limited() {
    let app = App::probe("");
    let host = limited(&app, Limits { memory: 32 << 20, ..Limits::default() }).await;
    assert_eq!(text(host.addr(), "/grow?8").await, (8 << 20).to_string());
    assert_eq!(get(host.addr(), "/grow?64").await, failed());
    assert_eq!(text(host.addr(), "/a").await, "path /a");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_computes_too_long_ends_and_others_go_on_meanwhile() {
    let app = App::probe("");
    let host = limited(&app, Limits { cpu: Duration::from_secs(2), ..Limits::default() }).await;
    let addr = host.addr();
    let looping = tokio::spawn(async move { get(addr, "/loop").await });
    // More than there are threads, so that a thread that is taken would show.
    let more: Vec<_> = (0..4).map(|_| tokio::spawn(async move { get(addr, "/loop").await })).collect();
    let started = Instant::now();
    assert_eq!(text(addr, "/a").await, "path /a");
    assert!(!looping.is_finished(), "the loop should still run after {:?}", started.elapsed());
    for looping in more.into_iter().chain([looping]) {
        assert_eq!(looping.await.unwrap(), failed());
    }
    assert_eq!(text(addr, "/a").await, "path /a");
}

#[tokio::test(flavor = "multi_thread")]
async fn computing_within_the_limit_and_long_streams_are_left_alone() {
    let app = App::probe("");
    let host = limited(&app, Limits { cpu: Duration::from_millis(600), ..Limits::default() }).await;
    assert_eq!(text(host.addr(), "/compute?100").await, "computed");
    // In all longer than the limit, but with pauses.
    assert_eq!(text(host.addr(), "/tick?30").await.matches("data").count(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_a_deadline() {
    let app = App::probe("");
    let host = limited(&app, Limits { request: Duration::from_secs(1), ..Limits::default() }).await;
    assert_eq!(get(host.addr(), "/sleep?60000").await, failed());
    assert_eq!(text(host.addr(), "/sleep?1").await, "slept");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_after_the_response_and_after_the_client_has_left() {
    let app = App::probe("");
    let host = app.start().await;
    assert_eq!(text(host.addr(), "/after?150").await, "at once");
    assert!(!app.log.text("probe").contains("done after the response"));
    eventually("the task ends", || app.log.text("probe").contains("done after the response")).await;

    // A client that hangs up before the answer: the component goes on to its end.
    let addr = host.addr();
    let leaving = tokio::spawn(async move { get(addr, "/sleep?150").await });
    eventually("the request is running", || app.log.text("probe").contains("sleeping")).await;
    leaving.abort();
    eventually("it goes on", || app.log.text("probe").contains("woken")).await;

    // One that hangs up in the middle of a stream: the component notices when it writes.
    let response = send(host.addr(), request(Method::GET, "/tick?100000", "")).await;
    let mut body = response.into_body();
    assert!(body.frame().await.is_some());
    drop(body);
    eventually("the component notices", || app.log.text("probe").contains("the client left at")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_reused_up_to_their_limit() {
    let app = App::probe("");
    let host = limited(&app, Limits { requests_per_instance: 3, idle: Duration::from_mins(1), ..Limits::default() }).await;
    let mut counts = Vec::new();
    for _ in 0..7 {
        counts.push(text(host.addr(), "/count").await);
    }
    assert_eq!(counts, ["0", "1", "2", "0", "1", "2", "0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_share_an_instance_while_they_wait() {
    let app = App::probe("");
    let host = limited(&app, Limits { concurrent_requests: 2, idle: Duration::from_mins(1), ..Limits::default() }).await;
    let addr = host.addr();
    let sleeping = |count| {
        tokio::spawn(async move { get(addr, "/sleep?60000").await });
        let log = app.log.clone();
        async move { eventually("it sleeps", || log.all().matches("sleeping").count() == count).await }
    };
    assert_eq!(text(addr, "/count").await, "0");
    sleeping(1).await;
    assert_eq!(text(addr, "/count").await, "1", "beside the one that sleeps");
    sleeping(2).await;
    assert_eq!(text(addr, "/count").await, "0", "the first instance is full, so another counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_clock_can_be_moved_and_the_monotonic_one_not() {
    let app = App::probe("");
    let host = app.start().await;
    let clock = async || {
        let text = text(host.addr(), "/clock").await;
        text.split(' ').map(|number| number.parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    let before = clock().await;
    host.clock().advance(Duration::from_hours(8 * 24));
    let after = clock().await;
    for wall in [0, 1] {
        let moved = after[wall] - before[wall];
        assert!((8 * 86_400..8 * 86_400 + 60).contains(&moved), "{moved}");
    }
    assert!(after[2] - before[2] < 60_000_000_000, "{before:?} {after:?}");
    let shown = host.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(shown - after[0] < 60);
    host.clock().set_offset(Duration::ZERO);
    assert!(clock().await[0] - before[0] < 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_requests_finish() {
    let app = App::probe("allowed_outbound_hosts = [\"http://probe.spin.internal\"]");
    let host = app.start().await;
    let addr = host.addr();
    // A connection without a request does not hold it up.
    let _idle = tokio::net::TcpStream::connect(addr).await.unwrap();
    assert_eq!(text(addr, "/after-fetch?http://probe.spin.internal/a").await, "at once");
    let running = tokio::spawn(async move { text(addr, "/sleep?300").await });
    assert_eq!(text(addr, "/after?300").await, "at once");
    eventually("the request is running", || app.log.text("probe").contains("sleeping")).await;
    let started = Instant::now();
    host.stop(Duration::from_mins(1)).await;
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert_eq!(running.await.unwrap(), "slept");
    assert!(app.log.text("probe").contains("done after the response"));
    assert!(app.log.text("probe").contains("fetched Ok(200)"), "{}", app.log.text("probe"));
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_what_does_not_finish_in_time() {
    let app = App::probe("");
    let host = app.start().await;
    let response = send(host.addr(), request(Method::GET, "/tick?100000", "")).await;
    let started = Instant::now();
    host.stop(Duration::from_millis(100)).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(response.into_body().collect().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn output_goes_to_files_as_in_spin() {
    let app = App::probe("");
    let dir = app.folder().join("logs");
    let mut config = app.config();
    config.logs = asknpic_host::LogSink::Files { dir: dir.clone(), follow: false };
    let host = Host::start(config).await.unwrap();
    text(host.addr(), "/print?x").await;
    assert_eq!(std::fs::read_to_string(dir.join("probe_stdout.txt")).unwrap(), "to stdout: x\n");
    assert_eq!(std::fs::read_to_string(dir.join("probe_stderr.txt")).unwrap(), "to stderr: x\n");
}
