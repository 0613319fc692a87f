//! Methods that mean more than a router takes them for.

use axum::{
    handler::Handler,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};

/// A route for `GET` alone. A router answers `HEAD` by the handler of `GET` and drops the body; where that handler changes something, a
/// program that only looks at a link would use it up for the person who follows it.
pub fn get_only<H, T>(handler: H) -> MethodRouter
where
    H: Handler<T, ()>,
    T: 'static,
{
    get(handler).head(refused)
}

async fn refused() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request};
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn head_is_not_get() {
        for (method, status) in
            [("GET", StatusCode::OK), ("HEAD", StatusCode::METHOD_NOT_ALLOWED), ("POST", StatusCode::METHOD_NOT_ALLOWED)]
        {
            let router = Router::new().route("/v1/once", get_only(async || "used up"));
            let request = Request::builder().method(method).uri("/v1/once").body(Body::empty()).expect("a request");
            let response = block_on(crate::serve("test", router, request));
            assert_eq!(response.status(), status, "{method}");
            assert!(status == StatusCode::OK || response.headers().contains_key(header::ALLOW), "{method}");
        }
    }
}
