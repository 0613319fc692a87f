//! What Spin's HTTP trigger does to a request before the component sees it.

use std::net::SocketAddr;

use http::header::{CONNECTION, HOST, HeaderName, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Uri};

use crate::outbound::internal_target;
use crate::routes::RouteMatch;

/// Removes what belongs to the connection, and a `Host` that could be taken for an internal call.
pub(crate) fn strip<B>(request: &mut Request<B>) {
    let headers = request.headers_mut();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| internal_target(host.rsplit_once(':').map_or(host, |(name, _)| name)).is_some()) {
        headers.remove(HOST);
    }
    headers.remove(CONNECTION);
}

/// Makes the URI absolute: the authority comes from `Host` or from the request line, and both must agree.
pub(crate) fn make_absolute<B>(request: &mut Request<B>, scheme: Scheme) -> Result<(), String> {
    let host = request.headers().get(HOST).map(|host| {
        let host = host.to_str().map_err(|_| "the Host header is not text")?;
        host.parse::<Authority>().map_err(|_| "the Host header is not an authority")
    });
    let mut parts = request.uri().clone().into_parts();
    parts.authority = match (host.transpose()?, parts.authority) {
        (None, None) => return Err("there is no Host header".to_owned()),
        (Some(host), Some(line)) if host != line => return Err("the Host header and the request line disagree".to_owned()),
        (host, line) => host.or(line),
    };
    parts.scheme = Some(scheme);
    parts.path_and_query.get_or_insert_with(|| http::uri::PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|error| error.to_string())?;
    Ok(())
}

/// Appends Spin's headers after whatever the client has sent, so that the last value of each is the host's own. The
/// request's URI must be absolute.
///
/// A header value that is not UTF-8 is an error, as in Spin.
pub(crate) fn append_spin_headers<B>(request: &mut Request<B>, route: &RouteMatch, client: SocketAddr) -> Result<(), String> {
    if let Some((name, _)) = request.headers().iter().find(|(_, value)| std::str::from_utf8(value.as_bytes()).is_err()) {
        return Err(format!("the header {name} is not UTF-8"));
    }
    let uri = request.uri();
    let scheme = uri.scheme_str().unwrap_or("http");
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let full_url = format!("{scheme}://{host}{target}");
    let client = client.to_string();
    let fixed = [
        ("spin-path-info", route.path_info.as_str()),
        ("spin-full-url", &full_url),
        ("spin-matched-route", &route.matched_route),
        ("spin-base-path", "/"),
        ("spin-raw-component-route", &route.raw_route),
        ("spin-component-route", route.component_route()),
        ("spin-client-addr", &client),
    ];
    let headers = request.headers_mut();
    for (name, value) in fixed {
        append(headers, HeaderName::from_static(name), value);
    }
    for (name, value) in &route.parameters {
        // A parameter whose name is no token gets no header, as in Spin.
        if let Ok(name) = HeaderName::try_from(format!("spin-path-match-{}", name.to_ascii_lowercase().replace('_', "-"))) {
            append(headers, name, value);
        }
    }
    Ok(())
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use super::*;

    const CLIENT: &str = "192.0.2.7:4711";

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let builder = headers.iter().fold(Request::builder().uri(uri), |builder, (name, value)| builder.header(*name, *value));
        builder.body(()).unwrap()
    }

    fn values<'a>(request: &'a Request<()>, name: &str) -> Vec<&'a str> {
        request.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    fn route() -> RouteMatch {
        RouteMatch {
            component: "c".to_owned(),
            raw_route: "/u/:user_id/...".to_owned(),
            matched_route: "/u/:user_id/...".to_owned(),
            path_info: "/rest".to_owned(),
            parameters: vec![("user_id".to_owned(), "7".to_owned())],
        }
    }

    #[test]
    fn spins_headers_are_set() {
        let mut request = request("/u/7/rest?q=1", &[("host", "example.org:81"), ("x", "y")]);
        make_absolute(&mut request, Scheme::HTTP).unwrap();
        append_spin_headers(&mut request, &route(), CLIENT.parse().unwrap()).unwrap();
        assert_eq!(*request.uri(), "http://example.org:81/u/7/rest?q=1");
        for (name, value) in [
            ("x", "y"),
            ("spin-path-info", "/rest"),
            ("spin-full-url", "http://example.org:81/u/7/rest?q=1"),
            ("spin-matched-route", "/u/:user_id/..."),
            ("spin-base-path", "/"),
            ("spin-raw-component-route", "/u/:user_id/..."),
            ("spin-component-route", "/u/:user_id"),
            ("spin-client-addr", CLIENT),
            ("spin-path-match-user-id", "7"),
        ] {
            assert_eq!(values(&request, name), [value], "{name}");
        }
    }

    #[test]
    fn what_a_client_forges_comes_first() {
        let mut request =
            request("/u/7/rest", &[("host", "h"), ("spin-client-addr", "10.0.0.1:1"), ("spin-client-addr", "10.0.0.2:2")]);
        append_spin_headers(&mut request, &route(), CLIENT.parse().unwrap()).unwrap();
        assert_eq!(values(&request, "spin-client-addr"), ["10.0.0.1:1", "10.0.0.2:2", CLIENT]);
    }

    #[test]
    fn the_authority_must_be_there_and_unambiguous() {
        let absolute = |mut request: Request<()>| make_absolute(&mut request, Scheme::HTTP).map(|()| request.uri().to_string());
        assert_eq!(absolute(request("/a", &[("host", "h")])).unwrap(), "http://h/a");
        assert_eq!(absolute(request("http://h/a", &[])).unwrap(), "http://h/a");
        assert_eq!(absolute(request("http://h", &[("host", "h")])).unwrap(), "http://h/");
        assert!(absolute(request("/a", &[])).is_err());
        assert!(absolute(request("http://h/a", &[("host", "other")])).is_err());
        assert!(absolute(request("/a", &[("host", "no authority")])).is_err());
    }

    #[test]
    fn headers_of_the_connection_go() {
        let mut internal = request("/", &[("host", "notify.spin.internal:80"), ("connection", "close"), ("x", "y")]);
        strip(&mut internal);
        assert_eq!(internal.headers().len(), 1);
        let mut external = request("/", &[("host", "example.org")]);
        strip(&mut external);
        assert_eq!(external.headers().len(), 1);
    }

    #[test]
    fn a_header_that_is_not_utf_8_is_an_error() {
        let mut request = request("/", &[("host", "h")]);
        request.headers_mut().insert("x", HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(append_spin_headers(&mut request, &route(), CLIENT.parse().unwrap()).is_err());
    }
}
