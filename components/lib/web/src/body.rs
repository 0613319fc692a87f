//! Request bodies, in the contract's order: media type and encoding (415), size (413), and only later, once the caller is
//! known, their text (400) and values (422).

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::{Kind, Problem, problem::FieldError};

/// The most bytes of a refused body that are read all the same.
const DISCARDED: usize = 4 * 1_024 * 1_024;

/// A JSON body that was read and not yet parsed.
#[derive(Debug)]
pub struct RawJson(Bytes);

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// 415 for another media type or any `Content-Encoding`, 413 beyond the limit, 400 if the body breaks off.
pub async fn read(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<RawJson, Problem> {
    if headers.contains_key(header::CONTENT_ENCODING) || !is_json(headers) {
        discard(&mut body).await;
        return Err(Kind::UnsupportedMediaType.into());
    }
    bytes(headers, body, limit).await.map(RawJson)
}

/// Reads a JSON body that may be missing.
///
/// # Errors
/// As for [`read`]; 415 as well for a body that does not say what it is.
pub async fn optional(headers: &HeaderMap, body: Body, limit: usize) -> Result<Option<RawJson>, Problem> {
    if headers.contains_key(header::CONTENT_TYPE) || headers.contains_key(header::CONTENT_ENCODING) {
        return read(headers, body, limit).await.map(Some);
    }
    if bytes(headers, body, limit).await?.is_empty() { Ok(None) } else { Err(Kind::UnsupportedMediaType.into()) }
}

/// Reads a body of at most `limit` bytes, whatever it is.
///
/// # Errors
/// 413 beyond the limit, 400 if the body breaks off.
pub async fn bytes(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        discard(&mut body).await;
        return Err(Kind::PayloadTooLarge.into());
    }
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Problem::from(Kind::MalformedBody))?.into_data() else { continue };
        if collected.len().saturating_add(data.len()) > limit {
            discard(&mut body).await;
            return Err(Kind::PayloadTooLarge.into());
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.freeze())
}

/// Takes the rest of a body that is refused, up to [`DISCARDED`]: a connection that is closed on unread data is reset, and most
/// clients then report that instead of the problem.
async fn discard(body: &mut Body) {
    let mut left = DISCARDED;
    while left > 0 {
        let Some(Ok(frame)) = body.frame().await else { return };
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next().and_then(|value| value.to_str().ok()), types.next()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.filter(|part| !part.is_empty()).all(|part| {
            part.split_once('=').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
        })
}

impl RawJson {
    /// The bytes, for hashing.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Parses the body.
    ///
    /// # Errors
    /// 400 for what is not JSON in UTF-8 (lone surrogates included), 422 with the field for values of another shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // The whole of it first: a bad value must not hide that what follows is no JSON.
        let text = std::str::from_utf8(&self.0).map_err(|_| Problem::from(Kind::MalformedBody))?;
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| Problem::from(Kind::MalformedBody))?;
        // Every body is an object; serde would also take its values as a list.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(Problem::field("body", "must be an object"));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&self.0);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            problem(&path, error.inner())
        })?;
        deserializer.end().map_err(|_| Problem::from(Kind::MalformedBody))?;
        Ok(value)
    }
}

fn problem(path: &str, error: &serde_json::Error) -> Problem {
    // serde's own text can repeat the value; of it only the names of fields are taken.
    let text = error.to_string();
    // The body was well-formed as a whole: what is left of its syntax are escapes that stand for no character. serde also calls it
    // syntax where a list stands in the place of a name, and where a number does not fit.
    if !error.is_data() && !["expected value", "number out of range"].iter().any(|start| text.starts_with(start)) {
        return Kind::MalformedBody.into();
    }
    let quoted = text.split('`').nth(1).unwrap_or_default();
    let (field, message) = if text.starts_with("missing field") {
        (join(path, quoted), "is missing")
    } else if text.starts_with("unknown field") {
        (if path.ends_with(quoted) { path.to_owned() } else { join(path, quoted) }, "is not a field of this request")
    } else if text.starts_with("duplicate field") {
        (join(path, quoted), "occurs twice")
    } else if text.starts_with("unknown variant") {
        (path.to_owned(), "is not one of the allowed values")
    } else {
        (path.to_owned(), "has the wrong type or form")
    };
    Problem::fields(&[FieldError { field, message: message.to_owned() }])
}

