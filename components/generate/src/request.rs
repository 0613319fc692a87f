//! A request for a generation, read.

use std::sync::Arc;

use domain::{Brief, Language};
use http::HeaderMap;
use serde::Deserialize;
use store::accounts::events::EventOrigin;
use utoipa::ToSchema;
use uuid::Uuid;
use vault::MacKey;
use web::{Problem, auth::Bearer, body::RawJson, idempotency};

use crate::State;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGeneration {
    /// What the visual should be, in your own words: 1 to 4,000 characters.
    #[schema(value_type = String, min_length = 1, max_length = 4000)]
    brief: Brief,
    /// Whether credits may be spent once the daily quota is used up.
    #[serde(default)]
    #[schema(default = false)]
    spend_credits: bool,
}

/// A request that may be admitted.
pub(crate) struct GenerationRequest {
    pub(crate) state: Arc<State>,
    pub(crate) bearer: Bearer,
    pub(crate) language: Language,
    pub(crate) request_id: Uuid,
    pub(crate) input: Input,
    /// For the security event of a refused brief.
    pub(crate) origin: EventOrigin,
}

/// What a request says.
pub(crate) struct Input {
    pub(crate) brief: Brief,
    /// Whether credits may pay what the quota does not (promise a32).
    pub(crate) spend_credits: bool,
    /// Keyed hashes of idempotency key and body (promise a23).
    pub(crate) key: Option<(String, String)>,
}

impl GenerationRequest {
    /// The keyed hash under which the user's refused briefs are counted (promise a23).
    pub(crate) fn refused_key(&self) -> String {
        format!("brief-refused:{}", self.state.zone.limits.lookup("brief-refused", &[self.bearer.user.as_bytes()]))
    }
}

/// Reads the key and the body.
///
/// # Errors
/// 400 and 422, as the contract has them.
pub(crate) fn read(headers: &HeaderMap, raw: &RawJson, bearer: &Bearer, limits: &MacKey) -> Result<Input, Problem> {
    let key = idempotency::read(headers)?.map(|key| hashes(limits, bearer, key, raw.as_bytes()));
    let input: NewGeneration = raw.parse()?;
    input.brief.parse().map_err(|error| Problem::field("brief", error.to_string()))?;
    Ok(Input { brief: input.brief, spend_credits: input.spend_credits, key })
}

/// A key is scoped to its user and this route.
fn hashes(limits: &MacKey, bearer: &Bearer, key: &[u8], body: &[u8]) -> (String, String) {
    let user = bearer.user.as_bytes();
    (
        limits.lookup("idempotency-key", &[user, b"POST /v1/generations", key]),
        limits.lookup("idempotency-body", &[user, b"POST /v1/generations", key, body]),
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures::executor::block_on;
    use http::{HeaderValue, header};
    use web::Kind;

    use super::*;

    fn try_read(body: &str, key: Option<&'static str>) -> Result<Input, Kind> {
        let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if let Some(key) = key {
            headers.insert(idempotency::HEADER, HeaderValue::from_static(key));
        }
        let raw = block_on(web::body::read(&headers, Body::from(body.to_owned()), 32_768)).expect("is read");
        let limits = MacKey::parse("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc").expect("a key");
        let bearer = Bearer { user: Uuid::from_u128(1).into(), session: Uuid::from_u128(2).into() };
        read(&headers, &raw, &bearer, &limits).map_err(|problem| problem.kind())
    }

    #[test]
    fn briefs_are_bounded_and_unknown_fields_refused() {
        assert!(try_read(r#"{"brief": "a poster"}"#, None).is_ok_and(|wanted| !wanted.spend_credits));
        assert!(try_read(r#"{"brief": "a poster", "spend_credits": true}"#, None).is_ok_and(|wanted| wanted.spend_credits));
        for body in [
            r#"{"brief": ""}"#.to_owned(),
            r#"{"brief": "  "}"#.to_owned(),
            r#"{"brief": "a\u0000b"}"#.to_owned(),
            r#"{"brief": 7}"#.to_owned(),
            "{}".to_owned(),
            r#"{"brief": "a", "model": "gpt"}"#.to_owned(),
            r#"{"brief": "a", "spend_credits": "yes"}"#.to_owned(),
            format!(r#"{{"brief": "{}"}}"#, "x".repeat(4_001)),
        ] {
            assert_eq!(try_read(&body, None).err(), Some(Kind::InvalidRequest), "{body}");
        }
        assert_eq!(try_read("{", None).err(), Some(Kind::MalformedBody));
    }

    #[test]
    fn promise_a23_keys_are_kept_as_keyed_hashes() {
        let hashes = |body, key| try_read(body, Some(key)).ok().and_then(|wanted| wanted.key).expect("has a key");
        let (key, body) = hashes(r#"{"brief": "a poster"}"#, "order-1");
        assert!(!key.contains("order") && key.len() == 22 && body.len() == 22);
        assert_eq!(hashes(r#"{"brief": "a poster"}"#, "order-1"), (key.clone(), body.clone()));
        let other = hashes(r#"{"brief": "a logo"}"#, "order-1");
        assert!(other.0 == key && other.1 != body);
        assert_ne!(hashes(r#"{"brief": "a poster"}"#, "order-2").0, key);
    }
}
