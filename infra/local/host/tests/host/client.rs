//! A small HTTP client: one connection per request.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends a request and gives the answer as soon as its head is there.
pub(crate) async fn send(addr: SocketAddr, request: Request<Full<Bytes>>) -> Response<Incoming> {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    // Its errors show in the answer.
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

pub(crate) fn request(method: Method, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::builder().method(method).uri(path).header("host", "test.example").body(Full::new(body.into())).unwrap()
}

pub(crate) async fn read(response: Response<Incoming>) -> Answer {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
}

/// `GET path`
pub(crate) async fn get(addr: SocketAddr, path: &str) -> Answer {
    read(send(addr, request(Method::GET, path, "")).await).await
}

/// The body of `GET path`, which must answer 200.
pub(crate) async fn text(addr: SocketAddr, path: &str) -> String {
    let answer = get(addr, path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// The body of `POST path`, which must answer 200.
pub(crate) async fn post(addr: SocketAddr, path: &str, body: impl Into<Bytes>) -> String {
    let answer = read(send(addr, request(Method::POST, path, body)).await).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// Sends these bytes and reads until the server closes the connection.
pub(crate) async fn raw(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
