//! Whether the caller wants a stream of events (RFC 9110, 12.5.1).

use http::{HeaderMap, header};

/// Whether `text/event-stream` is accepted by name, at least as gladly as JSON by name. A wildcard asks for JSON.
pub(crate) fn event_stream(headers: &HeaderMap) -> bool {
    let (mut events, mut json) = (0.0, 0.0);
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for range in values.flat_map(|value| value.split(',')).take(64) {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let weight = parts.find_map(weight).unwrap_or(1.0);
        if essence.eq_ignore_ascii_case("text/event-stream") {
            events = weight;
        } else if essence.eq_ignore_ascii_case("application/json") {
            json = weight;
        }
    }
    events > 0.0 && events >= json
}

fn weight(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let weight = || value.trim().parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0);
    name.trim().eq_ignore_ascii_case("q").then(weight)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn events_are_asked_for_by_name() {
        for (accept, expected) in [
            ("text/event-stream", true),
            ("TEXT/Event-Stream; charset=utf-8", true),
            ("text/event-stream, application/json", true),
            ("text/event-stream;q=0.5, */*", true),
            ("application/json, text/event-stream;q=0.9", false),
            ("text/event-stream;q=0", false),
            ("text/event-stream;q=abc", false),
            ("text/event-stream; Q=0.2", true),
            ("*/*", false),
            ("text/*", false),
            ("", false),
            (",;=,q", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(event_stream(&headers), expected, "{accept}");
        }
        let mut two = HeaderMap::new();
        two.append(header::ACCEPT, HeaderValue::from_static("image/png"));
        two.append(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        assert!(event_stream(&two));
        assert!(!event_stream(&HeaderMap::new()));
    }
}