fn join(path: &str, name: &str) -> String {
    if path == "." || path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Input {
        name: String,
        count: Option<u8>,
        choice: Option<Choice>,
    }

    #[derive(Debug, Deserialize)]
    enum Choice {
        One,
    }

    fn parse(text: &[u8]) -> Result<Input, (Kind, serde_json::Value)> {
        RawJson(Bytes::copy_from_slice(text)).parse().map_err(|problem: Problem| {
            (problem.kind(), problem.document(domain::Language::En, uuid::Uuid::nil())["errors"].clone())
        })
    }

    #[test]
    fn malformed_is_400_and_bad_values_are_422_with_their_field() {
        assert!(parse(br#"{"name": "a"}"#).is_ok());
        for text in [
            &b"{"[..],
            b"",
            b"{\"name\": \"a\"} x",
            b"{\"name\": \"\\ud800\"}",
            b"{\"name\": \"\xff\"}",
            b"not json",
            b"{\"other\": [",
        ] {
            assert_eq!(parse(text).err().map(|(kind, _)| kind), Some(Kind::MalformedBody), "{}", String::from_utf8_lossy(text));
        }
        for (text, field) in [
            (&br"{}"[..], "name"),
            (br#"{"name": 1}"#, "name"),
            (br#"{"name": "a", "count": 300}"#, "count"),
            (br#"{"name": "a", "other": 1}"#, "other"),
            (br#"{"name": "a", "name": "b"}"#, "name"),
            (br#"{"name": "a", "count": 1e999}"#, "count"),
            (br#"{"name": "a", "choice": ["One"]}"#, "choice"),
            (br#"{"name": "a", "choice": "Two"}"#, "choice"),
            (br#"{"name": "a", "choice": 4711}"#, "choice"),
            (br#"{"choice": 4711, "name": "a"}"#, "choice"),
            (br#"{"name": "a", "choice": {"Two": 1}}"#, "choice"),
            (br#"{"name": "a", "choice": {"One": null, "Two": null}}"#, "choice"),
            (br#"["a", 3]"#, "body"),
            (b"null", "body"),
        ] {
            let (kind, errors) = parse(text).expect_err("is refused");
            assert_eq!((kind, &errors[0]["field"]), (Kind::InvalidRequest, &field.into()), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn promise_a19_a_refused_value_is_not_repeated() {
        let (_, errors) = parse(br#"{"name": "a", "count": "jane@example.com"}"#).expect_err("is refused");
        assert!(!errors.to_string().contains("jane"));
    }

    #[test]
    fn media_type_encoding_and_size_come_first() {
        let try_read = |content_type: Option<&'static str>, encoding: bool, text: &'static str| {
            let mut headers = HeaderMap::new();
            if let Some(content_type) = content_type {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            }
            if encoding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            block_on(read(&headers, Body::from(text), 10)).map(|_| ()).map_err(|problem| problem.kind())
        };
        assert_eq!(try_read(Some("application/json"), false, "{}"), Ok(()));
        assert_eq!(try_read(Some("Application/JSON; charset=\"UTF-8\""), false, "{}"), Ok(()));
        for content_type in [None, Some("text/plain"), Some("application/json; charset=latin1"), Some("application/jsonp")] {
            assert_eq!(try_read(content_type, false, "{}"), Err(Kind::UnsupportedMediaType), "{content_type:?}");
        }
        assert_eq!(try_read(Some("application/json"), true, "{}"), Err(Kind::UnsupportedMediaType));
        assert_eq!(try_read(Some("application/json"), false, "01234567890"), Err(Kind::PayloadTooLarge));
    }
}
