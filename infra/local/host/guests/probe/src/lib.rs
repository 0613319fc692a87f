//! Whatever the host's tests need a component to do, by path.
#![cfg(target_family = "wasm")]

mod database;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::StreamExt;
use spin_sdk::http::body::{self, IncomingBodyExt};
use spin_sdk::http::{BoxBody, EmptyBody, FullBody, IntoResponse, Request, Response, box_body};
use spin_sdk::wasip3::http::types::ErrorCode;
use spin_sdk::{http_service, time, variables, wasip3};

#[http_service]
async fn handle(request: Request) -> Result<impl IntoResponse, ErrorCode> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    Ok(match request.uri().path() {
        "/headers" => text(headers(&request)),
        "/echo" => Response::new(box_body(request.into_body())),
        "/tick" => ticks(&query),
        "/relay" => relay(&query).await,
        "/panic" => panic!("on request"),
        "/panic-in-stream" => panic_in_stream(),
        "/grow" => {
            text(format!("{}", vec![1_u8; query.parse::<usize>().unwrap_or(0) << 20].iter().map(|b| u64::from(*b)).sum::<u64>()))
        }
        "/loop" => endless(),
        "/compute" => text(compute(Duration::from_millis(query.parse().unwrap_or(0)))),
        "/sleep" => {
            println!("sleeping");
            time::sleep(Duration::from_millis(query.parse().unwrap_or(0))).await;
            println!("woken");
            text("slept")
        }
        "/fail" => return Err(ErrorCode::InternalError(Some(query))),
        "/after-fetch" => {
            wasip3::spawn(async move {
                time::sleep(Duration::from_millis(200)).await;
                let status = spin_sdk::http::get(&query).await.map(|response| response.status());
                println!("fetched {status:?}");
            });
            text("at once")
        }
        "/after" => {
            wasip3::spawn(async move {
                time::sleep(Duration::from_millis(query.parse().unwrap_or(0))).await;
                println!("done after the response");
            });
            text("at once")
        }
        "/clock" => text(clock()),
        "/fetch" => fetch(&query).await,
        "/post" => post(&query, request).await,
        "/variable" => text(match variables::get(&query).await {
            Ok(value) => format!("value {value}"),
            Err(error) => format!("{error:?}"),
        }),
        "/surroundings" => {
            let files = std::fs::read_dir("/").map_or(0, Iterator::count);
            text(format!("{} arguments, {} variables, {files} files", std::env::args().count(), std::env::vars().count()))
        }
        "/count" => {
            use std::sync::atomic::{AtomicU32, Ordering};
            static REQUESTS: AtomicU32 = AtomicU32::new(0);
            text(REQUESTS.fetch_add(1, Ordering::Relaxed).to_string())
        }
        "/print" => {
            println!("to stdout: {query}");
            eprintln!("to stderr: {query}");
            text("printed")
        }
        path if path.starts_with("/pg/") => {
            let path = path.to_owned();
            let statement = request.into_body().bytes().await.unwrap_or_default();
            text(database::run(&path, &query, &String::from_utf8_lossy(&statement)).await)
        }
        path => text(format!("path {path}")),
    })
}

fn text(text: impl Into<Bytes>) -> Response<BoxBody> {
    Response::new(box_body(FullBody::new(text.into())))
}

fn headers(request: &Request) -> String {
    let mut lines = format!("uri: {}\n", request.uri());
    for (name, value) in request.headers() {
        lines.extend([name.as_str(), ": ", &String::from_utf8_lossy(value.as_bytes()), "\n"]);
    }
    lines
}

/// As many pieces as asked for, one every 30 ms.
fn ticks(query: &str) -> Response<BoxBody> {
    let count: u32 = query.parse().unwrap_or(0);
    let (mut sender, body) = body::stream::<String>();
    wasip3::spawn(async move {
        for tick in 0..count {
            if futures::SinkExt::send(&mut sender, format!("data: {tick}\n\n")).await.is_err() {
                println!("the client left at {tick}");
                return;
            }
            time::sleep(Duration::from_millis(30)).await;
        }
        println!("all ticks sent");
    });
    Response::new(box_body(body))
}

/// Passes on the pieces of another body as they arrive.
async fn relay(url: &str) -> Response<BoxBody> {
    let upstream = match spin_sdk::http::get(url).await {
        Ok(upstream) => upstream,
        Err(error) => return text(format!("{error:?}")),
    };
    let (mut sender, body) = body::stream::<Bytes>();
    wasip3::spawn(async move {
        let mut pieces = upstream.into_body().stream();
        while let Some(Ok(piece)) = pieces.next().await {
            if futures::SinkExt::send(&mut sender, piece).await.is_err() {
                return;
            }
        }
    });
    Response::new(box_body(body))
}

fn panic_in_stream() -> Response<BoxBody> {
    let (mut sender, body) = body::stream::<String>();
    wasip3::spawn(async move {
        // The panic is the point, not the sending.
        let _ = futures::SinkExt::send(&mut sender, "first".to_owned()).await;
        time::sleep(Duration::from_millis(30)).await;
        panic!("in the stream");
    });
    Response::new(box_body(body))
}

fn endless() -> ! {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}

fn compute(duration: Duration) -> String {
    let start = std::time::Instant::now();
    let mut number = 0_u64;
    while start.elapsed() < duration {
        number = std::hint::black_box(number.wrapping_add(1));
    }
    "computed".to_owned()
}

/// Seconds since 1970 by both wall clocks, and nanoseconds of the monotonic one.
fn clock() -> String {
    let std = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let p3 = wasip3::clocks::system_clock::now().seconds;
    let monotonic = wasip3::clocks::monotonic_clock::now();
    format!("{std} {p3} {monotonic}")
}

async fn fetch(url: &str) -> Response<BoxBody> {
    match spin_sdk::http::get(url).await {
        Ok(response) => {
            let status = response.status();
            match response.into_body().bytes().await {
                Ok(body) => text(format!("{status} {}", String::from_utf8_lossy(&body))),
                Err(error) => text(format!("{status} {error:?}")),
            }
        }
        Err(error) => text(format!("{error:?}")),
    }
}

/// Sends its own body on, streaming, and answers with the other's answer.
async fn post(url: &str, request: Request) -> Response<BoxBody> {
    let outgoing = http::Request::post(url).body(request.into_body());
    let Ok(outgoing) = outgoing else { return empty(400) };
    match spin_sdk::http::send(outgoing).await {
        Ok(response) => Response::new(box_body(response.into_body())),
        Err(error) => text(format!("{error:?}")),
    }
}

fn empty(status: u16) -> Response<BoxBody> {
    let mut response = Response::new(box_body(EmptyBody::new()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}
