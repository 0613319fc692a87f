//! One request through a component's router, with the headers every answer has.

use std::time::Instant;

use axum::{BoxError, Router, body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use tower::ServiceExt as _;

use crate::{Context, Kind, Problem, context::REQUEST_ID, log};

/// Serves a request: notes its id and language, runs the router, turns a [`Problem`] into its document, adds the common headers
/// and writes one line of log. A path the router does not have, a trailing slash included, is 404.
pub async fn serve<B>(component: &'static str, router: Router, request: Request<B>) -> Response
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let started = Instant::now();
    log::install_panic_hook();
    let context = Context::of(request.headers());
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(context.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    finish(&mut response, &context);
    log::request(component, &method, &path, response.status(), &context, started);
    response
}

/// Problems get their text; every answer gets the headers of the contract.
fn finish(response: &mut Response, context: &Context) {
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| match response.status() {
        StatusCode::NOT_FOUND if is_unset(response.headers()) => Some(Kind::NotFound.into()),
        StatusCode::METHOD_NOT_ALLOWED => Some(Kind::MethodNotAllowed.into()),
        _ => None,
    });
    if let Some(problem) = problem {
        problem.render(response, context.language, context.request_id);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&context.request_id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // Browsers ignore it where the connection is not HTTPS (RFC 6797, 8.1).
        (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
        // What may be cached says so itself.
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Whether a 404 is the router's own and not a handler's.
fn is_unset(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::CONTENT_TYPE)
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use futures::executor::block_on;
    use http_body_util::BodyExt as _;

    use super::*;

    fn ask(method: &str, path: &str, language: &str) -> (StatusCode, HeaderMap, serde_json::Value) {
        let router = Router::new().route("/v1/thing", post(async || Problem::from(Kind::Internal)));
        let request = Request::builder().method(method).uri(path).header("accept-language", language).body(Body::empty());
        block_on(async move {
            let (parts, body) = serve("test", router, request.expect("a request")).await.into_parts();
            let bytes = body.collect().await.expect("a body").to_bytes();
            (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
        })
    }

    #[test]
    fn what_the_router_does_not_have_is_a_problem_too() {
        let (status, headers, document) = ask("GET", "/nothing", "fr");
        assert_eq!((status, &document["type"]), (StatusCode::NOT_FOUND, &"urn:asknpic:problem:not-found".into()));
        assert_eq!(document["title"], "Introuvable");
        assert_eq!(headers["vary"], "Accept-Language");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-request-id"].to_str().ok(), document["request_id"].as_str());
        assert_eq!(ask("POST", "/v1/thing/", "en").0, StatusCode::NOT_FOUND);
        let (status, headers, document) = ask("DELETE", "/v1/thing", "en");
        assert_eq!((status, &document["status"]), (StatusCode::METHOD_NOT_ALLOWED, &405.into()));
        assert_eq!(headers["allow"], "POST");
        assert_eq!(ask("POST", "/v1/thing", "en").2["type"], "urn:asknpic:problem:internal");
    }
}
