//! An HTTP client that shows what is sent and received as it is: no redirects, no cookies, no decompression, every header.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::client::legacy::{Client as Pool, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use uuid::Uuid;

use crate::contract;
use crate::wait::PATIENCE;

/// A client with its own connections.
#[derive(Clone, Debug)]
pub struct Client {
    pool: Pool<HttpConnector, BoxBody<Bytes, Infallible>>,
}

impl Default for Client {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { pool: Pool::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(5)).build(connector) }
    }
}

/// A request in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct Call {
    client: Client,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
    chunked: bool,
}

impl Client {
    /// A request to a whole URL.
    pub fn call(&self, method: Method, url: impl Into<String>) -> Call {
        Call { client: self.clone(), method, url: url.into(), headers: HeaderMap::new(), body: Bytes::new(), chunked: false }
    }
}

impl Call {
    /// Adds a header; one that is there stays.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        self
    }

    /// Takes a header away again.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With the refresh cookie.
    pub fn cookie(self, refresh_token: &str) -> Self {
        self.header("cookie", &format!("refresh_token={refresh_token}"))
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.text("application/json", body.to_string())
    }

    /// With a body as it is.
    pub fn text(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// With the body in pieces of a kilobyte and no announced length.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Sends it and waits for the head of the answer.
    ///
    /// # Errors
    /// There is no connection, or it broke.
    pub async fn open(self) -> Result<(http::response::Parts, Incoming), String> {
        let mut request = Request::builder().method(self.method).uri(&self.url);
        request.headers_mut().expect("a URL").extend(self.headers);
        let body = if self.chunked {
            let pieces: Vec<_> = self.body.chunks(1_024).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
            StreamBody::new(stream::iter(pieces)).boxed()
        } else {
            Full::new(self.body).boxed()
        };
        let request = request.body(body).expect("a request");
        let answer = tokio::time::timeout(PATIENCE, self.client.pool.request(request)).await;
        let answer = answer.map_err(|_| format!("no answer from {} within {PATIENCE:?}", self.url))?;
        answer.map(http::Response::into_parts).map_err(|error| format!("{}: {error:?}", self.url))
    }

    /// Sends it and collects the answer, whatever it looks like.
    ///
    /// # Errors
    /// There is no connection, or it broke.
    pub async fn try_send(self) -> Result<Answer, String> {
        let what = format!("{} {}", self.method, self.url);
        let (parts, body) = self.open().await?;
        let body = tokio::time::timeout(PATIENCE, body.collect()).await;
        let body = body.map_err(|_| format!("{what}: the body did not end within {PATIENCE:?}"))?;
        let body = body.map_err(|error| format!("{what}: the body broke off: {error:?}"))?.to_bytes();
        Ok(Answer { what, status: parts.status, headers: parts.headers, body })
    }

    /// Sends it to a component of ours: the headers that every answer must have are checked.
    ///
    /// # Panics
    /// There is no answer, or not one of ours.
    pub async fn send(self) -> Answer {
        let answer = self.try_send().await.unwrap_or_else(|error| panic!("{error}"));
        answer.check_headers();
        answer
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Method and URL it answers.
    pub what: String,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// A header that occurs once, or `None`.
    #[must_use]
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let (first, second) = (values.next(), values.next());
        assert!(second.is_none(), "{}: the header {name} occurs twice", self.what);
        first.map(|value| value.to_str().expect("a header of ASCII"))
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        json.unwrap_or_else(|error| panic!("{}: {} is not JSON ({error}): {}", self.what, self.status, self.text()))
    }

    /// This answer, if it has that status.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the check is the point")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.what, self.text());
        self
    }

    /// The problem's document, if the answer is exactly that problem in the form of the contract (RFC 9457).
    #[track_caller]
    pub fn problem(&self, name: &str) -> Value {
        let what = format!("{}: {} {}", self.what, self.status, self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{what}");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:asknpic:problem:{name}"), "{what}");
        let status = contract::status_of(name);
        assert_eq!((self.status.as_u16(), &problem["status"]), (status, &status.into()), "{what}");
        for member in ["title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.trim().is_empty()), "no {member} in {what}");
        }
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{what}");
        assert_eq!(self.header("www-authenticate").is_some(), status == 401, "{what}");
        if status == 429 {
            assert!(self.retry_after() >= 1, "{what}");
        }
        if name == "invalid-request" {
            let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors in {what}"));
            let sound = |error: &Value| error["field"].is_string() && error["message"].is_string();
            assert!(!errors.is_empty() && errors.iter().all(sound), "{what}");
        }
        if status >= 500 {
            let text = self.text().to_lowercase();
            for inner in ["sqlstate", "postgres", "select ", "panicked", "backtrace", "wasm", ".rs:"] {
                assert!(!text.contains(inner), "a 5xx shows its inside: {what}");
            }
        }
        problem
    }

    /// The fields that an `invalid-request` complains about, in order.
    #[must_use]
    #[track_caller]
    pub fn bad_fields(&self) -> Vec<String> {
        let problem = self.problem("invalid-request");
        let errors = problem["errors"].as_array().expect("errors");
        errors.iter().map(|error| error["field"].as_str().expect("a field").to_owned()).collect()
    }

    /// `Retry-After` in seconds.
    #[must_use]
    #[track_caller]
    pub fn retry_after(&self) -> u64 {
        let value = self.header("retry-after").unwrap_or_else(|| panic!("{}: no Retry-After: {}", self.what, self.text()));
        value.parse().unwrap_or_else(|_| panic!("{}: Retry-After is {value:?}", self.what))
    }

    /// The cookies it sets, as they are.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(header::SET_COOKIE).iter();
        values.map(|value| value.to_str().expect("a cookie of ASCII").to_owned()).collect()
    }

    /// The refresh token it sets; empty where it clears the cookie.
    #[must_use]
    pub fn refresh_token(&self) -> Option<String> {
        let cookies = self.set_cookies();
        let mut values = cookies.iter().filter_map(|cookie| cookie.strip_prefix("refresh_token="));
        let value = values.next()?;
        value.split(';').next().map(str::to_owned)
    }

    /// Names and values that do not vary from request to request: what two answers must share to look alike.
    #[must_use]
    pub fn shape(&self) -> Vec<(String, String)> {
        let varies = ["x-request-id", "date"];
        let headers = self.headers.iter().filter(|(name, _)| !varies.contains(&name.as_str()));
        let mut shape: Vec<_> =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
        shape.sort();
        shape.push(("status".to_owned(), self.status.as_u16().to_string()));
        shape
    }

    /// What the contract wants of every answer of a component.
    #[track_caller]
    fn check_headers(&self) {
        let what = format!("{}: {} {:?} {}", self.what, self.status, self.headers, self.text());
        let vary: Vec<_> = self.headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok()).collect();
        assert!(vary.join(",").to_lowercase().contains("accept-language"), "no Vary: Accept-Language in {what}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{what}");
        let id = self.header("x-request-id").unwrap_or_else(|| panic!("no X-Request-Id in {what}"));
        assert!(id.parse::<Uuid>().is_ok(), "X-Request-Id is no UUID in {what}");
        let cache = self.header("cache-control").unwrap_or_else(|| panic!("no Cache-Control in {what}"));
        let about_persons = !["/openapi.json", "/.well-known/", "/schemas/"].iter().any(|path| self.what.contains(path));
        assert!(!about_persons || cache.contains("no-store"), "Cache-Control: {cache} in {what}");
        assert!(self.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")), "{what}");
        assert!(self.header("referrer-policy").is_some() && self.header("strict-transport-security").is_some(), "{what}");
    }
}
